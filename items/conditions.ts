import { fragment as f, every, Fragment, type OpenAccount } from '#storage'
import { READ } from './flags.ts'

/**
 * What can be asked of items without opening them: conditions on a row `i` of the table item, to be combined by `allOf`,
 * `anyOf` and `not` and handed to `findItems`.
 */
export type Condition = Fragment

export const allOf = (conditions: Condition[]): Condition => every(conditions)
export const anyOf = (conditions: Condition[]): Condition =>
  conditions.length === 0 ? f`false` : not(every(conditions.map(not)))
export const not = (condition: Condition): Condition => f`not (${condition})`

export const hasFlags = (bits: number): Condition => f`i.flags & ${bits} = ${bits}`
export const isUnread: Condition = f`i.flags & ${READ} = 0`
export const hasKeyword = (number: number): Condition => f`${number} = any(i.keywords)`
export const receivedBefore = (time: Date): Condition => f`i.received_at < ${time}`
export const receivedSince = (time: Date): Condition => f`i.received_at >= ${time}`
export const sizeAtLeast = (bytes: number): Condition => f`i.size >= ${bytes}`

// "offset 0" keeps these two questions about one item: as a join they would be answered for all items before the first
// is shown.

export const inFolder = (account: OpenAccount, folderId: number): Condition =>
  f`exists (select from placement p where p.account_id = ${account.id} and p.item_id = i.item_id and p.folder_id = ${folderId} offset 0)`

/** Is in a folder that is none of these. */
export const inFolderOtherThan = (account: OpenAccount, folderIds: number[]): Condition =>
  f`exists (select from placement p where p.account_id = ${account.id} and p.item_id = i.item_id and not (p.folder_id = any(${folderIds}::bigint[])) offset 0)`

/** Some item of the thread meets the condition. The condition's `i` is the inner one. */
export const someInThread = (account: OpenAccount, condition: Condition): Condition =>
  f`i.thread_id in (select i.thread_id from item i where i.account_id = ${account.id} and i.deleted_at is null and ${condition})`

export const isOneOf = (ids: readonly number[]): Condition => f`i.item_id = any(${[...ids]}::bigint[])`
