/** A name server on loopback that answers from a table, so that a test needs no other. */
import { once } from 'node:events'
import { createSocket } from 'node:dgram'
import { AUTHORITATIVE_ANSWER, decode, encode, type Answer } from 'dns-packet'
import type { Undo } from './database.ts'

/** What it says of a name: records of a type, or how it fails. A name that is not in the table does not exist. */
export interface Zone {
  [name: string]:
    | {
        MX?: { exchange: string; preference: number }[]
        A?: string[]
        AAAA?: string[]
        TXT?: string[]
        PTR?: string[]
        SRV?: { priority: number; weight: number; port: number; target: string }[]
        CAA?: { flags: number; tag: 'issue' | 'issuewild' | 'iodef'; value: string }[]
        TLSA?: { usage: number; selector: number; matchingType: number; certificate: Buffer }[]
        /** Another name for it, and nothing else. */
        CNAME?: string
      }
    | 'SERVFAIL'
    | 'REFUSED'
    | 'silent'
    | 'garbage'
}

export interface NameServer {
  /** For the setting `dns.servers`. */
  address: string
  /** What it was asked: `MX example.org`. */
  questions: string[]
  zone: Zone
}

/** Response codes of DNS. */
const RCODE = { SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 } as const

/** @param at  where, in a network of the test's own */
export async function startNameServer(
  t: Undo,
  zone: Zone,
  { host, port }: { host: string; port: number } = { host: '127.0.0.1', port: 0 },
): Promise<NameServer> {
  const socket = createSocket('udp4')
  const server: NameServer = { address: '', questions: [], zone }
  socket.on('message', (bytes, from) => {
    const { id, questions = [] } = decode(bytes)
    const [question] = questions
    if (question === undefined) return
    const name = question.name.toLowerCase()
    server.questions.push(`${question.type} ${name}`)
    const known = server.zone[name]
    if (known === 'silent') return
    const rcode =
      known === undefined ? RCODE.NXDOMAIN : typeof known === 'string' && known !== 'garbage' ? RCODE[known] : 0
    const reply =
      known === 'garbage'
        ? Buffer.from('\0\0this is no answer')
        : encode({
            type: 'response',
            id: id as number,
            flags: AUTHORITATIVE_ANSWER | rcode,
            questions,
            answers: typeof known === 'object' ? answersOf(question.name, question.type, known, server.zone) : [],
          })
    socket.send(reply, from.port, from.address)
  })
  socket.bind(port, host)
  await once(socket, 'listening')
  t.after(() => new Promise<void>((resolve) => socket.close(() => resolve())))
  server.address = `${host}:${socket.address().port}`
  return server
}

function answersOf(name: string, type: string, known: Exclude<Zone[string], string>, zone: Zone): Answer[] {
  if (known.CNAME !== undefined) return aliasesOf(name, type, known.CNAME, zone)
  if (type === 'SRV') return (known.SRV ?? []).map((data) => ({ name, type, ttl: 60, data }))
  if (type === 'CAA') return (known.CAA ?? []).map((data) => ({ name, type, ttl: 60, data }))
  if (type === 'TLSA') return (known.TLSA ?? []).map((data) => ({ name, type, ttl: 60, data }))
  if (type === 'MX') return (known.MX ?? []).map((data) => ({ name, type, ttl: 60, data }))
  if (type === 'A' || type === 'AAAA' || type === 'PTR')
    return (known[type] ?? []).map((data) => ({ name, type, ttl: 60, data }))
  // A string of DNS has 255 bytes at most (RFC 1035 §3.3).
  if (type === 'TXT')
    return (known.TXT ?? []).map((data) => ({ name, type, ttl: 60, data: data.match(/[^]{1,255}/g) ?? [''] }))
  return []
}

/** Aliases that are followed: as a resolver does, which gives up where they lead in a circle. */
const MOST_ALIASES = 8

/** An alias, and what is at its end. */
function aliasesOf(name: string, type: string, target: string, zone: Zone): Answer[] {
  const answers: Answer[] = [{ name, type: 'CNAME', ttl: 60, data: target }]
  if (type === 'CNAME') return answers
  let at = target
  while (answers.length < MOST_ALIASES) {
    const known = zone[at.toLowerCase()]
    if (typeof known !== 'object') return answers
    if (known.CNAME === undefined) return [...answers, ...answersOf(at, type, known, zone)]
    answers.push({ name: at, type: 'CNAME', ttl: 60, data: known.CNAME })
    at = known.CNAME
  }
  return answers
}
