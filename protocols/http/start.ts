import { once } from 'node:events'
import { createServer as createPlainServer, type Server } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createAdaptorServer } from '@hono/node-server'
import { count, sniOf, type Log } from '#system'
import { openApp, type AppOptions } from './app.ts'

export type HttpOptions = Omit<AppOptions, 'httpsPort' | 'isStopping'>

export interface Address {
  host: string
  port: number
}

export interface RunningHttp {
  /** What was bound, in the order of `config.listen`. */
  addresses: { http: Address[]; https: Address[] }
  /** Takes no more connections, ends those that stay open, and gives the others a few seconds. */
  close(): Promise<void>
}

const LIMITS = {
  maxHeaderSize: 32 * 1024,
  headersTimeout: 20_000,
  /** An upload of the largest size over a slow line; app.ts and the idle time keep everything else shorter. */
  requestTimeout: 60 * 60_000,
  keepAliveTimeout: 75_000,
  connectionsCheckingInterval: 5000,
  noDelay: true,
}

/** A connection on which nothing moves in either direction; EventSource and WebSocket count for themselves. */
const IDLE_MS = 120_000

/** What is under way when we stop may take this long. */
const DRAIN_MS = 5000

/** Ports that another process may have taken on one of the addresses only; another one is tried. */
const TRIES = 20

/** Answers HTTP and HTTPS on every address of the configuration. */
export async function startHttp(options: HttpOptions): Promise<RunningHttp> {
  const { config, log, certificates } = options
  const addresses: RunningHttp['addresses'] = { http: [], https: [] }
  let isStopping = false
  const { app, jmap } = openApp({
    ...options,
    httpsPort: () => addresses.https[0]?.port ?? config.https.port,
    isStopping: () => isStopping,
  })

  const servers: Server[] = []
  /** Requests without a whole answer. */
  let underWay = 0
  const open = (isTls: boolean): Server => {
    const server = createAdaptorServer({
      fetch: app.fetch,
      websocket: { server: jmap.newWebSocketServer() },
      ...(isTls
        ? {
            createServer: createTlsServer,
            serverOptions: {
              ...LIMITS,
              ...certificates.own,
              SNICallback: sniOf(certificates),
              minVersion: 'TLSv1.2',
              handshakeTimeout: 15_000,
            },
          }
        : { createServer: createPlainServer, serverOptions: LIMITS }),
    }) as Server
    server.on('request', (_request, response) => {
      underWay++
      response.once('close', () => underWay--)
    })
    server.on('connection', () => count('sessions', 'http'))
    server.on('drop', () => count('refusals', 'http'))
    server.maxConnections = config.http.maxConnections
    server.timeout = IDLE_MS
    // Anything else that asks for an upgrade is an ordinary request: nobody would answer it.
    Object.assign(server, { shouldUpgradeCallback: isWebSocket })
    return server
  }

  const stopHearing = certificates.hear((own) => {
    for (const server of servers) if (isTls(server)) server.setSecureContext(own)
  })
  const close = async (): Promise<void> => {
    isStopping = true
    stopHearing()
    const closed = Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
    jmap.close()
    const deadline = performance.now() + DRAIN_MS
    while (underWay > 0 && performance.now() < deadline) await sleep(20)
    for (const server of servers) server.closeAllConnections()
    await closed
  }

  try {
    for (const [isTls, port] of [
      [true, config.https.port],
      [false, config.http.port],
    ] as const) {
      const bound = await listenAll(() => open(isTls), config.listen, port, log)
      servers.push(...bound.map(({ server }) => server))
      addresses[isTls ? 'https' : 'http'] = bound.map(({ host, server }) => ({ host, port: portOf(server) }))
    }
  } catch (error) {
    await close()
    throw error
  }
  return { addresses, close }
}

interface Bound {
  host: string
  server: Server
}

/** Listens on the same port of every address; port 0 stands for any that is free on all of them. */
async function listenAll(open: () => Server, hosts: readonly string[], wanted: number, log: Log): Promise<Bound[]> {
  for (let tries = 1; ; tries++) {
    const bound: Bound[] = []
    try {
      let port = wanted
      for (const host of hosts) {
        const server = open()
        try {
          server.listen({ port, host, ipv6Only: true })
          await once(server, 'listening')
        } catch (error) {
          // A machine without IPv6 still has the other address.
          if (!isMissingAddress(error) || hosts.length === 1) throw error
          log.warn({ err: error }, 'an address to listen on does not exist here')
          continue
        }
        bound.push({ host, server })
        port = portOf(server)
      }
      if (bound.length === 0) throw new Error('none of the addresses to listen on exists here')
      return bound
    } catch (error) {
      for (const { server } of bound) server.close()
      const mayRetry = wanted === 0 && codeOf(error) === 'EADDRINUSE' && tries < TRIES
      if (!mayRetry) throw error
    }
  }
}

const isTls = (server: Server): server is TlsServer => 'setSecureContext' in server

const portOf = (server: Server): number => (server.address() as AddressInfo).port

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)

const isMissingAddress = (error: unknown): boolean => ['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(String(codeOf(error)))

const isWebSocket = ({
  headers,
  url = '',
}: {
  headers: { upgrade?: string | undefined }
  url?: string | undefined
}): boolean => headers.upgrade?.toLowerCase() === 'websocket' && url.split('?', 1)[0] === '/jmap/ws'
