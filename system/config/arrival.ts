import { z } from 'zod'
import { count, HOST_AND_PORT, socketOr } from './fields.ts'

/** How mail that arrives is judged, and what else looks into it. */
export const arrival = {
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
}
