import { indexNext, type IndexedItem, type ItemToIndex } from '#items'
import { MAIL, messagesTogether, readSummary, wordsOfMessage } from '#mail'
import type { OpenAccount, Storage } from '#storage'
import { Refusal } from '#system'

/** Messages of one transaction. */
export const MOST_IN_BATCH = 400

/** Messages that are open at a time, and bytes of them from which on there are no more. */
const MOST_OPEN = 25
const MOST_OPEN_BYTES = 32 * 1024 * 1024

export interface Batch {
  indexed: number
  /** Whether nothing of the account waits any more. */
  isDone: boolean
}

/** Indexes the next messages of an account. An account that cannot be opened any more has none. */
export async function indexBatch(storage: Storage, accountId: number, most = MOST_IN_BATCH): Promise<Batch> {
  const account = await storage.openAccount(accountId).catch((error: unknown) => {
    if (error instanceof Refusal && error.reason === 'notFound') return undefined
    throw error
  })
  if (account === undefined) return { indexed: 0, isDone: true }
  return indexNext(storage, account, MAIL, most, (items) => wordsOfItems(account, items))
}

/** Few at a time, fewer when they are large. */
async function* wordsOfItems(account: OpenAccount, items: readonly ItemToIndex[]): AsyncGenerator<IndexedItem[]> {
  const messages = items.map(({ itemId, summary }) => ({ itemId, summary: readSummary(summary) }))
  for (let at = 0; at < messages.length;) {
    const group: typeof messages = []
    for (let bytes = 0; at < messages.length && bytes < MOST_OPEN_BYTES && group.length < MOST_OPEN;) {
      const next = messages[at++] as (typeof messages)[number]
      bytes += next.summary.blob.size
      group.push(next)
    }
    const messageOf = messagesTogether(
      account,
      group.map(({ summary }) => summary.blob),
    )
    const indexed: IndexedItem[] = []
    for (const { itemId, summary } of group)
      indexed.push({ itemId, ...wordsOfMessage(summary, await messageOf(summary.blob)) })
    yield indexed
  }
}
