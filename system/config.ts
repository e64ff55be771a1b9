import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { isIP } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { parse, TomlError } from 'smol-toml'
import { z } from 'zod'
import { Refusal } from './refusal.ts'

const port = z.number().int().min(0).max(65535)
const count = z.number().int().positive()
const megabytes = z.number().positive().max(4096)

/** `host:port`; an IPv6 address stands in brackets. */
const HOST_AND_PORT = /(?:\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9.-]{1,253}):\d{1,5}/
const HostAndPort = z.string().regex(new RegExp(`^${HOST_AND_PORT.source}$`), 'wanted is host:port')

/** Where a service on this machine or near it listens; the path of a socket has no more than 107 bytes. */
const socketOr = (pattern: RegExp, form: string) =>
  z.string().regex(new RegExp(`^(?:/.{1,100}|${pattern.source})$`), `wanted is ${form} or the path of a socket`)

/** A domain, all that lie below one, or all. */
const DestinationPattern = z.union([
  z.literal('*'),
  z
    .string()
    .toLowerCase()
    .refine((text) => z.hostname().safeParse(text.replace(/^\*\./, '')).success, 'wanted is a domain, *.domain or *'),
])

/** An origin that is asked through TLS, or on this machine. */
function isStoreUrl(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || (text !== url.origin && text !== `${url.origin}/`)) return false
  return (
    url.protocol === 'https:' || (url.protocol === 'http:' && /^(?:127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname))
  )
}

