import { z } from 'zod'
import { count, HostAndPort, port } from './fields.ts'

/** The server itself: its name, where it listens and is reached, what it asks. */
export const server = {
  /** A trial listens on loopback, may allow sign-in in clear there, and prints its operator's password. */
  trial: z.boolean().default(false),
  /** The name the server gives itself in SMTP and in its certificate. */
  hostname: z.hostname(),
  /** Further names under which the web pages and JMAP may be asked. */
  names: z.array(z.hostname()).default([]),
  /** Addresses to listen on. */
  listen: z
    .array(z.union([z.ipv4(), z.ipv6()]))
    .min(1)
    .default(['127.0.0.1', '::1']),
  /** Those under which the machine is known outside, where they are others: for DNS records, and to tell which names lead here. */
  addresses: z
    .array(z.union([z.ipv4(), z.ipv6()]))
    .max(16)
    .default([]),
  /** Sign-in without TLS, from this machine only; in a trial only, and never behind a proxy. */
  cleartextOnLoopback: z.boolean().default(false),
  /** Reverse proxies whose forwarded addresses are believed. */
  proxies: z.array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()])).default([]),
  /** Name servers to ask, `address` or `address:port`; those of the machine when none is named. */
  dns: z
    .strictObject({
      servers: z.array(z.string().min(2).max(64)).max(8).default([]),
      /**
       * Whether they validate DNSSEC, and nobody else can write on the way to them: what they call proven is believed then. True
       * where all of them are on this machine.
       */
      validates: z.boolean().optional(),
    })
    .prefault({}),
  /** What is fetched for people: remote pictures, leaving a list, letters from another provider. */
  fetch: z
    .strictObject({
      /** Hosts that may be asked though they are not public, `address:port`; in a trial only. */
      allow: z.array(HostAndPort).max(16).default([]),
      /** PEM file of an authority to believe beside the usual ones. */
      authority: z.string().optional(),
    })
    .prefault({}),
  /** Which country an address belongs to: files as Tor ships them (Debian: tor-geoipdb). Without them no country is told. */
  countries: z
    .strictObject({
      ipv4: z.string().default('/usr/share/tor/geoip'),
      ipv6: z.string().default('/usr/share/tor/geoip6'),
    })
    .prefault({}),
  database: z
    .strictObject({
      /** A PostgreSQL 15 or newer of your own; without it the program runs its own. */
      url: z.string().startsWith('postgres').optional(),
    })
    .prefault({}),
  /** Figures for Prometheus, on a port of their own; off until one is set. */
  metrics: z
    .strictObject({
      port: port.optional(),
      host: z.union([z.ipv4(), z.ipv6()]).default('127.0.0.1'),
      /** A file with the token that whoever asks has to bring. */
      tokenFile: z.string().startsWith('/').max(4096).optional(),
    })
    .prefault({}),
  /** Where the staff work (`web/desk`): on this machine alone, unless an address is set. Always with TLS. */
  desk: z
    .strictObject({
      port: port.default(8444),
      host: z.union([z.ipv4(), z.ipv6()]).default('127.0.0.1'),
      /** For the desk in a process of its own (`--only desk`): a login that can take the role zegel_desk and no other of ours. */
      databaseUrl: z.string().startsWith('postgres').optional(),
      /** After how many months the confidentiality agreement is to be signed anew. */
      agreementMonths: count.max(36).default(12),
    })
    .prefault({}),
}
