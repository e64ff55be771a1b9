import { isIP } from 'node:net'
import { z } from 'zod'
import { count, HostAndPort, port } from './fields.ts'

/** A domain, all that lie below one, or all. */
const DestinationPattern = z.union([
  z.literal('*'),
  z
    .string()
    .toLowerCase()
    .refine((text) => z.hostname().safeParse(text.replace(/^\*\./, '')).success, 'wanted is a domain, *.domain or *'),
])

/** How mail leaves, how much of it, and what others are told of it. */
export const departure = {
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
}
