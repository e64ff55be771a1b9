/** Clients that follow what they are told, while others change the mailbox: what they know is what one reads. */
import assert from 'node:assert/strict'
import { after, test, type TestContext } from 'node:test'
import { signedInImap, type Answer, type ImapDialogue } from '#test/imap'
import { fileLetter } from '#test/letters'
import type { Person } from '#test/people'
import { startServer } from '#test/server'

const server = await startServer({ after }, {}, ['imap'])

/** Numbers of a set such as `1:3,7`. */
const numbersIn = (set: string): number[] =>
  set.split(',').flatMap((part) => {
    const [from, to = from] = part.split(':').map(Number) as [number, number?]
    return Array.from({ length: (to as number) - from + 1 }, (_, index) => from + index)
  })

interface Known {
  uid: number | undefined
  flags: string
}

/** A mail program that keeps a list of what is in the mailbox, and believes every untagged response. */
class Follower {
  imap: ImapDialogue
  /** By sequence number, less one. */
  list: Known[] = []
  validity = 0
  change = 0
  #greatest = 0

  constructor(imap: ImapDialogue) {
    this.imap = imap
  }

  async say(command: string): Promise<void> {
    this.hear(await this.imap.say(command))
  }

  hear({ untagged, tagged }: Answer): void {
    assert.match(tagged, /^(OK|NO)/)
    let told: number | undefined
    for (const line of [...untagged, tagged]) {
      this.#hearLine(line)
      const highest = /\[HIGHESTMODSEQ (\d+)\]/.exec(line)?.[1]
      if (highest !== undefined) told = Number(highest)
    }
    // RFC 7162 §6.
    this.change = told ?? Math.max(this.change, this.#greatest)
    this.#greatest = 0
  }

  #hearLine(line: string): void {
    const [, count] = /^(\d+) EXISTS/.exec(line) ?? []
    if (count !== undefined) {
      assert.ok(Number(count) >= this.list.length, 'EXISTS never says that something has gone')
      while (this.list.length < Number(count)) this.list.push({ uid: undefined, flags: '' })
    }
    const [, gone] = /^(\d+) EXPUNGE/.exec(line) ?? []
    if (gone !== undefined) {
      assert.ok(Number(gone) <= this.list.length)
      this.list.splice(Number(gone) - 1, 1)
    }
    const [, earlier, set] = /^VANISHED( \(EARLIER\))? ([\d:,]+)/.exec(line) ?? []
    for (const uid of set === undefined ? [] : numbersIn(set)) {
      const at = this.list.findIndex((known) => known.uid === uid)
      // What was announced and not looked at yet has no UID for the client: it is one of those behind all lesser ones.
      if (at !== -1) this.list.splice(at, 1)
      else if (earlier === undefined) {
        const lesser = this.list.findLastIndex((known) => known.uid !== undefined && known.uid < uid)
        const unknown = this.list.findIndex((known, index) => index > lesser && known.uid === undefined)
        assert.notEqual(unknown, -1, 'VANISHED is only said of what was announced')
        this.list.splice(unknown, 1)
      }
    }
    const [, number, items = ''] = /^(\d+) FETCH \((.*)\)$/s.exec(line) ?? []
    const [, validity] = /UIDVALIDITY (\d+)/.exec(line) ?? []
    if (validity !== undefined) this.validity = Number(validity)
    if (number === undefined) return
    const known = this.list[Number(number) - 1]
    assert.ok(known, 'a sequence number that was announced')
    const uid = /UID (\d+)/.exec(items)?.[1]
    if (uid !== undefined) {
      assert.ok(known.uid === undefined || known.uid === Number(uid), 'a sequence number means the same message')
      known.uid = Number(uid)
    }
    known.flags = /FLAGS \(([^)]*)\)/.exec(items)?.[1] ?? known.flags
    this.#greatest = Math.max(this.#greatest, Number(/MODSEQ \((\d+)\)/.exec(items)?.[1] ?? 0))
  }

  /** Looks at what is new to it. */
  async catchUp(): Promise<void> {
    await this.say('NOOP')
    const from = this.list.findIndex(({ uid }) => uid === undefined)
    if (from !== -1) await this.say(`FETCH ${from + 1}:* (UID FLAGS)`)
  }

  /** Comes back after the connection was lost. */
  async comeBack(t: TestContext, person: Person): Promise<void> {
    this.imap.close()
    this.imap = await signedInImap(t, server, person)
    await this.imap.ok('ENABLE QRESYNC')
    // Of what lies between messages that it has not looked at it would not know the sequence numbers.
    const unknown = this.list.findIndex(({ uid }) => uid === undefined)
    const known = unknown === -1 ? this.list : this.list.slice(0, unknown)
    const uids = known.length === 0 ? '' : ` 1:${known.at(-1)?.uid}`
    const answer = await this.imap.say(`SELECT INBOX (QRESYNC (${this.validity} ${this.change}${uids}))`)
    // Sequence numbers are those of the new session: what is left is in front, what is new behind.
    const gone = answer.untagged.flatMap((line) =>
      line.startsWith('VANISHED') ? numbersIn(line.split(' ').at(-1) as string) : [],
    )
    this.list = known.filter(({ uid }) => !gone.includes(uid as number))
    this.hear({ ...answer, untagged: answer.untagged.filter((line) => !line.startsWith('VANISHED')) })
  }

  get shown(): string[] {
    return this.list.map(({ uid, flags }) => `${uid} ${flags.split(' ').toSorted().join(' ')}`)
  }
}

