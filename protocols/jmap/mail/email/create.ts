import { randomUUID } from 'node:crypto'
import { draftBlobIds, InvalidMessage, writeMessage } from '#formats/message'
import {
  addMessage,
  bytesOf,
  findContent,
  prepareMessage,
  type AdoptedMessage,
  type Content,
  type PreparedMessage,
} from '#mail'
import type { AddedItem } from '#items'
import { makeRoomForTheirs } from '#mail/submission'
import type { OpenAccount, Transaction } from '#storage'
import { now } from '#system'
import { utcDate } from '../../calls/arguments.ts'
import { SetError } from '../../calls/errors.ts'
import type { CallSession } from '../../calls/method.ts'
import type { Shown } from '../../families/get.ts'
import { maxSizeUpload } from '../../limits.ts'
import { blobIdOf, blobPathOf, emailIds, threadIds, utcDateOf } from '../ids.ts'
import { keywordsOf, mailboxesOf } from './membership.ts'

type Json = Record<string, unknown>

/** A message that is written and sealed, and where it is to go. */
export interface PreparedEmail extends Placing {
  message: PreparedMessage | AdoptedMessage
}

export interface Placing {
  mailboxes: number[]
  keywords: string[]
  receivedAt: Date
}

/** Where a new message goes: the properties that an Email has beside its content. @throws SetError 'invalidProperties' */
export function placingOf(session: CallSession, given: Json, receivedAt: () => Date): Placing {
  return {
    mailboxes: mailboxesOf(session, given['mailboxIds']),
    keywords: keywordsOf(given['keywords']),
    receivedAt: given['receivedAt'] == null ? receivedAt() : dateOf(given['receivedAt']),
  }
}

function dateOf(value: unknown): Date {
  const checked = utcDate.safeParse(value)
  if (!checked.success) throw new SetError('invalidProperties', 'not a UTCDate', { properties: ['receivedAt'] })
  return checked.data
}

/** Content by its blobId; undefined when there is none in this account. */
export async function contentOf(account: OpenAccount, blobId: unknown): Promise<Content | undefined> {
  const found = typeof blobId === 'string' ? blobPathOf(blobId) : undefined
  return found && findContent(account, found.uuid, found.path)
}

/**
 * Writes the message that an Email describes, RFC 8621 §4.6. Nothing is in the account yet.
 * @throws SetError 'invalidProperties', 'blobNotFound', 'tooLarge'
 */
export async function prepareEmail(session: CallSession, account: OpenAccount, given: Json): Promise<PreparedEmail> {
  const { config } = session.context
  const placing = placingOf(session, given, now)
  const contents = await findAll(account, draftBlobIds(given))
  const maxSize = maxSizeUpload(config)
  let left = maxSizeAttachments(maxSize)
  const bytes = await write(given, {
    // Counted as often as it is attached.
    async loadBlob(blobId) {
      const content = contents.get(blobId) as Content
      left -= content.size
      if (left < 0) throw new SetError('tooLarge', undefined, { maxSize: maxSizeAttachments(maxSize) })
      return bytesOf(content)
    },
    date: utcDateOf(now()),
    messageId: `${randomUUID()}@${config.hostname}`,
  })
  if (bytes.length > maxSize) throw new SetError('tooLarge', undefined, { maxSize })
  return { ...placing, message: await prepareMessage(account, bytes) }
}

/** What fits into the largest message once it is base64, 76 characters and a line end for 57 bytes, and room beside it. */
export const maxSizeAttachments = (maxSizeMessage: number): number => Math.floor((maxSizeMessage - 500_000) * (57 / 78))

async function findAll(account: OpenAccount, blobIds: readonly string[]): Promise<Map<string, Content>> {
  const found = new Map<string, Content>()
  const notFound: string[] = []
  for (const blobId of blobIds) {
    const content = await contentOf(account, blobId)
    if (content === undefined) notFound.push(blobId)
    else found.set(blobId, content)
  }
  if (notFound.length > 0) throw new SetError('blobNotFound', undefined, { notFound })
  return found
}

async function write(...args: Parameters<typeof writeMessage>): Promise<Buffer> {
  try {
    return await writeMessage(...args)
  } catch (error) {
    if (error instanceof InvalidMessage)
      throw new SetError('invalidProperties', undefined, { properties: error.properties })
    throw error
  }
}

/** Puts a prepared message into its mailboxes. @returns what the client does not know of it yet */
export async function addEmail(tx: Transaction, { message, ...placing }: PreparedEmail): Promise<Shown> {
  const added = await addMessage(tx, message, placing)
  await makeRoomForTheirs(tx, added, placing.mailboxes, message.summary.messageId?.[0])
  return showAdded(added, message)
}

/** RFC 8621 §4.6: the properties that every new Email is announced with. */
const showAdded = ({ id, threadId }: AddedItem, { summary: { blob } }: PreparedEmail['message']): Shown => ({
  id: emailIds.of(id),
  blobId: blobIdOf(blob.id),
  threadId: threadIds.of(threadId),
  size: blob.size,
})
