import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { networkOf } from '#accounts'
import { count, type Log, type ServerCertificates } from '#system'
import { ConnectionLost, lineConnection, type LineConnection } from './connection.ts'
import type { concurrent } from './limits.ts'

export interface Listening {
  addresses: { host: string; port: number }[]
  close(): Promise<void>
}

export interface ListenOptions {
  /** What its connections are counted as. */
  protocol: 'imap' | 'pop3' | 'managesieve'
  hosts: readonly string[]
  /** 0 is a free one, the same on all hosts. */
  port: number
  /** Where TLS begins with the first byte. */
  certificates?: ServerCertificates
  /** Connections at a time, all hosts together. */
  maxConnections: number
  /** Connections of one network, shared by all ports that count them together. */
  perNetwork: ReturnType<typeof concurrent>
  /** What is said in clear to a connection too many. */
  busy: string
  log: Log
  /** Keeps the dialogue. The connection is closed when it is done, however it ends. */
  serve(connection: LineConnection): Promise<void>
}

/** Listens on every host, and lets the dialogues that are open end when it closes. */
export async function listenLines(options: ListenOptions): Promise<Listening> {
  const { protocol, hosts, port, certificates, maxConnections, perNetwork, busy, log } = options
  const servers: Server[] = []
  const addresses: Listening['addresses'] = []
  const open = new Set<Socket>()

  const accept = (socket: Socket): void => {
    const network = networkOf(socket.remoteAddress ?? '')
    if (open.size >= maxConnections || !perNetwork.enter(network)) {
      count('refusals', protocol)
      socket.on('error', () => undefined)
      if (certificates !== undefined) return void socket.destroy()
      return void socket.end(busy, () => socket.destroySoon())
    }
    count('sessions', protocol)
    open.add(socket)
    socket.once('close', () => {
      open.delete(socket)
      perNetwork.leave(network)
    })
    const connection = lineConnection(socket)
    keep(connection)
      .catch((error: unknown) => {
        if (!(error instanceof ConnectionLost)) log.error({ err: error }, 'a dialogue ended by a fault')
      })
      .finally(() => connection.end())
  }

  const keep = async (connection: LineConnection): Promise<void> => {
    if (certificates !== undefined) await connection.startTls(certificates)
    await options.serve(connection)
  }

  const close = async (): Promise<void> => {
    const closed = servers.map((server) => new Promise<void>((resolve) => void server.close(() => resolve())))
    for (const socket of open) socket.destroy()
    await Promise.all(closed)
  }
  try {
    for (const host of hosts) {
      const server = createServer({ noDelay: true }, accept)
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen({ port: port === 0 ? (addresses[0]?.port ?? 0) : port, host, ipv6Only: true }, () => resolve())
      })
      // A connection that ends badly is the peer's affair; without a listener it would end the process.
      server.on('error', (error) => log.debug({ err: error }, 'a connection ended badly'))
      servers.push(server)
      addresses.push({ host, port: (server.address() as AddressInfo).port })
    }
  } catch (error) {
    await close()
    throw error
  }
  return { addresses, close }
}
