import { addItem, FLAG, type AddedItem } from '#items'
import type { BlobRef, OpenAccount, PreparedBlob, Transaction } from '#storage'
import { MAIL } from '../kind.ts'
import { toFlags } from './keywords.ts'
import { summarise, threadKeys, type Summary } from './summary.ts'

/** A message that is parsed and sealed, and not yet in a mailbox. Belongs to one account. */
export interface PreparedMessage {
  blob: PreparedBlob
  summary: Summary
}

/** One whose content the account keeps already: uploaded, or that of another message. */
export interface AdoptedMessage {
  blob: { existingId: string }
  summary: Summary
}

/** Parses a message and seals its content; what is slow is done here, before the account is locked. */
export async function prepareMessage(
  account: OpenAccount,
  bytes: Uint8Array,
  parsed: Omit<Summary, 'blob'> = summarise(bytes),
): Promise<PreparedMessage> {
  const blob = await account.blobs.prepare(account.id, bytes)
  return { blob, summary: { ...parsed, blob: blob.ref } }
}

export const adoptMessage = (ref: BlobRef, bytes: Uint8Array): AdoptedMessage => ({
  blob: { existingId: ref.id },
  summary: { ...summarise(bytes), blob: ref },
})

/** Puts a prepared message into mailboxes. @throws Refusal 'notFound' for a mailbox, 'invalid' for a keyword */
export function addMessage(
  tx: Transaction,
  { blob, summary }: PreparedMessage | AdoptedMessage,
  { mailboxes, keywords, receivedAt }: { mailboxes: readonly number[]; keywords: Iterable<string>; receivedAt: Date },
): Promise<AddedItem> {
  const { flags, names } = toFlags(keywords)
  return addItem(tx, {
    kind: MAIL,
    folders: mailboxes,
    blob,
    size: summary.blob.size,
    flags: flags | (summary.hasAttachment ? FLAG.hasAttachment : 0),
    keywords: names,
    receivedAt,
    summary: JSON.stringify(summary),
    threadKeys: threadKeys(summary),
  })
}
