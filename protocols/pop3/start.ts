import { concurrent, listenLines, type LineConnection, type Listening, type SessionContext } from '#protocols/lines'
import { openCountries, type Config, type Log, type ServerCertificates } from '#system'
import type { Storage } from '#storage'
import type { Note } from '#trust/journal'
import { converse } from './dialogue.ts'

export interface Pop3Options {
  config: Config
  storage: Storage
  log: Log
  certificates: ServerCertificates
  note: Note
}

export interface RunningPop3 {
  /** With STLS. */
  pop3: Listening['addresses']
  /** With TLS from the first byte. */
  pop3s: Listening['addresses']
  close(): Promise<void>
}

/**
 * Sessions of one maildrop in this process. Several programs of one person do not shut each other out (there is no lock, as
 * with Dovecot's default): message numbers belong to the session, what one of them removes can be restored, and a phone
 * that fetches while the computer does would otherwise show an error to somebody who has done nothing wrong.
 */
const MOST_SESSIONS = 16

/** POP3 (RFC 1939): with STLS on one port and TLS from the first byte on the other (RFC 8314 §3.3). */
export async function startPop3({ config, storage, log, certificates, note }: Pop3Options): Promise<RunningPop3> {
  const { port, tlsPort, maxConnections, maxConnectionsPerNetwork } = config.pop3
  const context: SessionContext = {
    config,
    storage,
    log,
    certificates,
    countries: openCountries(config.countries),
    note,
    sessions: concurrent(MOST_SESSIONS),
  }
  const common = {
    protocol: 'pop3' as const,
    hosts: config.listen,
    maxConnections,
    perNetwork: concurrent(maxConnectionsPerNetwork),
    busy: '-ERR [SYS/TEMP] Too many connections, please try again later\r\n',
    log,
    serve: (connection: LineConnection) => converse(context, connection),
  }
  const pop3 = await listenLines({ ...common, port })
  const pop3s = await listenLines({ ...common, port: tlsPort, certificates }).catch(async (error: unknown) => {
    await pop3.close()
    throw error
  })
  return {
    pop3: pop3.addresses,
    pop3s: pop3s.addresses,
    async close() {
      await Promise.all([pop3.close(), pop3s.close()])
    },
  }
}
