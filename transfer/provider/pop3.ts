import { Refusal } from '#system'
import { PATIENCE, type Patience } from './imap.ts'
import { Broken, openAt, type Origin, type Way } from './origin.ts'
import { openWire, type Wire } from './wire.ts'

/** A letter of a maildrop. */
export interface Waiting {
  /** In this session alone. */
  number: number
  /**
   * What it is called in every session (RFC 1939 §7); undefined when the server has no UIDL, or says none that it may for this letter.
   * One that it says of several is none of theirs.
   */
  uid: string | undefined
  /** Bytes: a claim. */
  size: number
}

/** A signed-in connection, asked one thing after the other. All of it throws Broken, and most of that ends it. */
export interface Pop3Session {
  /** What lies there, in its order. */
  list(): Promise<Waiting[]>
  /** @throws Broken; Broken with isFinal when larger than `most` */
  letter(number: number): Promise<Buffer>
  /** Marks it to be removed; it happens with quit(). */
  remove(number: number): Promise<void>
  /** Ends the session: what was marked is removed (RFC 1939 §6). */
  quit(): Promise<void>
  close(): void
}

/** Letters of one maildrop. */
const MOST_LETTERS = 200_000

const MOST_CAPABILITIES = 100

/** Bytes of one command, its end included. RFC 2449 §4. */
const COMMAND_BYTES = 255

/** Codes of RFC 2449 §8.1 and RFC 3206 by which a sign-in is not wrong, but cannot be now. */
const LATER = new Set(['IN-USE', 'LOGIN-DELAY', 'SYS', 'SYS/TEMP', 'SYS/PERM'])

interface Answer {
  isOk: boolean
  /** RFC 2449 §8, in capitals. What else it says is nobody's: it may repeat what it was sent. */
  code: string | undefined
}

/**
 * Signs in at another provider.
 * @param most  bytes of one letter
 * @throws Refusal 'invalid' with the reason for the person as its field (`host`, `clear`, `certificate`, `starttls`, `signIn`); Broken
 */
export async function openPop3(
  way: Way,
  origin: Origin,
  most: number,
  patience: Patience = PATIENCE,
): Promise<Pop3Session> {
  return openAt(way, origin, 'pop3', async (address) => {
    const wire = await openWire(way, origin, address, patience)
    try {
      await signIn(wire, origin)
      return sessionOf(wire, most, patience)
    } catch (error) {
      wire.close()
      throw error
    }
  })
}

async function signIn(wire: Wire, { security, user, password }: Origin): Promise<void> {
  if (!(await answer(wire)).isOk) throw new Broken()
  if (security === 'starttls') {
    const { isOk, code = '' } = await ask(wire, 'STLS')
    if (!isOk) throw LATER.has(code) ? new Broken() : new Refusal('invalid', { fields: ['starttls'] })
    await wire.startTls()
  }
  // What was said before TLS counts for nothing (RFC 2595 §4), so this is first asked now.
  const can = await capabilities(wire)
  // Letters come as they are, not rewritten into ASCII (RFC 6856 §2). Whether it does is the server's affair.
  if (can.has('UTF8')) await ask(wire, 'UTF8')
  const { isOk, code = '' } = await give(wire, can, user, password)
  if (isOk) return
  // With AUTH-RESP-CODE whatever is wrong with the credentials says so (RFC 3206 §6).
  const isLater = LATER.has(code) || (code !== 'AUTH' && can.has('AUTH-RESP-CODE'))
  throw isLater ? new Broken() : new Refusal('invalid', { fields: ['signIn'] })
}

/** Tags in capitals, with their arguments; none when the server has no CAPA. RFC 2449 §5. */
async function capabilities(wire: Wire): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>()
  if (!(await ask(wire, 'CAPA')).isOk) return found
  for await (const line of listing(wire, MOST_CAPABILITIES)) {
    const [tag = '', ...args] = line.toUpperCase().split(' ')
    found.set(tag, args)
  }
  return found
}

