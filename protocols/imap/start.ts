import { budget, concurrent, listenLines, type Listening } from '#protocols/lines'
import { openCountries, type Config, type Log, type ServerCertificates } from '#system'
import type { Storage } from '#storage'
import type { Note } from '#trust/journal'
import { converse } from './dialogue.ts'
import type { ImapContext } from './session.ts'

/** Bytes of messages in the making. */
export type Budget = ReturnType<typeof budget>

export interface ImapOptions {
  config: Config
  storage: Storage
  log: Log
  certificates: ServerCertificates
  note: Note
}

export interface RunningImap {
  /** With STARTTLS. */
  imap: Listening['addresses']
  /** With TLS from the first byte. */
  imaps: Listening['addresses']
  close(): Promise<void>
}

/** IMAP (RFC 9051, RFC 3501): with STARTTLS on one port and TLS from the first byte on the other (RFC 8314 §3.2). */
export async function startImap({ config, storage, log, certificates, note }: ImapOptions): Promise<RunningImap> {
  const { port, tlsPort, maxConnections, maxConnectionsPerNetwork } = config.imap
  const context: ImapContext = {
    config,
    storage,
    log,
    certificates,
    countries: openCountries(config.countries),
    note,
    memory: budget(config.smtp.maxMegabytesInFlight * 1_000_000),
  }
  const common = {
    protocol: 'imap' as const,
    hosts: config.listen,
    maxConnections,
    perNetwork: concurrent(maxConnectionsPerNetwork),
    busy: '* BYE [UNAVAILABLE] Too many connections, please try again later\r\n',
    log,
    serve: (connection: Parameters<typeof converse>[1]) => converse(context, connection),
  }
  const imap = await listenLines({ ...common, port })
  const imaps = await listenLines({ ...common, port: tlsPort, certificates }).catch(async (error: unknown) => {
    await imap.close()
    throw error
  })
  return {
    imap: imap.addresses,
    imaps: imaps.addresses,
    async close() {
      await Promise.all([imap.close(), imaps.close()])
    },
  }
}
