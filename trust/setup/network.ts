import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { getServers } from 'node:dns'
import { connect, isIPv6 } from 'node:net'
import { splitHostAndPort, type Config } from '#system'

const WAIT_MS = 3000

/** Whether something takes a connection. @param banner  whether it has to say "220" as well, as a mail server does (RFC 5321 §4.2) */
export function takesConnections(host: string, port: number, banner = false): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: WAIT_MS })
    const end = (does: boolean): void => {
      socket.destroy()
      resolve(does)
    }
    socket
      .once('connect', () => !banner && end(true))
      .once('data', (data: Buffer) => end(data.toString('latin1').startsWith('220')))
      .once('error', () => end(false))
      .once('timeout', () => end(false))
      .once('end', () => end(false))
  })
}

/** A question for the root's SOA that wants to know whether the answer was validated: RD and AD are set (AD, beside RD). */
const question = (id: number): Buffer =>
  Buffer.from([id >> 8, id & 255, 0x01, 0x20, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 1])

/** AD, in the second byte of the flags. */
const AUTHENTIC = 0x20

/** Whether the first name server says of the root that it has validated it; undefined when it does not answer. */
export function validates({ dns }: Pick<Config, 'dns'>): Promise<boolean | undefined> {
  const [server = '127.0.0.1'] = dns.servers.length > 0 ? dns.servers : getServers()
  const { host, port } = hostOf(server)
  return new Promise((resolve) => {
    const id = randomInt(65_536)
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
    const end = (answer: boolean | undefined): void => {
      clearTimeout(late)
      socket.close()
      resolve(answer)
    }
    const late = setTimeout(() => end(undefined), WAIT_MS)
    socket.once('error', () => end(undefined))
    socket.on('message', (reply) => {
      if (reply.length >= 12 && reply.readUInt16BE(0) === id) end(((reply[3] as number) & AUTHENTIC) !== 0)
    })
    // Only what comes from there counts.
    socket.connect(port, host, () => socket.send(question(id)))
  })
}

/** `address`, `address:port` or `[address]:port`. */
const hostOf = (server: string): { host: string; port: number } =>
  isIPv6(server) || !server.includes(':') ? { host: server, port: 53 } : splitHostAndPort(server)
