import { concurrent, listenLines, type LineConnection, type Listening, type SessionContext } from '#protocols/lines'
import { openCountries, type Config, type Log, type ServerCertificates } from '#system'
import type { Storage } from '#storage'
import type { Note } from '#trust/journal'
import { converse } from './dialogue.ts'
import { bye, wireOf } from './output/reply.ts'

export interface ManageSieveOptions {
  config: Config
  storage: Storage
  log: Log
  certificates: ServerCertificates
  note: Note
}

export interface RunningManageSieve {
  addresses: Listening['addresses']
  close(): Promise<void>
}

/** Sessions of one account in this process. Each may hold a script in memory. */
const MOST_SESSIONS = 16

/** ManageSieve: one port, on which TLS begins by a command. RFC 5804 §1.8. */
export async function startManageSieve(options: ManageSieveOptions): Promise<RunningManageSieve> {
  const { config, storage, log, certificates, note } = options
  const { port, maxConnections, maxConnectionsPerNetwork } = config.managesieve
  const context: SessionContext = {
    config,
    storage,
    log,
    certificates,
    countries: openCountries(config.countries),
    note,
    sessions: concurrent(MOST_SESSIONS),
  }
  return listenLines({
    protocol: 'managesieve',
    hosts: config.listen,
    port,
    maxConnections,
    perNetwork: concurrent(maxConnectionsPerNetwork),
    busy: wireOf(bye('Too many connections, please try again later', 'TRYLATER')),
    log,
    serve: (connection: LineConnection) => converse(context, connection),
  })
}