/** Who it is, by SASL PLAIN (RFC 5034, RFC 4616), else by USER and PASS (RFC 1939 §7). */
async function give(
  wire: Wire,
  can: ReadonlyMap<string, readonly string[]>,
  user: string,
  password: string,
): Promise<Answer> {
  // What would end a line, or a part of what is sent, would be taken for another command.
  if (/[\0\r\n]/.test(user + password)) return { isOk: false, code: 'AUTH' }
  if (can.get('SASL')?.includes('PLAIN') !== true) {
    const known = await ask(wire, `USER ${user}`)
    return known.isOk ? ask(wire, `PASS ${password}`) : known
  }
  const response = Buffer.from(`\0${user}\0${password}`).toString('base64')
  const command = `AUTH PLAIN ${response}`
  if (command.length + 2 <= COMMAND_BYTES) return ask(wire, command)
  // RFC 5034 §4: what does not fit into a command is given when it is asked for.
  wire.send('AUTH PLAIN')
  const line = await wire.line()
  return /^\+(?: |$)/.test(line) ? ask(wire, response) : answerOf(line)
}

function sessionOf(wire: Wire, most: number, patience: Patience): Pop3Session {
  const begin = async (command: string): Promise<boolean> => {
    wire.allow(patience.answer)
    return (await ask(wire, command)).isOk
  }
  const done = async (command: string): Promise<void> => {
    if (!(await begin(command))) throw new Broken()
  }

  return {
    async list() {
      await done('LIST')
      const sizes = await rows(wire, /^([1-9]\d{0,9}) +(\d{1,15})(?: |$)/)
      const uids = (await begin('UIDL')) ? await rows(wire, /^([1-9]\d{0,9}) +(.+?) *$/) : undefined
      const named = onlyOnce(uids ?? new Map())
      return Array.from(sizes, ([number, size]) => ({ number, uid: named.get(number), size: Number(size) }))
    },

    async letter(number) {
      await done(`RETR ${number}`)
      return wire.dotted(most)
    },

    remove: (number) => done(`DELE ${number}`),

    async quit() {
      try {
        await done('QUIT')
      } finally {
        wire.close()
      }
    },

    close: () => wire.close(),
  }
}

async function ask(wire: Wire, command: string): Promise<Answer> {
  wire.send(command)
  return answer(wire)
}

const answer = async (wire: Wire): Promise<Answer> => answerOf(await wire.line())

/** @throws Broken for what is no answer */
function answerOf(line: string): Answer {
  const [, status, code] = /^(\+OK|-ERR)\b(?: \[([^\]]{1,100})\])?/i.exec(line) ?? []
  if (status === undefined) throw new Broken()
  return { isOk: status.startsWith('+'), code: code?.toUpperCase() }
}

/** The lines of an answer of several. @throws Broken also when there are more than `most` */
async function* listing(wire: Wire, most: number): AsyncGenerator<string> {
  for (let count = 0; ; count++) {
    const line = await wire.line()
    if (line === '.') return
    if (count === most) throw new Broken()
    yield line.startsWith('.') ? line.slice(1) : line
  }
}

/** What is said of each letter by its number. @throws Broken when a line is none such, or a number comes twice */
async function rows(wire: Wire, form: RegExp): Promise<Map<number, string>> {
  const found = new Map<number, string>()
  for await (const line of listing(wire, MOST_LETTERS)) {
    const [, number, said] = form.exec(line) ?? []
    if (said === undefined || found.has(Number(number))) throw new Broken()
    found.set(Number(number), said)
  }
  return found
}

/** RFC 1939 §7: 1 to 70 characters of printable ASCII. Letters that are alike may have the same, so by that one none would be known. */
function onlyOnce(uids: ReadonlyMap<number, string>): Map<number, string> {
  const times = new Map<string, number>()
  for (const uid of uids.values()) times.set(uid, (times.get(uid) ?? 0) + 1)
  return new Map([...uids].filter(([, uid]) => /^[!-~]{1,70}$/.test(uid) && times.get(uid) === 1))
}
