import { type OpenAccount, type Transaction } from '#storage'
import { prepareLetters, type Filed, type IncomingLetter } from './letters.ts'
import { openMailboxPaths, type MailboxPaths } from './mailboxes.ts'
import { BEGINNING, readSource, type Damage, type Found, type Position, type Reading } from './source.ts'

/** How far an import has come. */
export interface Progress {
  /** Where to go on. */
  position: Position
  /** Bytes of the file that are read. */
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
export interface Keeping {
  /** In the transaction of the letters; may run twice. */
  save(tx: Transaction, progress: Progress): Promise<void>
  /** After it. */
  saved(progress: Progress): void
}

/** What was found since the last transaction. */
interface Group {
  letters: IncomingLetter[]
  bytes: number
  damages: Damage[]
  skipped: number
  next: Position
  done: number
}

const emptyGroup = (): Group => ({ letters: [], bytes: 0, damages: [], skipped: 0, next: BEGINNING, done: 0 })

/**
 * Brings everything that is in a file into an account. While one group of letters is written, the next is read, parsed and sealed.
 * What `keep` throws ends the import; in `save`, with the transaction undone.
 * @throws Refusal 'invalid' (readSource), 'tooManyItems' for too many mailboxes, 'notFound' for a closed account, 'unavailable'
 */
export async function runImport(
  account: OpenAccount,
  reading: Reading,
  from: Progress,
  keep: Keeping,
): Promise<Progress> {
  const paths = await openMailboxPaths(account)
  let progress = from
  let writing: Promise<unknown> = Promise.resolve()

  const write = async (group: Group): Promise<void> => {
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

  try {
    let group = emptyGroup()
    for await (const found of readSource(reading, from.position)) {
      await gather(group, found, paths)
      if (
        group.letters.length < MOST_LETTERS &&
        group.bytes < MOST_BYTES &&
        group.damages.length + group.skipped < MOST_NAMED
      )
        continue
      await write(group)
      group = emptyGroup()
    }
    if (group.done > 0) await write(group)
    await writing
    return progress
  } finally {
    // Nobody else goes on with it while something is still being written.
    await writing.catch(() => undefined)
  }
}

async function gather(group: Group, found: Found, paths: MailboxPaths): Promise<void> {
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

function after(progress: Progress, group: Group, filed: readonly Filed[]): Progress {
  const added = filed.filter((one) => one === 'added').length
  return {
    position: group.next,
    done: Math.max(progress.done, group.done),
    added: progress.added + added,
    known: progress.known + filed.length - added,
    damaged: progress.damaged + group.damages.length,
    skipped: progress.skipped + group.skipped,
    damages: [...progress.damages, ...group.damages].slice(0, MOST_NAMED),
  }
}
