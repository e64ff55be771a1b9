import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { getServers } from 'node:dns'
import { connect, isIP, isIPv6 } from 'node:net'
import { AUTHENTIC_DATA, DNSSEC_OK, RECURSION_DESIRED, decode, encode, type DecodedPacket } from 'dns-packet'
import type { Config } from './config/index.ts'
import {
  ADDRESSES_TAKEN,
  DnsError,
  EXCHANGERS_TAKEN,
  inTurn,
  orderExchangers,
  shuffled,
  type MailExchanger,
} from './dns.ts'

/** A certificate or key that a name vouches for (RFC 6698 §2.1). */
export interface TlsaRecord {
  usage: number
  selector: number
  matchingType: number
  data: Buffer
}

interface Found {
  MX: { exchange: string; preference: number }
  A: string
  AAAA: string
  TXT: string
  CNAME: string
  TLSA: TlsaRecord
  SOA: unknown
}

export type SecureType = keyof Found

/** What the name servers say, and whether it is proven by DNSSEC (RFC 4033): that there is nothing, too. */
export interface SecureAnswer<T> {
  found: T[]
  /** Whether there is such a name. */
  isName: boolean
  /** The whole answer, aliases included, was validated. */
  isSecure: boolean
  /** Where aliases led to, in lower case; the name that was asked for when it is none. */
  name: string
}

export interface SecureDns {
  /** Whether answers can be secure at all. */
  readonly isValidating: boolean
  /** @throws DnsError 'silent', also for what is forged: it is asked again later, and nothing goes on without it (RFC 7672 §2.1.1) */
  ask<T extends SecureType>(type: T, name: string): Promise<SecureAnswer<Found[T]>>
  /** As in `Dns`. `name`: the domain, its aliases followed. @throws DnsError */
  mailExchangers(domain: string): Promise<{ exchangers: MailExchanger[]; isSecure: boolean; name: string }>
  /** As in `Dns`; secure when all of it is. @throws DnsError */
  addresses(host: string): Promise<{ addresses: string[]; isSecure: boolean; name: string }>
}

interface Server {
  host: string
  port: number
}

/** For each server and each try, in milliseconds; all together a question takes 20 seconds at most with two servers. */
const TIMEOUT_MS = 5000
const TRIES = 2
const MOST_SERVERS = 3

/** What any path carries in one piece. */
const UDP_BYTES = 1232

/** Aliases one behind the other. */
const MOST_ALIASES = 12

/** Records of one kind that are looked at. */
const MOST_RECORDS = 100

const DNS_PORT = 53

/** The zone above all others. */
const ROOT = '.'

/**
 * A stub resolver that tells what is proven. It does not prove anything itself: that is done by the resolver which it asks, and said by
 * one bit of the answer (AD, RFC 4035 §3.2.3). Anybody on the way could set that bit, so it counts only where the operator says that
 * the resolver validates and that nobody can write on the way to it (`dns.validates`); by default where all resolvers are on this machine.
 * @param timeoutMs  for each try
 */
export function openSecureDns({ dns }: Pick<Config, 'dns'>, timeoutMs = TIMEOUT_MS): SecureDns {
  const servers = (dns.servers.length > 0 ? dns.servers : getServers()).slice(0, MOST_SERVERS).map(serverOf)
  const isValidating = dns.validates ?? (servers.length > 0 && servers.every(({ host }) => isLoopback(host)))

  const ask: SecureDns['ask'] = async (type, name) => {
    const asked = name === ROOT ? ROOT : name.replace(/\.$/, '').toLowerCase()
    // What could not be asked for is nowhere, and nothing proves it.
    if (!isAskable(asked)) return { found: [], isName: false, isSecure: false, name: asked }
    let failure: unknown
    for (let tries = 0; tries < TRIES; tries++)
      for (const server of servers)
        try {
          const packet = await askOne(server, type, asked, timeoutMs)
          return answerOf(packet, type, asked, isValidating)
        } catch (error) {
          failure = error
        }
    throw new DnsError('silent', { cause: failure })
  }

  return {
    isValidating,
    ask,
    async mailExchangers(domain) {
      const { found, isName, isSecure, name } = await ask('MX', domain)
      if (found.length === 0 && !isName) throw new DnsError('absent')
      const exchangers = found.length === 0 ? [{ name: domain, preference: 0 }] : orderExchangers(found)
      return { exchangers: exchangers.slice(0, EXCHANGERS_TAKEN), isSecure, name }
    },
    async addresses(host) {
      if (isIP(host) !== 0) return { addresses: [host], isSecure: false, name: host }
      const settled = await Promise.allSettled([ask('AAAA', host), ask('A', host)])
      const answers = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
      const [six, four] = settled.map((one) => (one.status === 'fulfilled' ? shuffled(one.value.found) : []))
      const addresses = inTurn(six as string[], four as string[]).slice(0, ADDRESSES_TAKEN)
      if (addresses.length === 0) {
        for (const one of settled) if (one.status === 'rejected') throw one.reason
        throw new DnsError('absent')
      }
      const name = answers.at(-1)?.name ?? host
      return { addresses, isSecure: answers.every((one) => one.isSecure && one.name === name), name }
    },
  }
}

function serverOf(text: string): Server {
  const [, inBrackets, port] = /^\[([^\]]+)\](?::(\d+))?$/.exec(text) ?? []
  if (inBrackets !== undefined) return { host: inBrackets, port: Number(port ?? DNS_PORT) }
  if (isIPv6(text)) return { host: text, port: DNS_PORT }
  const [host = '', own] = text.split(':')
  return { host, port: Number(own ?? DNS_PORT) }
}

