import { z } from 'zod'
import { count, megabytes, port } from './fields.ts'

/** What it listens for: pages and the protocols of mail. */
export const listeners = {
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
}
