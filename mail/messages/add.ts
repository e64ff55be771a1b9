import { addItem, addItems, digestOf, FLAG, type AddedItem, type NewItem } from '#items'
import type { BlobRef, OpenAccount, PreparedBlob, Transaction } from '#storage'
import { MAIL } from '../kind.ts'
import { toFlags } from './keywords.ts'
import { summarise, threadKeys, type Summary } from './summary.ts'

/** A message that is parsed and sealed, and not yet in a mailbox. Belongs to one account. */
export interface PreparedMessage {
  blob: PreparedBlob
  /** By which it is found again. */
  digest: Buffer
  summary: Summary
}

/** One whose content the account keeps already: uploaded, or that of another message. */
export interface AdoptedMessage {
  blob: { existingId: string }
  digest: Buffer
  summary: Summary
}

/** Parses a message and seals its content; what is slow is done here, before the account is locked. */
export async function prepareMessage(
  account: OpenAccount,
  bytes: Uint8Array,
  parsed: Omit<Summary, 'blob'> = summarise(bytes),
  digest: Buffer = digestOf(account, bytes),
): Promise<PreparedMessage> {
  const blob = await account.blobs.prepare(account.id, bytes)
  return { blob, digest, summary: { ...parsed, blob: blob.ref } }
}

export const adoptMessage = (account: OpenAccount, ref: BlobRef, bytes: Uint8Array): AdoptedMessage => ({
  blob: { existingId: ref.id },
  digest: digestOf(account, bytes),
  summary: { ...summarise(bytes), blob: ref },
})

/** How a message is filed. */
export interface Filing {
  mailboxes: readonly number[]
  keywords: Iterable<string>
  receivedAt: Date
  /** Marked `\Deleted` from the start, which IMAP alone knows. */
  isDeleted?: boolean
}

/** Puts a prepared message into mailboxes. @throws Refusal 'notFound' for a mailbox, 'invalid' for a keyword */
export const addMessage = (
  tx: Transaction,
  message: PreparedMessage | AdoptedMessage,
  filing: Filing,
): Promise<AddedItem> => addItem(tx, itemOf(message, filing))

/** Puts prepared messages into mailboxes, in this order. @throws as addMessage */
export const addMessages = (
  tx: Transaction,
  messages: readonly { message: PreparedMessage; filing: Filing }[],
): Promise<AddedItem[]> =>
  addItems(
    tx,
    messages.map(({ message, filing }) => ({ ...itemOf(message, filing), blob: message.blob })),
  )

function itemOf(
  { blob, digest, summary }: PreparedMessage | AdoptedMessage,
  { mailboxes, keywords, receivedAt, isDeleted = false }: Filing,
): NewItem {
  const { flags, names } = toFlags(keywords)
  return {
    kind: MAIL,
    folders: mailboxes,
    blob,
    size: summary.blob.size,
    flags: flags | (summary.hasAttachment ? FLAG.hasAttachment : 0),
    keywords: names,
    isDeleted,
    receivedAt,
    digest,
    summary: JSON.stringify(summary),
    threadKeys: threadKeys(summary),
  }
}
