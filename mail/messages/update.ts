import { FLAG, markReplaced, updateItems, type ItemState, type ItemUpdate } from '#items'
import type { Transaction } from '#storage'
import { Refusal } from '#system'
import { MAIL } from '../kind.ts'
import { otherBits, toFlags, toKeywords } from './keywords.ts'

/** What a set becomes: another one, or the one it is with members put in and taken out. */
export type SetChange<T> = { to: readonly T[] } | { add: readonly T[]; remove: readonly T[] }

/** What changes about a message; what is left out stays. */
export interface MessageUpdate {
  keywords?: SetChange<string>
  /** A message is in one mailbox at least, until it is destroyed. */
  mailboxes?: SetChange<number>
}

/**
 * Changes messages, all in a handful of statements.
 * @returns for each id undefined, or why it stays as it was: 'notFound' for the message or, with the field `folders`, a
 *   mailbox; 'invalid' for a keyword or for no mailbox; 'tooManyItems' for its keywords
 */
export function updateMessages(
  tx: Transaction,
  updates: ReadonlyMap<number, MessageUpdate>,
): Promise<Map<number, Refusal | undefined>> {
  return updateItems(tx, MAIL, [...updates.keys()], (item) => decide(item, updates.get(item.id) as MessageUpdate))
}

/** Takes messages out of all their mailboxes: deleted, and restorable. @returns as updateMessages */
export function destroyMessages(tx: Transaction, ids: readonly number[]): Promise<Map<number, Refusal | undefined>> {
  return updateItems(tx, MAIL, ids, () => ({ folders: [] }))
}

/** Takes messages out of one mailbox: those that are in no other are deleted, and restorable. @returns as updateMessages */
export function removeFromMailbox(
  tx: Transaction,
  mailbox: number,
  ids: readonly number[],
): Promise<Map<number, Refusal | undefined>> {
  return updateItems(tx, MAIL, ids, ({ folders }) => ({ folders: folders.filter((folder) => folder !== mailbox) }))
}

/** Says of messages just destroyed that those which were drafts have been replaced: their last state is another message. */
export const replaceDrafts = (tx: Transaction, ids: readonly number[]): Promise<void> =>
  markReplaced(tx, MAIL, ids, FLAG.draft)

function decide(item: ItemState, { keywords, mailboxes }: MessageUpdate): ItemUpdate {
  const update: ItemUpdate = {}
  if (keywords !== undefined) {
    const { flags, names } = toFlags(changed(toKeywords(item.flags, item.keywords), keywords))
    update.flags = otherBits(item.flags) | flags
    update.keywords = names
  }
  if (mailboxes !== undefined) {
    update.folders = [...changed(item.folders, mailboxes)]
    if (update.folders.length === 0) throw new Refusal('invalid', { fields: ['folders'] })
  }
  return update
}

function changed<T>(members: readonly T[], change: SetChange<T>): Set<T> {
  if ('to' in change) return new Set(change.to)
  const set = new Set(members)
  for (const one of change.remove) set.delete(one)
  for (const one of change.add) set.add(one)
  return set
}
