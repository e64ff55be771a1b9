import { foldersChange } from '#items'
import { MAIL } from '#mail'
import type { OpenAccount, Transaction } from '#storage'
import { Refusal } from '#system'
import { mailboxesByPath, type Mailbox } from './paths.ts'
import { Declined } from '../reply.ts'

interface Target {
  mailbox: Mailbox
  /** The last change of any mailbox itself (its name, its place) that was known when this one was found. */
  change: number
}

/** The mailboxes of accounts as they were last read. */
const seen = new WeakMap<OpenAccount, { change: number; mailboxes: ReadonlyMap<string, Mailbox> }>()

/** The mailboxes are others than they were when they were read. */
class Outdated extends Error {
  override name = 'Outdated'
}

/** So often the mailboxes may change while one message is brought. */
const MOST_TRIES = 5

/** The mailbox with a path, as far as is remembered. @throws Declined TRYCREATE */
export async function findTarget(account: OpenAccount, path: string, { isFresh = false } = {}): Promise<Target> {
  let known = isFresh ? undefined : seen.get(account)
  if (known?.mailboxes.has(path) !== true) {
    // The number first: what changes in between is then noticed.
    const change = await foldersChange(account, MAIL)
    known = { change, mailboxes: await mailboxesByPath(account) }
    seen.set(account, known)
  }
  const mailbox = known.mailboxes.get(path)
  if (mailbox === undefined) throw new Declined('There is no such mailbox', 'TRYCREATE')
  return { mailbox, change: known.change }
}

/**
 * Writes to the mailbox with a path. Programs bring one message after another to the same: where it is, is remembered, and
 * checked in the transaction that writes rather than by a round trip of its own.
 * @param work  may run again
 * @throws Declined TRYCREATE
 */
export async function writeTo<T>(
  account: OpenAccount,
  path: string,
  work: (tx: Transaction, mailbox: Mailbox) => Promise<T>,
): Promise<{ mailbox: Mailbox; result: T }> {
  for (let tries = 1; ; tries++) {
    const { mailbox, change } = await findTarget(account, path, { isFresh: tries > 1 })
    try {
      const result = await account.write(async (tx) => {
        const [now, done] = await Promise.all([foldersChange(account, MAIL, tx.sql), work(tx, mailbox)])
        if (now !== change) throw new Outdated()
        return done
      })
      return { mailbox, result }
    } catch (error) {
      const hasGone = error instanceof Refusal && error.reason === 'notFound' && error.fields.includes('folders')
      if (tries >= MOST_TRIES || (!hasGone && !(error instanceof Outdated))) throw error
    }
  }
}