function dice(seed: number): (sides: number) => number {
  let state = seed
  return (sides) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * sides)
  }
}

const FLAGS = ['\\Seen', '\\Flagged', '\\Deleted', 'work', 'home']

for (const seed of [11, 12, 13, 21, 35])
  test(`whoever believes what it is told knows what a fresh SELECT shows (seed ${seed})`, async (t) => {
    const roll = dice(seed)
    const person = await server.createAccount()
    for (let count = 0; count < 4; count++) await fileLetter(server, person)
    const enter = async (before?: string): Promise<Follower> => {
      const follower = new Follower(await signedInImap(t, server, person))
      if (before !== undefined) await follower.imap.ok(before)
      await follower.say('SELECT INBOX')
      return follower
    }
    const plain = await enter()
    const watching = await enter('ENABLE CONDSTORE')
    const resyncing = await enter('ENABLE QRESYNC')
    const actors = [await enter(), await enter()]
    const followers = [plain, watching, resyncing, ...actors]

    /** Something that a program does, of the messages that it knows. */
    const act = async (follower: Follower): Promise<void> => {
      const count = follower.list.length
      const number = (): number => 1 + roll(Math.max(1, count))
      const set = `${number()}:${number()}`
      const flag = FLAGS[roll(FLAGS.length)] as string
      const commands = [
        'NOOP',
        'APPEND INBOX (work) {10+}\r\nSubject: x',
        `STORE ${set} +FLAGS (${flag})`,
        `STORE ${set} -FLAGS (${flag})`,
        `STORE ${set} FLAGS (${flag})`,
        `FETCH ${set} (FLAGS)`,
        `FETCH ${set} (UID FLAGS MODSEQ)`,
        `FETCH ${number()} BODY[]`,
        `COPY ${set} Archive`,
        count < 20 ? `COPY ${set} INBOX` : 'NOOP',
        `MOVE ${number()} INBOX`,
        `MOVE ${number()} Archive`,
        'EXPUNGE',
        'UID EXPUNGE 1:*',
        `REPLACE ${number()} INBOX {10+}\r\nSubject: y`,
      ]
      const command = commands[roll(commands.length)] as string
      if (count > 0 || /^(NOOP|APPEND|EXPUNGE|UID)/.test(command)) await follower.say(command)
    }

    for (let round = 0; round < 8; round++) {
      // At once, so that each hears of the others in the middle of its own commands.
      await Promise.all(
        followers.map(async (follower) => {
          for (let step = 0; step < 4; step++) await act(follower)
        }),
      )
      if (roll(3) === 0) await resyncing.comeBack(t, person)
      await Promise.all(followers.map((follower) => follower.catchUp()))
      // Once more, for what looking has marked as seen or had waiting.
      await Promise.all(followers.map((follower) => follower.catchUp()))
      const fresh = await enter()
      await fresh.catchUp()
      for (const [index, follower] of followers.entries())
        assert.deepEqual(follower.shown, fresh.shown, `follower ${index} in round ${round}`)
      fresh.imap.close()
    }
  })
