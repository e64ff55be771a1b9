import { readOpened } from '#items'
import type { BlobRef, OpenAccount } from '#storage'
import { MAIL } from '../kind.ts'
import { readSummary, type Summary } from './summary.ts'

/** A message that is being looked at. */
export interface OpenedMessage {
  id: number
  summary: Summary
  /** Its bytes, where they were wanted and are few. */
  content: Buffer | undefined
}

/**
 * Messages that were wanted and are still there, in one statement.
 * @param filedUpTo  bytes up to which contents that stand in files are read too, all of them at once
 */
export async function openMessages(
  account: OpenAccount,
  ids: readonly number[],
  { contents = false, filedUpTo = 0 } = {},
): Promise<OpenedMessage[]> {
  const opened = await readOpened(account, MAIL, ids, { contents })
  const messages = opened.map(({ id, summary: bytes, content }): OpenedMessage => {
    const summary = readSummary(bytes)
    return { id, summary, content: content && account.blobs.open(summary.blob, content) }
  })
  if (contents && filedUpTo > 0)
    await Promise.all(
      messages.map(async (message, index) => {
        if (opened[index]?.content === undefined && message.summary.blob.size <= filedUpTo)
          message.content = await account.blobs.readFile(account.id, message.summary.blob)
      }),
    )
  return messages
}

/** A range of a message's bytes, in pieces. @throws Refusal 'notFound' when it has been erased meanwhile */
export const streamMessage = (
  account: OpenAccount,
  ref: BlobRef,
  start?: number,
  end?: number,
): AsyncGenerator<Buffer> => account.blobs.stream(account.sql, account.id, ref, start, end)
