import { type OpenAccount, type Transaction } from '#storage'
import { prepareLetters, type Filed, type IncomingLetter } from './letters.ts'
import { openMailboxPaths, type MailboxPaths } from './mailboxes.ts'
import { BEGINNING, type Damage, type Found, type Position } from './source.ts'

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
 * @param read  finds things from a position on (readSource, readProvider)
 * @throws what `read` does; Refusal 'tooManyItems' for too many mailboxes, 'notFound' for a closed account, 'unavailable'
 */
export async function runImport<Where>(
  account: OpenAccount,
  read: (from: Where) => AsyncIterable<Found<Where>>,
  from: Progress<Where>,
  keep: Keeping<Where>,
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

  try {
    let group = emptyGroup<Where>()
    for await (const found of read(from.position)) {
      if ('broken' in found) {
        if (group.next !== undefined) await write(group)
        await writing
        throw found.broken
      }
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
    if (group.next !== undefined) await write(group)
    await writing
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
