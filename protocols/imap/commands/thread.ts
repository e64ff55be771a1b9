import { command } from '../command.ts'
import { BadCommand } from '../input/bad-command.ts'
import type { Input } from '../input/input.ts'
import { ok, type Completion } from '../reply.ts'
import { IDS, SUBJECT, type Ids } from '../search/derivations.ts'
import { findPlaces, itemsAt, sequenceNumbers } from '../search/evaluate.ts'
import { derive } from '../search/heads.ts'
import { progressOf } from '../search/progress.ts'
import { readProgram, type Program } from '../search/read-program.ts'
import { sentTimes } from '../search/sort-order.ts'
import { byReferences, bySubject, threadsText, type Threaded } from '../search/threads.ts'
import type { Session } from '../session.ts'

const ALGORITHMS = { ORDEREDSUBJECT: bySubject, REFERENCES: byReferences }

interface Args {
  algorithm: keyof typeof ALGORITHMS
  program: Program
}

/** `thread = ["UID" SP] "THREAD" SP thread-alg SP charset 1*(SP search-key)`. RFC 5256 §5. */
function parse(input: Input, session: Session): Args {
  input.space()
  const algorithm = input.word()
  if (!Object.hasOwn(ALGORITHMS, algorithm)) throw new BadCommand('There is no such way to thread')
  input.space()
  const charset = input.astring()
  input.space()
  const program = readProgram(input, session, charset)
  input.end()
  return { algorithm: algorithm as Args['algorithm'], program }
}

const NO_IDS: Ids = { own: undefined, inReplyTo: [], references: [] }

async function thread(session: Session, { algorithm, program }: Args, byUid: boolean): Promise<Completion> {
  const { account, mailbox } = session
  const progress = progressOf(session)
  const { rows, places } = await findPlaces(account, mailbox, program, progress)
  if (program.hasModSeq) session.enabled.add('CONDSTORE')
  const { view } = mailbox
  const items = itemsAt(rows, places)
  const sentAt = await sentTimes({ account, view, rows, progress }, places)
  const subjects = await derive(account, view, SUBJECT, items, progress)
  const ids = algorithm === 'REFERENCES' ? await derive(account, view, IDS, items, progress) : undefined
  const numberAt = byUid ? rows.uids : sequenceNumbers(mailbox, rows)
  const messages = places.map((place, index): Threaded => {
    const item = items[index] as number
    return {
      number: numberAt[place] as number,
      sentAt: sentAt(place),
      subject: subjects.get(item) ?? { text: '', isAnswer: false },
      ids: ids?.get(item) ?? NO_IDS,
    }
  })
  const threads = threadsText(ALGORITHMS[algorithm](messages))
  session.untagged(threads === '' ? 'THREAD' : `THREAD ${threads}`)
  return ok('THREAD completed')
}

export const threadNumbers = command({
  name: 'THREAD',
  states: ['selected'],
  keepsNumbers: true,
  parse,
  run: (session, args) => thread(session, args, false),
})

export const threadUids = command({
  name: 'UID THREAD',
  states: ['selected'],
  parse,
  run: (session, args) => thread(session, args, true),
})
