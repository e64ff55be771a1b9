import { z } from 'zod'
import { blobIdOf, uuidOf } from '../endpoints/blobs.ts'
import { idsWith } from '../ids.ts'

export const emailIds = idsWith('M')
export const threadIds = idsWith('T')
export const mailboxIds = idsWith('F')

/** No folder has this number. */
const NONE = 0

/** A mailbox id as an argument: the folder's number; of an id that is none, a number that no folder has. */
export const mailboxNumber = z.string().transform((id) => mailboxIds.numberOf(id) ?? NONE)

/** Parts of parts that an id may name. */
const PATH = /^(B[\da-f]{32})((?:-(?:0|[1-9]\d{0,4})){0,5})$/

/**
 * What a blobId of mail names: a message, or by number a part of it, or a part of the message that this part carries.
 * @returns undefined when it is none
 */
export function blobPathOf(blobId: string): { uuid: string; path: number[] } | undefined {
  const [, whole, numbers] = PATH.exec(blobId) ?? []
  const uuid = whole === undefined ? undefined : uuidOf(whole)
  return uuid === undefined ? undefined : { uuid, path: (numbers ?? '').split('-').slice(1).map(Number) }
}

export { blobIdOf }
export const partBlobId = (blobId: string, number: number): string => `${blobId}-${number}`

/** A UTCDate, RFC 8620 §1.4, to the second. */
export const utcDateOf = (date: Date): string => `${date.toISOString().slice(0, -5)}Z`
