import { once } from 'node:events'
import { createServer, type Server as TlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { count, sniOf, type ServerCertificates } from '#system'
import { openDeskApp, type DeskAppOptions } from './app.ts'

export interface DeskOptions extends DeskAppOptions {
  certificates: ServerCertificates
}

export interface RunningDesk {
  address: { host: string; port: number }
  close(): Promise<void>
}

const LIMITS = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 20_000,
  requestTimeout: 60_000,
  keepAliveTimeout: 30_000,
  connectionsCheckingInterval: 5000,
  noDelay: true,
}

/** A service has a few people at its desk. */
const MOST_CONNECTIONS = 200

/** Answers the staff. */
export async function startDesk({ certificates, ...options }: DeskOptions): Promise<RunningDesk> {
  const { host, port } = options.config.desk
  const server = createAdaptorServer({
    fetch: openDeskApp(options).fetch,
    createServer,
    serverOptions: {
      ...LIMITS,
      ...certificates.own,
      SNICallback: sniOf(certificates),
      minVersion: 'TLSv1.2',
      handshakeTimeout: 15_000,
    },
  }) as TlsServer
  const stopHearing = certificates.hear((own) => server.setSecureContext(own))
  server.maxConnections = MOST_CONNECTIONS
  server.on('connection', () => count('sessions', 'desk'))
  server.on('drop', () => count('refusals', 'desk'))
  server.listen(port, host)
  await once(server, 'listening')
  return {
    address: { host, port: (server.address() as AddressInfo).port },
    async close() {
      stopHearing()
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
