import type { OpenAccount } from '#storage'
import { openStory, type KeptStory } from './story.ts'

interface Row {
  story_id: number
  at: Date
  sealed: Buffer
}

const kept = (account: OpenAccount, { story_id: id, at, sealed }: Row): KeptStory => ({
  ...openStory(account, id, sealed),
  id,
  at,
})

/** Those of the ids that are there. */
export async function readStories(account: OpenAccount, ids: readonly number[]): Promise<KeptStory[]> {
  const { rows } = await account.sql<Row>`
    select story_id, at, sealed from story where account_id = ${account.id} and story_id = any(${ids}::bigint[])`
  return rows.map((row) => kept(account, row))
}

/** Stories that are opened at a time, and for one question. */
const SLICE = 500
const MOST = 20_000

/**
 * Stories, the newest first, by what they tell: the newest 20,000 are looked at.
 * @param heldAlone  leaves shut what waits for nobody: clients ask often what does
 */
export async function findStories(
  account: OpenAccount,
  isWanted: (story: KeptStory) => boolean,
  most: number,
  heldAlone = false,
): Promise<KeptStory[]> {
  const found: KeptStory[] = []
  let before = Number.MAX_SAFE_INTEGER
  for (let seen = 0; seen < MOST && found.length < most; seen += SLICE) {
    const { rows } = await account.sql<Row>`
      select story_id, at, sealed from story where account_id = ${account.id} and story_id < ${before}
        and (blob_id is not null or ${!heldAlone})
      order by story_id desc limit ${SLICE}`
    found.push(...rows.map((row) => kept(account, row)).filter(isWanted))
    if (rows.length < SLICE) break
    before = rows.at(-1)?.story_id ?? 0
  }
  return found.slice(0, most)
}

/** All stories, the newest first, as far as somebody takes them. */
export async function* walkStories(account: OpenAccount): AsyncGenerator<KeptStory> {
  let before = Number.MAX_SAFE_INTEGER
  for (;;) {
    const { rows } = await account.sql<Row>`
      select story_id, at, sealed from story where account_id = ${account.id} and story_id < ${before}
      order by story_id desc limit ${SLICE}`
    for (const row of rows) yield kept(account, row)
    if (rows.length < SLICE) return
    before = rows.at(-1)?.story_id ?? 0
  }
}

/** The change number that last touched a story; grows with every one that is told. */
export async function storiesChange(account: OpenAccount): Promise<number> {
  const { rows } = await account.sql<{ change: number }>`
    select coalesce(max(change), 0) as change from story where account_id = ${account.id}`
  return rows[0]?.change ?? 0
}

/** The messages whose contents these blobs are: ids by blob. */
export async function messagesOfBlobs(account: OpenAccount, blobIds: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await account.sql<{ blob_id: string; item_id: number }>`
    select blob_id, min(item_id) as item_id from item
    where account_id = ${account.id} and blob_id = any(${blobIds}::uuid[]) and deleted_at is null group by blob_id`
  return new Map(rows.map((row) => [row.blob_id, row.item_id]))
}
