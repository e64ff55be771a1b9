import { parseMessage, type Message } from '#formats/message'
import type { BlobRef, OpenAccount } from '#storage'

/** Bytes that are read: the header of every honest letter lies in them. */
const MOST_BYTES = 262_144

/** The header of a message, parsed without reading all of it. What the parser says of its body holds for the beginning alone. */
export async function readHeader(account: OpenAccount, ref: BlobRef): Promise<Message> {
  const end = Math.min(ref.size, MOST_BYTES)
  return parseMessage(Buffer.concat(await Array.fromAsync(account.blobs.stream(account.sql, account.id, ref, 0, end))))
}
