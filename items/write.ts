import type { OpenAccount, Transaction } from '#storage'
import { kindState, type KindState } from './changes.ts'
import { touched } from './settle.ts'

/** What a work did to the state of a kind. */
export interface Written<T> {
  result: T
  /**
   * The state that the work found; undefined when other works shared its transaction and wrote too: then the state
   * after it tells of more than this work did, and whoever goes on from one to the other would miss the rest.
   */
  before: KindState | undefined
  after: KindState
}

/**
 * Runs a work as `account.write` does, and tells the states of a kind around it.
 * @param work  `before` is the state it finds: nobody else can move it until the work is done
 */
export async function writeKind<T>(
  account: OpenAccount,
  kind: string,
  work: (tx: Transaction, before: KindState) => Promise<T>,
): Promise<Written<T>> {
  const done = await account.write(async (tx) => {
    const all = tx.gather(touched)
    const first = all.touches
    const before = await kindState(account, kind, tx.sql)
    const result = await work(tx, before)
    return { result, before, all, first, last: all.touches, change: tx.change }
  })
  const { result, before, all, first, last, change } = done
  if (first === last) return { result, before, after: before }
  const isItems = [...all.folders.values()].includes(kind)
  const after = { folders: change, items: isItems ? change : before.items }
  return { result, before: first === 0 && all.touches === last ? before : undefined, after }
}
