import type { DeletedThing } from '#items'
import { idsWith } from '../ids.ts'

/** An item, and a record, keeps its number while it is deleted; as a DeletedItem each has a letter of its own. */
const LETTERS = { item: idsWith('D'), record: idsWith('E') } as const

/** The id of a DeletedItem. */
export const deletedId = ({ store, id }: DeletedThing): string => LETTERS[store].of(id)

/** undefined for what is no such id */
export function thingOf(id: string): DeletedThing | undefined {
  for (const store of ['item', 'record'] as const) {
    const number = LETTERS[store].numberOf(id)
    if (number !== undefined) return { store, id: number }
  }
  return undefined
}

/** The things that ids name; what is no id is left out. */
export const thingsOf = (ids: readonly string[]): DeletedThing[] => ids.flatMap((id) => thingOf(id) ?? [])

/** Of things the numbers of the items, or of the records. */
export const numbersOf = (things: readonly DeletedThing[], store: DeletedThing['store']): number[] =>
  things.filter((thing) => thing.store === store).map(({ id }) => id)

export const deletionIds = idsWith('L')
/** Folders of every kind, by the letter that mailboxes have. */
export { mailboxIds as folderIds } from '../mail/ids.ts'

/** A device, by the keyed hash of what it says of itself. */
export const deviceId = (key: Buffer): string => `V${key.toString('base64url')}`

/** What is no id finds no device. */
export const deviceKeyOf = (id: string): Buffer => Buffer.from(/^V([\w-]{1,86})$/.exec(id)?.[1] ?? '', 'base64url')

const DAY_MS = 86_400_000

/** What is restorable was deleted at this time or later. */
export const restorableSince = ({ retention }: { retention: { deletedDays: number } }, nowMs: number): Date =>
  new Date(nowMs - retention.deletedDays * DAY_MS)

/** Until when something deleted can be brought back. */
export const restorableUntil = ({ retention }: { retention: { deletedDays: number } }, deletedAt: Date): Date =>
  new Date(deletedAt.getTime() + retention.deletedDays * DAY_MS)
