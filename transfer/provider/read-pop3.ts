import { now, Refusal } from '#system'
import type { Path } from '../mailboxes.ts'
import { dateOf, type Found } from '../source.ts'
import { countBreaks } from './breaks.ts'
import { Broken } from './origin.ts'
import type { Pop3Session, Waiting } from './pop3.ts'

/** A letter that was dealt with, by which it is known again; and whether it could not be taken. */
export interface Taken {
  key: string
  isDamaged: boolean
}

/** How far a maildrop has been read: so many of what was taken. */
export interface Pop3Position {
  taken: readonly Taken[]
  count: number
}

export interface Pop3Reading {
  /** Signs in, each time the line broke. @throws Refusal; Broken */
  connect(): Promise<Pop3Session>
  /** A mailbox that was chosen: names from the top. */
  folder: Path | undefined
  /** Bytes of one letter. */
  most: number
  /** Else what is durable here is removed there. */
  leavesThere: boolean
  /** There was no whole round before: nothing that is found is news. */
  isFirst: boolean
  /** Of what a letter is called there. */
  keyOf(name: string): string
  /** What was taken before, and whether it could not be. */
  before: ReadonlyMap<string, boolean>
  /** Told once of what was taken before and is not there any more. */
  forget(keys: readonly string[]): Promise<void>
  /** Milliseconds of rest after the first break, the second, and so on; one more and it is given up for now. */
  rests?: readonly number[]
}

/**
 * Everything that lies in a maildrop and was not taken before, in its order; in memory is one letter. What is durable is then removed there, where
 * that is wished. A line that breaks is taken up again; a letter at which it always breaks is named, passed, and stays there.
 * @throws what `connect` does; Refusal 'invalid' with the field `noNumbers` when letters are to stay and cannot be told apart. Broken comes as found
 */
export async function* readPop3(reading: Pop3Reading): AsyncGenerator<Found<Pop3Position>> {
  const { connect } = reading
  const known = new Map(reading.before)
  const taken: Taken[] = []
  const next = (): { next: Pop3Position; done: number } => ({
    next: { taken, count: taken.length },
    done: taken.length,
  })
  const take = (key: string | undefined, isDamaged: boolean): void => {
    if (key === undefined) return
    known.set(key, isDamaged)
    taken.push({ key, isDamaged })
  }
  const breaks = countBreaks(reading.rests)
  // In a session; of those without a name nobody knows in the next which they are.
  const lostNumbers = new Set<number>()
  for (;;) {
    const asked: { at?: Waiting } = {}
    try {
      const session = await connect()
      try {
        const listed = await session.list()
        await reading.forget(goneOf(reading, listed))
        const here: number[] = []
        for (const one of listed) {
          const { number, size } = one
          const key = keyFor(reading, one)
          const isDamaged = key === undefined ? lostNumbers.has(number) || undefined : known.get(key)
          if (isDamaged === false) here.push(number)
          if (isDamaged !== undefined) continue
          if (size > reading.most) {
            take(key, true)
            yield { ...next(), damage: { number, reason: 'tooLarge' } }
            continue
          }
          asked.at = one
          const bytes = await session.letter(number)
          delete asked.at
          breaks.forget()
          take(key, bytes.length === 0)
          if (bytes.length === 0) {
            yield { ...next(), damage: { number, reason: 'empty' } }
            continue
          }
          here.push(number)
          yield { ...next(), letter: letterOf(reading, bytes) }
        }
        yield { ...next(), settled: true }
        if (!reading.leavesThere) for (const number of here) await session.remove(number)
        await session.quit()
        return
      } finally {
        session.close()
      }
    } catch (error) {
      if (!(error instanceof Broken)) throw error
      const { at } = asked
      const what = breaks.after(error, at !== undefined)
      if (what === 'pass' && at !== undefined) {
        lostNumbers.add(at.number)
        take(keyFor(reading, at), true)
        yield { ...next(), damage: { number: at.number, reason: error.isFinal ? 'tooLarge' : 'unreadable' } }
      } else if (what === 'end') {
        yield { ...next(), broken: error }
        return
      }
    }
    await breaks.rest()
  }
}

/** One without a unique-id that is too large is known by its size: no other could be taken either. */
function keyFor({ keyOf, most }: Pop3Reading, { uid, size }: Waiting): string | undefined {
  // No unique-id has a space (RFC 1939 §7).
  const name = uid ?? (size > most ? ` ${size}` : undefined)
  return name === undefined ? undefined : keyOf(name)
}

/** @throws Refusal 'invalid' */
function goneOf(reading: Pop3Reading, listed: readonly Waiting[]): string[] {
  if (reading.leavesThere && listed.length > 0 && listed.every(({ uid }) => uid === undefined))
    throw new Refusal('invalid', { fields: ['noNumbers'] })
  const there = new Set(listed.map((one) => keyFor(reading, one)))
  return [...reading.before.keys()].filter((key) => !there.has(key))
}

const letterOf = ({ folder, isFirst }: Pop3Reading, bytes: Buffer) => ({
  bytes,
  paths: [folder ?? []],
  keywords: [],
  isDeleted: false,
  receivedAt: isFirst ? dateOf(bytes) : now(),
  isOnce: !isFirst,
  arrives: !isFirst && folder === undefined,
})
