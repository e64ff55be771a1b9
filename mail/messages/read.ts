import { FLAG, readItems, readSummaries, type Item } from '#items'
import type { OpenAccount, Sql } from '#storage'
import { MAIL } from '../kind.ts'
import { toKeywords } from './keywords.ts'
import { readSummary, type Summary } from './summary.ts'

/** A message as it stands in the account. */
export interface StoredMessage {
  id: number
  threadId: number
  /** Bytes of the message as it came, with the fields we put before it. */
  size: number
  receivedAt: Date
  keywords: string[]
  mailboxes: number[]
  hasAttachment: boolean
  /** Names the content. */
  blobId: string
  /** Undefined when it was not asked for. */
  summary: Summary | undefined
  /** Bytes of it. */
  summarySize: number
}

/** Reads messages, in the order of the ids; those that are not there, or are deleted, are left out. */
export async function readMessages(
  account: OpenAccount,
  ids: readonly number[],
  options: { summaries?: boolean; sql?: Sql } = {},
): Promise<StoredMessage[]> {
  const items = await readItems(account, MAIL, ids, options)
  return items.map(toMessage)
}

export function toMessage({ flags, keywords, folders, summary, ...item }: Item): StoredMessage {
  return {
    id: item.id,
    threadId: item.threadId,
    size: item.size,
    receivedAt: item.receivedAt,
    blobId: item.blobId,
    keywords: toKeywords(flags, keywords),
    mailboxes: folders,
    hasAttachment: (flags & FLAG.hasAttachment) !== 0,
    summary: summary.length === 0 ? undefined : readSummary(summary),
    summarySize: summary.length,
  }
}

/** Opens the summaries of messages that are not deleted, by id. */
export async function openSummaries(account: OpenAccount, ids: readonly number[]): Promise<Map<number, Summary>> {
  const found = await readSummaries(account, MAIL, ids)
  return new Map([...found].map(([id, bytes]) => [id, readSummary(bytes)]))
}