const Settings = z.strictObject({
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
  http: z.strictObject({ port: port.default(8080), maxConnections: count.default(4000) }).prefault({}),
  https: z.strictObject({ port: port.default(8443) }).prefault({}),
  smtp: z
    .strictObject({
      port: port.default(2525),
      maxMessageMegabytes: megabytes.default(50),
      maxRecipients: count.default(100),
      maxConnections: count.default(500),
      maxConnectionsPerNetwork: count.default(50),
      /** Messages one network may send in a minute, before it is asked to come back later. */
      maxMessagesPerMinute: count.default(6000),
      /** Messages in the making that are kept in memory, all connections together. */
      maxMegabytesInFlight: megabytes.default(512),
    })
    .prefault({}),
  /** How mail that arrives is judged. */
  arrival: z
    .strictObject({
      /** Domains of forwarders and lists whose ARC seals are believed (RFC 8617). */
      trustedSealers: z.array(z.hostname().toLowerCase()).max(100).default([]),
      /** Lists of addresses that send junk (RFC 5782), by the domain under which they are asked. */
      blockLists: z.array(z.hostname().toLowerCase()).max(10).default([]),
      /** Whether marks of senders are shown (BIMI): their certificates are fetched from where the senders' domains say. */
      indicators: z.boolean().default(false),
      /** How long a suspicious stranger waits before their letter is taken (RFC 6647); 0 for not at all. 5, and 0 in a trial. */
      greylistMinutes: z.number().int().min(0).max(60).optional(),
    })
    .prefault({}),
  /** What else looks into letters. One that is named and does not answer holds mail up: nothing passes unlooked at. */
  scanners: z
    .strictObject({
      /** clamd: `host:port` or the path of its socket. */
      clamd: socketOr(HOST_AND_PORT, 'host:port').optional(),
      /** rspamd's scanning worker: `http://host:port` or the path of its socket. */
      rspamd: socketOr(new RegExp(`http://${HOST_AND_PORT.source}/?`), 'http://host:port').optional(),
      timeoutSeconds: count.max(300).default(30),
    })
    .prefault({}),
  /** Moving in: one file at most, and until it is read as much room on the disk. */
  transfer: z.strictObject({ maxMegabytes: count.max(1_000_000).default(20_000) }).prefault({}),
  /** For people's own mail programs: STARTTLS on one port, TLS from the first byte on the other (RFC 6409, RFC 8314). */
  submission: z.strictObject({ port: port.default(2587), tlsPort: port.default(2465) }).prefault({}),
  /** For mail programs that read: STARTTLS on one port, TLS from the first byte on the other (RFC 8314). */
  imap: z
    .strictObject({
      port: port.default(2143),
      tlsPort: port.default(2993),
      maxConnections: count.default(12_000),
      maxConnectionsPerNetwork: count.default(1000),
    })
    .prefault({}),
  /** For mail programs that fetch: STLS on one port, TLS from the first byte on the other (RFC 8314). */
  pop3: z
    .strictObject({
      port: port.default(2110),
      tlsPort: port.default(2995),
      maxConnections: count.default(4000),
      maxConnectionsPerNetwork: count.default(200),
    })
    .prefault({}),
  /** For programs that edit scripts: STARTTLS (RFC 5804). */
  managesieve: z
    .strictObject({
      port: port.default(4190),
      maxConnections: count.default(1000),
      maxConnectionsPerNetwork: count.default(100),
    })
    .prefault({}),
  /** What one account may send. */
  sending: z
    .strictObject({
      maxRecipients: count.max(1000).default(500),
      maxLettersPerHour: count.default(500),
      maxRecipientsPerDay: count.default(2000),
      /** Recipients to whom it has never written. */
      maxNewRecipientsPerDay: count.default(500),
      /** Recipients whose letters were given back: above it nothing is sent for a while. */
      maxBouncesPerDay: count.default(100),
    })
    .prefault({}),
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
  /** Where the mail of a domain goes, past its MX: `"example.net" = "mail.example.net:25"`. */
  routes: z.record(z.hostname(), HostAndPort).default({}),
  /** How letters leave to some destinations, past which machine it may be: the first entry that fits counts. */
  departures: z
    .array(
      z.strictObject({
        /** Domains of recipients, `*.example.net` for all below one, `*` for all. */
        to: z.array(DestinationPattern).min(1).max(1000),
        /** Of this machine: one to reach others by IPv4, one by IPv6. */
        addresses: z
          .array(z.union([z.ipv4(), z.ipv6()]))
          .max(2)
          .refine(([one, other]) => other === undefined || isIP(one ?? '') !== isIP(other), 'one of each family')
          .default([]),
        /** What the server calls itself there. */
        heloName: z.hostname().optional(),
        /** Deliveries at once to one domain. */
        maxDeliveries: count.max(100).optional(),
      }),
    )
    .max(100)
    .default([]),
  /** A server that takes all mail that is not for here. */
  smarthost: z
    .strictObject({
      host: z.string().min(1).max(253),
      port: port.default(587),
      /** `starttls` and `implicit` check the certificate; `none` never sends a password. */
      tls: z.enum(['starttls', 'implicit', 'none']).default('starttls'),
      /** PEM file of an authority to believe beside the usual ones. */
      authority: z.string().optional(),
      user: z.string().max(255).optional(),
      password: z.string().max(1024).optional(),
    })
    .refine((s) => (s.user === undefined) === (s.password === undefined), 'user and password belong together')
    .refine((s) => s.user === undefined || s.tls !== 'none', 'a password is not sent in clear')
    .optional(),
  queue: z
    .strictObject({
      /** Deliveries at once, all destinations together, and to one of them. */
      maxDeliveries: count.max(1000).default(50),
      maxDeliveriesPerDestination: count.max(100).default(10),
      /** When the first delay is told to the sender, and when a letter is given back (RFC 5321 §4.5.4.1). */
      warnAfterHours: count.default(4),
      giveUpAfterDays: count.max(30).default(5),
    })
    .prefault({}),
  /** Distribution lists. */
  lists: z
    .strictObject({
      /** Of one list, those who were asked included. */
      maxMembers: count.max(5000).default(1000),
      /** Letters to one list; the next wait in the queue. */
      maxLettersPerHour: count.max(1000).default(60),
      /** Letters to one list that wait for its owner's decision; the next are not taken for now. */
      maxHeld: count.max(500).default(50),
      /** Lists that one account may make by itself; 0: only whoever runs the service makes some. */
      most: z.number().int().min(0).max(100).default(5),
      /** Whom one owner may ask in a day whether they want to be on a list. */
      maxInvitedPerDay: count.max(5000).default(200),
    })
    .prefault({}),
  /** Signatures of letters that leave. */
  dkim: z
    .strictObject({
      /** After how many days of signing new keys are made; the old ones sign until the DNS has the new. */
      rotateDays: count.min(7).max(3650).default(180),
    })
    .prefault({}),
  /** What this server tells other domains about their mail. */
  reports: z
    .strictObject({
      /** Whether a domain that asks for it is told what arrives here in its name, from which servers, and how it fares (RFC 9990). */
      dmarc: z.boolean().default(false),
    })
    .prefault({}),
  /** What others are told of how they may bring mail to the domains served here (RFC 8461). */
  mtaSts: z
    .strictObject({
      /** `testing`: they tell what would have failed, and deliver all the same. */
      mode: z.enum(['testing', 'enforce', 'none']).default('testing'),
    })
    .prefault({}),
  /** Further addresses that a person may take in a domain they may use. */
  aliases: z.strictObject({ most: z.number().int().min(0).max(100).default(10) }).prefault({}),
  /** Addresses that are made for one sender each, and can be switched off. */
  masked: z
    .strictObject({
      /** Of one account; 0 for none. */
      most: z.number().int().min(0).max(800).default(500),
      /** New ones of one account. */
      mostPerDay: count.max(1000).default(50),
    })
    .prefault({}),
  /** Domains that people bring themselves. */
  domains: z
    .strictObject({
      /** Of one account; 0 for none. */
      most: z.number().int().min(0).max(1000).default(3),
      /** After how many days without a proof in the DNS one is served no longer. */
      lostDays: count.min(7).max(365).default(30),
    })
    .prefault({}),
  signUp: z
    .strictObject({
      /** Whether strangers may make an account by themselves. */
      isOpen: z.boolean().default(false),
      /** Served domains in which they may; all of them when none is named. */
      domains: z.array(z.hostname()).default([]),
      /** How long a code is good for. */
      codeMinutes: count.max(60).default(15),
      /** A file of domains that give out throw-away addresses, one a line, beside those the program knows. */
      disposableDomains: z.string().optional(),
      /** How many numbers a visitor's browser tries before a code is sent: 3000 are one to three seconds of its time. */
      proofWork: count.max(1_000_000).default(3000),
    })
    .prefault({}),
  /** Who runs the service, for its terms and its privacy policy. */
  operator: z
    .strictObject({
      name: z.string().min(1).max(200).optional(),
      /** How to reach them: a postal address, a mail address. */
      contact: z.string().min(1).max(500).optional(),
      /** Whose law applies: two letters, ISO 3166. */
      country: z
        .string()
        .regex(/^[A-Z]{2}$/, 'wanted are two capital letters')
        .default('BE'),
    })
    .prefault({}),
  /** How long what is recorded about mail and sign-ins is kept, in days. */
  journal: z.strictObject({ days: count.max(3650).default(30) }).prefault({}),
  retention: z
    .strictObject({
      /** How long what was deleted can be brought back, in days. */
      deletedDays: count.max(3650).default(45),
      /** When more than this share of what is deleted, and more than 1,000 things, are due at once, nothing is erased until the operator has looked. */
      brakeShare: z.number().gt(0).max(1).default(0.5),
    })
    .prefault({}),
  /** Backups: made by themselves once a target is named. */
  backup: z
    .strictObject({
      /** A folder, such as a mounted disk, outside the data folder. */
      target: z.string().startsWith('/').max(4096).optional(),
      /** In place of it, a bucket of a store that speaks S3. */
      s3: z
        .strictObject({
          /** Without a path; in clear on this machine only. */
          endpoint: z.string().max(300).refine(isStoreUrl, 'wanted is https://host, or http://127.0.0.1:port'),
          region: z.string().regex(/^[a-z0-9-]{1,64}$/, 'wanted is the name of a region'),
          bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'wanted is the name of a bucket'),
          /** What names begin with there. */
          prefix: z
            .string()
            .regex(/^(?:[\w-][\w.-]{0,99}\/){0,8}$/, 'wanted is a path that ends with /')
            .default(''),
          accessKeyId: z.string().regex(/^[\w.-]{1,128}$/, 'wanted is the id of an access key'),
          /** A file that only its owner may read, with the secret key. */
          secretKeyFile: z.string().startsWith('/').max(4096),
        })
        .optional(),
      /** Between two of them. */
      hours: count.max(168).default(6),
      /** How long one lives. */
      days: count.max(3650).default(14),
    })
    .refine(({ hours, days }) => hours < days * 24, 'the next is made before one ends')
    .refine(({ target, s3 }) => target === undefined || s3 === undefined, 'target and s3 exclude each other')
    .prefault({}),
  /** How an account ends. */
  closing: z
    .strictObject({
      /** For how many days after it was closed its owner may reopen it. */
      reopenDays: count.max(3650).default(365),
      /** And how many days after that it is erased. */
      eraseDays: count.max(3650).default(30),
      /** How many days before the end of reopening its owner is reminded. */
      remindDays: z.array(count.max(365)).max(10).default([30, 7]),
      /** For how many days its owner may have mail for it forwarded: one of these is chosen. Empty: it is refused at once. */
      forwardDays: z.array(count.max(365)).max(4).default([30, 90]),
    })
    .prefault({}),
  /** How many days the operator has to decide on an appeal against a suspension; undecided, it is lifted. */
  appeals: z.strictObject({ days: count.max(365).default(14) }).prefault({}),
  /** Customer service. */
  support: z
    .strictObject({
      /** Where people write to who cannot get in; it takes no mail before one is set. Its domain is served here. */
      address: z.email().max(254).toLowerCase().optional(),
    })
    .prefault({}),
  /** For how many days what was written to customer service is kept after its end. */
  tickets: z.strictObject({ days: count.max(3650).default(90) }).prefault({}),
  /** How many days pass between asking for a way back in without the second factor, and being let in. */
  recovery: z.strictObject({ waitDays: count.max(60).default(3) }).prefault({}),
  /** Accounts that nobody uses. */
  idle: z
    .strictObject({
      /** After how many months without a sign-in an account is closed; 0 for never. */
      months: z.number().int().min(0).max(120).default(0),
      /** How many days before that its owner is told. */
      noticeDays: z.array(count.max(180)).min(1).max(10).default([60, 30, 7]),
    })
    .prefault({}),
  policy: z
    .strictObject({
      /** A file of promises in place of those that are shipped (`policy/promises.toml`). */
      promises: z.string().optional(),
      /** Days between the announcement of new promises or texts and the day from which they are in force. */
      noticeDays: count.max(365).default(30),
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
  tls: z
    .strictObject({
      certificate: z.string().optional(),
      key: z.string().optional(),
      /** Whoever issues the certificates, as CAA names them (RFC 8659 §4.2), and the account there (RFC 8657 §3). */
      issuer: z.hostname().toLowerCase().optional(),
      issuerAccount: z.url().max(500).optional(),
      /** Certificates from an authority, which renew themselves (RFC 8555). */
      acme: z
        .strictObject({
          /** Where the authority begins. */
          directory: z
            .string()
            .max(500)
            .refine((text) => URL.parse(text)?.protocol === 'https:', 'wanted is https://…')
            .default('https://acme-v02.api.letsencrypt.org/directory'),
          /** Whether the operator agrees to the authority's terms. */
          termsAgreed: z.literal(true, 'read the terms of the authority, and agree to them with true'),
          /** Where the authority may write to. */
          contact: z.email().max(254).optional(),
          /** Of authorities that want to know whose customer one is (RFC 8555 §7.3.4): the key's id, and a file with the key in base64url. */
          binding: z
            .strictObject({ keyId: z.string().min(1).max(500), keyFile: z.string().startsWith('/').max(4096) })
            .optional(),
          /** PEM file of an authority to believe in place of the usual ones, when it is asked. */
          authority: z.string().startsWith('/').max(4096).optional(),
          /** After how many days of use a key makes way for the next, when the certificate is renewed. */
          keyDays: count.min(1).max(3650).default(180),
        })
        .optional(),
    })
    .refine((tls) => (tls.certificate === undefined) === (tls.key === undefined), 'certificate and key belong together')
    .refine((tls) => tls.certificate === undefined || tls.acme === undefined, 'certificate and acme exclude each other')
    .prefault({}),
})

type Settings = z.infer<typeof Settings>

/** The settings in force, with the folders they apply to. All ports already carry `ZEGEL_PORT_OFFSET`. */
export interface Config extends Settings {
  readonly dataFolder: string
  readonly keyFile: string
  readonly configFile: string
}

/** What is wrong with a setting: its dotted name and a sentence, never its value. */
export interface Complaint {
  setting: string
  complaint: string
}

/** Checks settings as parsed from a file. Returns them whole, or everything that is wrong with them. */
export function checkConfig(raw: unknown): { settings: Settings } | { complaints: Complaint[] } {
  const parsed = Settings.safeParse(raw)
  if (!parsed.success)
    return {
      complaints: parsed.error.issues.map((issue) => ({
        setting: issue.path.join('.') || '(file)',
        complaint: issue.message,
      })),
    }
  const complaints = rules
    .filter((rule) => rule.broken(parsed.data))
    .map(({ setting, complaint }) => ({ setting, complaint }))
  return complaints.length > 0 ? { complaints } : { settings: parsed.data }
}

/** Settings that are each valid and do not go together. */
const rules: (Complaint & { broken: (settings: Settings) => boolean })[] = [
  {
    setting: 'cleartextOnLoopback',
    complaint: 'exists in a trial configuration only',
    broken: (s) => s.cleartextOnLoopback && !s.trial,
  },
  {
    setting: 'cleartextOnLoopback',
    complaint: 'does not go together with proxies: behind one every visitor would seem to be on this machine',
    broken: (s) => s.cleartextOnLoopback && s.proxies.length > 0,
  },
  {
    setting: 'operator.name',
    complaint: 'whoever signs up is told who runs the service: operator.name and operator.contact are wanted',
    broken: (s) => s.signUp.isOpen && !s.trial && (s.operator.name === undefined || s.operator.contact === undefined),
  },
  {
    setting: 'signUp.disposableDomains',
    complaint: 'there is no such file',
    broken: ({ signUp: { disposableDomains: file } }) => file !== undefined && !existsSync(file),
  },
  {
    setting: 'metrics.host',
    complaint:
      'anybody who reaches it could read the figures: metrics.tokenFile is wanted with any address but 127.0.0.1 and ::1',
    broken: ({ metrics: { host, tokenFile } }) => host !== '127.0.0.1' && host !== '::1' && tokenFile === undefined,
  },
  {
    setting: 'fetch.allow',
    complaint: 'exists in a trial configuration only',
    broken: (s) => s.fetch.allow.length > 0 && !s.trial,
  },
  {
    setting: 'trial',
    complaint: 'a clock offset is accepted in a trial configuration only',
    broken: (s) => !s.trial && process.env['ZEGEL_CLOCK_OFFSET_SECONDS'] !== undefined,
  },
]

/**
 * Reads the settings file named by `ZEGEL_CONFIG` (default `config.toml` in the data folder). Without one, and only
 * with `createTrial`, a trial configuration is written there.
 * @param overrides  dotted settings from a command line, such as `{ 'smtp.port': '2600' }`
 * @throws Refusal 'invalid' with one field per complaint, worded for the operator
 */
export function loadConfig({ createTrial = false, overrides = {} as Record<string, string> } = {}): Config {
  const folder = dataFolder()
  const configFile = resolve(process.env['ZEGEL_CONFIG'] ?? join(folder, 'config.toml'))
  if (!existsSync(configFile) && createTrial) writeTrial(configFile)
  if (!existsSync(configFile)) throw new Refusal('invalid', { fields: [`${configFile}: there is no settings file`] })

  const raw = readToml(configFile)
  for (const [name, value] of Object.entries(overrides)) setByPath(raw, name, value)
  if (process.env['DATABASE_URL'] !== undefined)
    setByPath(raw, 'database.url', JSON.stringify(process.env['DATABASE_URL']))
  const checked = checkConfig(raw)
  if ('complaints' in checked)
    throw new Refusal('invalid', { fields: checked.complaints.map((c) => `${c.setting}: ${c.complaint}`) })

  const { settings } = checked
  const shifted = portOffset()
  return {
    ...settings,
    http: { ...settings.http, port: shifted(settings.http.port) },
    https: { ...settings.https, port: shifted(settings.https.port) },
    smtp: { ...settings.smtp, port: shifted(settings.smtp.port) },
    imap: { ...settings.imap, port: shifted(settings.imap.port), tlsPort: shifted(settings.imap.tlsPort) },
    pop3: { ...settings.pop3, port: shifted(settings.pop3.port), tlsPort: shifted(settings.pop3.tlsPort) },
    managesieve: { ...settings.managesieve, port: shifted(settings.managesieve.port) },
    desk: { ...settings.desk, port: shifted(settings.desk.port) },
    metrics: {
      ...settings.metrics,
      ...(settings.metrics.port === undefined ? {} : { port: shifted(settings.metrics.port) }),
    },
    submission: { port: shifted(settings.submission.port), tlsPort: shifted(settings.submission.tlsPort) },
    dataFolder: folder,
    keyFile: resolve(process.env['ZEGEL_KEY'] ?? `${folder}.key`),
    configFile,
  }
}

/** Where everything is kept: `ZEGEL_DATA`, else `data` in the clone, else, when root's database user cannot reach that, `/var/lib/zegel`. */
export function dataFolder(): string {
  if (process.env['ZEGEL_DATA'] !== undefined) return resolve(process.env['ZEGEL_DATA'])
  const inClone = resolve(dirname(import.meta.dirname), 'data')
  return reachableByOthers(dirname(inClone)) ? inClone : '/var/lib/zegel'
}

/** Whether a user without rights may pass through to this folder. Only root needs to ask: others run the database as themselves. */
export function reachableByOthers(folder: string): boolean {
  if (process.getuid?.() !== 0) return true
  const nobody = 65534
  return spawnSync('/usr/bin/test', ['-x', folder], { uid: nobody, gid: nobody }).status === 0
}

/** A file of settings. @throws Refusal 'invalid' with the place of what is not TOML, or when there is no such file */
export function readToml(file: string): Record<string, unknown> {
  try {
    return parse(readFileSync(file, 'utf8'))
  } catch (error) {
    // The parser's message quotes the line, which may hold a password: only the place is told.
    if (error instanceof TomlError) throw new Refusal('invalid', { fields: [`${file}:${error.line}: not valid TOML`] })
    if (error instanceof Error && 'code' in error)
      throw new Refusal('invalid', { fields: [`${file}: ${String(error.code)}`] })
    throw error
  }
}

/** Sets `a.b` in nested tables. A value that reads as TOML counts as that, anything else as a string. */
function setByPath(target: Record<string, unknown>, name: string, value: string): void {
  const path = name.split('.')
  const last = path.pop() as string
  let table = target
  for (const key of path) {
    if (typeof table[key] !== 'object' || table[key] === null) table[key] = {}
    table = table[key] as Record<string, unknown>
  }
  table[last] = tomlValue(value)
}

function tomlValue(text: string): unknown {
  try {
    return parse(`value = ${text}`)['value']
  } catch {
    return text
  }
}

function portOffset(): (port: number) => number {
  const offset = Number(process.env['ZEGEL_PORT_OFFSET'] ?? 0)
  if (!Number.isInteger(offset))
    throw new Refusal('invalid', { fields: ['ZEGEL_PORT_OFFSET: a whole number is wanted'] })
  return (port) => (port === 0 ? 0 : port + offset)
}

function writeTrial(file: string): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, TRIAL, { flag: 'wx', mode: 0o640 })
}

const TRIAL = `# Zegel, a trial on this machine. docs/operating.md explains every setting.
trial = true
hostname = "zegel.test"
listen = ["127.0.0.1", "::1"]

# Sign-in without TLS from this machine. Exists in a trial only.
cleartextOnLoopback = true

[http]
port = 8080

[https]
port = 8443

[smtp]
port = 2525

[submission]
port = 2587
tlsPort = 2465

[imap]
port = 2143
tlsPort = 2993

[pop3]
port = 2110
tlsPort = 2995

[managesieve]
port = 4190

# Anybody may sign up. Without internet, ./zegel queue shows the letter with the code.
[signUp]
isOpen = true
`
