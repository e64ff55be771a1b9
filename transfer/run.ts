import { type OpenAccount, type Transaction } from '#storage'
import { prepareLetters, type Filed, type IncomingLetter } from './letters.ts'
import { openMailboxPaths, type MailboxPaths } from './mailboxes.ts'
import { BEGINNING, type Damage, type Found, type FoundLetter, type Position } from './source.ts'

/** How far an import has come. */
export interface Progress<Where = Position> {
  /** Where to go on. */
  position: Where
  /** Bytes of the file that are read; letters, of a provider. */
  done: number
  added: number
  known: number
  damaged: number
  skipped: number
  /** The first of what was damaged. */
  damages: Damage[]
}

export const NOTHING_DONE: Progress = {
  position: BEGINNING,
  done: 0,
  added: 0,
  known: 0,
  damaged: 0,
  skipped: 0,
  damages: [],
}

/** Damaged parts that are named; the others are counted. */
const MOST_NAMED = 200

/** Letters in one transaction, and their bytes together: what is small goes together, what is large by itself. */
const MOST_LETTERS = 100
const MOST_BYTES = 2 * 1024 * 1024

/** How it is written down how far an import has come. */
export interface Keeping<Where = Position> {
  /** In the transaction of the letters; may run twice. */
  save(tx: Transaction, progress: Progress<Where>): Promise<void>
  /** After it. */
  saved(progress: Progress<Where>): void
}

/**
 * Files a letter that arrives, by what it holds and its owner's rules.
 * @param also  in its transaction; may run twice
 * @returns false when it is here already, and nothing was written
 */
export type Arrive = (letter: FoundLetter, also: (tx: Transaction) => Promise<void>) => Promise<boolean>

/** What was found since the last transaction. */
interface Group<Where> {
  letters: IncomingLetter[]
  bytes: number
  damages: Damage[]
  skipped: number
  /** Undefined while nothing was found. */
  next: Where | undefined
  done: number
}

const emptyGroup = <Where>(): Group<Where> => ({
  letters: [],
  bytes: 0,
  damages: [],
  skipped: 0,
  next: undefined,
  done: 0,
})

/**
 * Brings everything that is found into an account. While one group of letters is written, the next is read, parsed and sealed.
 * What `keep` throws ends the import; in `save`, with the transaction undone.
 * @param read  finds things from a position on (readSource, readProvider, readPop3)
 * @param arrive  for letters that arrive; without it they go the way of all others
 * @throws what `read` does; Refusal 'tooManyItems' for too many mailboxes, 'notFound' for a closed account, 'unavailable'
 */
export async function runImport<Where>(
  account: OpenAccount,
  read: (from: Where) => AsyncIterable<Found<Where>>,
  from: Progress<Where>,
  keep: Keeping<Where>,
  arrive?: Arrive,
): Promise<Progress<Where>> {
  const paths = await openMailboxPaths(account)
  let progress = from
  let writing: Promise<unknown> = Promise.resolve()

  const write = async (group: Group<Where>): Promise<void> => {
    const ready = await prepareLetters(account, group.letters)
    await writing
    writing = ready
      .file((tx, filed) => keep.save(tx, after(progress, group, filed)))
      .then((filed) => {
        progress = after(progress, group, filed)
        keep.saved(progress)
      })
    // Waited for with the next group; until then its failure is nobody's.
    writing.catch(() => undefined)
  }

  let group = emptyGroup<Where>()
  const settle = async (): Promise<void> => {
    if (group.next !== undefined) await write(group)
    group = emptyGroup()
    await writing
  }

  /** By itself, in its own transaction. */
  const fileAlone = async (letter: FoundLetter, { next, done }: Found<Where>): Promise<boolean> => {
    if (letter.arrives !== true || arrive === undefined) return false
    await settle()
    const then = after(progress, { ...emptyGroup<Where>(), next, done }, ['added'])
    if (!(await arrive(letter, (tx) => keep.save(tx, then)))) return false
    progress = then
    keep.saved(progress)
    return true
  }

  try {
    for await (const found of read(from.position)) {
      if ('broken' in found || 'settled' in found) await settle()
      if ('broken' in found) throw found.broken
      if ('settled' in found || ('letter' in found && (await fileAlone(found.letter, found)))) continue
      await gather(group, found, paths)
      if (
        group.letters.length < MOST_LETTERS &&
        group.bytes < MOST_BYTES &&
        group.damages.length + group.skipped < MOST_NAMED
      )
        continue
      await write(group)
      group = emptyGroup<Where>()
    }
    await settle()
    return progress
  } finally {
    // Nobody else goes on with it while something is still being written.
    await writing.catch(() => undefined)
  }
}

async function gather<Where>(group: Group<Where>, found: Found<Where>, paths: MailboxPaths): Promise<void> {
  group.next = found.next
  group.done = found.done
  if ('damage' in found) group.damages.push(found.damage)
  if ('skipped' in found) group.skipped++
  if (!('letter' in found)) return
  const { letter } = found
  const mailboxes: number[] = []
  for (const path of letter.paths) mailboxes.push(await paths.idOf(path))
  group.letters.push({ ...letter, mailboxes })
  group.bytes += letter.bytes.length
}

function after<Where>(progress: Progress<Where>, group: Group<Where>, filed: readonly Filed[]): Progress<Where> {
  const added = filed.filter((one) => one === 'added').length
  return {
    position: group.next ?? progress.position,
    done: Math.max(progress.done, group.done),
    added: progress.added + added,
    known: progress.known + filed.length - added,
    damaged: progress.damaged + group.damages.length,
    skipped: progress.skipped + group.skipped,
    damages: [...progress.damages, ...group.damages].slice(0, MOST_NAMED),
  }
}