/** Docker's: it is on loopback, validates nothing, and hands on what servers elsewhere say. */
const HANDS_ON = '127.0.0.11'

const isLoopback = (address: string): boolean =>
  address === '::1' || (/^127\.\d+\.\d+\.\d+$/.test(address) && address !== HANDS_ON)

/** RFC 1035 §2.3.4, with the letters of host names and "_". */
const isAskable = (name: string): boolean =>
  name === ROOT || (name.length <= 253 && /^[\w-]{1,63}(?:\.[\w-]{1,63})*$/.test(name))

/** What the types of the library leave out. */
type Packet = DecodedPacket & { rcode?: string }

/** @throws Error when there is no answer in time, or none that is of use */
async function askOne(server: Server, type: SecureType, name: string, timeoutMs: number): Promise<Packet> {
  const id = randomInt(0x10000)
  const query = encode({
    type: 'query',
    id,
    flags: RECURSION_DESIRED | AUTHENTIC_DATA,
    questions: [{ type, name, class: 'IN' }],
    additionals: [
      {
        type: 'OPT',
        name: '.',
        udpPayloadSize: UDP_BYTES,
        flags: DNSSEC_OK,
        options: [],
        extendedRcode: 0,
        ednsVersion: 0,
        flag_do: true,
      },
    ],
  })
  /** @returns undefined for what answers another question */
  const read = (bytes: Buffer): Packet | undefined => {
    const packet: Packet = decode(bytes)
    const [question] = packet.questions ?? []
    const isOurs =
      packet.id === id &&
      packet.type === 'response' &&
      packet.questions?.length === 1 &&
      question?.type === type &&
      question.class === 'IN' &&
      question.name.toLowerCase() === name
    return isOurs ? packet : undefined
  }
  const signal = AbortSignal.timeout(timeoutMs)
  const short = await overUdp(server, query, read, signal)
  const packet = short.flag_tc ? await overTcp(server, query, read, signal) : short
  if (packet.rcode !== 'NOERROR' && packet.rcode !== 'NXDOMAIN') throw new Error('the name server could not tell')
  return packet
}

type Read = (bytes: Buffer) => Packet | undefined

/** From a port that the system draws for this question alone; what does not come from the server does not arrive. */
const overUdp = ({ host, port }: Server, query: Buffer, read: Read, signal: AbortSignal): Promise<Packet> =>
  new Promise<Packet>((resolve, reject) => {
    const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4', signal })
    const end = (settle: () => void): void => {
      signal.removeEventListener('abort', late)
      socket.removeAllListeners('message')
      socket.once('close', settle)
      if (!signal.aborted) socket.close()
      else settle()
    }
    const late = (): void => end(() => reject(new Error('no answer in time')))
    signal.addEventListener('abort', late, { once: true })
    socket.on('error', (cause) => end(() => reject(cause)))
    socket.on('message', (bytes) => {
      try {
        const packet = read(bytes)
        // Of somebody who guesses; the true one may still come.
        if (packet !== undefined) end(() => resolve(packet))
      } catch (error) {
        end(() => reject(error as Error))
      }
    })
    socket.connect(port, host, () => socket.send(query))
  })

/** RFC 7766: the same question in a stream, its length before it. */
const overTcp = ({ host, port }: Server, query: Buffer, read: Read, signal: AbortSignal): Promise<Packet> =>
  new Promise<Packet>((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true, signal })
    let received = Buffer.alloc(0)
    const fail = (cause?: unknown): void => {
      socket.destroy()
      reject(new Error('no answer over TCP', { cause }))
    }
    socket.once('error', fail).once('close', fail)
    socket.once('connect', () => {
      const length = Buffer.alloc(2)
      length.writeUInt16BE(query.length)
      socket.write(Buffer.concat([length, query]))
    })
    socket.on('data', (piece) => {
      received = Buffer.concat([received, piece])
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return
      try {
        const packet = read(received.subarray(2, 2 + received.readUInt16BE(0)))
        if (packet === undefined || packet.flag_tc) return fail()
        resolve(packet)
        socket.destroy()
      } catch (error) {
        fail(error)
      }
    })
  })

function answerOf<T extends SecureType>(
  { answers = [], rcode, flag_ad: isAuthentic }: Packet,
  type: T,
  asked: string,
  isValidating: boolean,
): SecureAnswer<Found[T]> {
  const at = (name: string, wanted: string): unknown[] =>
    answers.flatMap((answer) =>
      answer.type === wanted && answer.name.toLowerCase() === name && 'data' in answer ? [answer.data] : [],
    )
  let name = asked
  for (let aliases = 0; type !== 'CNAME'; aliases++) {
    const [target] = at(name, 'CNAME') as string[]
    if (target === undefined) break
    if (aliases === MOST_ALIASES) throw new DnsError('silent')
    name = target.toLowerCase()
  }
  return {
    found: at(name, type).slice(0, MOST_RECORDS).map(READ[type]) as Found[T][],
    isName: rcode === 'NOERROR',
    isSecure: isValidating && isAuthentic,
    name,
  }
}

const asItIs = (data: unknown): unknown => data

const READ: Record<SecureType, (data: unknown) => unknown> = {
  MX: asItIs,
  SOA: asItIs,
  A: asItIs,
  AAAA: asItIs,
  CNAME: (data) => (data as string).toLowerCase(),
  // RFC 6376 §3.6.2.2: the strings of each are joined.
  TXT: (data) => Buffer.concat([data].flat() as Buffer[]).toString('latin1'),
  TLSA: (data) => {
    const { usage, selector, matchingType, certificate } = data as Omit<TlsaRecord, 'data'> & { certificate: Buffer }
    return { usage, selector, matchingType, data: certificate }
  },
}
