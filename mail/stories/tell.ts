import { newId, type PreparedBlob, type Sql, type Transaction } from '#storage'
import { now } from '#system'
import { openStory, sealStory, type RecipientStory, type Story } from './story.ts'

/**
 * Notes what became of a letter that came. Attempts at one letter are one story, the last; what is held keeps its own, for another
 * letter may come under the same Message-ID. Needs no more than zegel_receiver may. Sends its statement at once.
 * @param held  its content, when it is to wait here for its owner: stored with the story
 */
export async function tellArrival(tx: Transaction, story: Story, held?: PreparedBlob): Promise<void> {
  const { messageId, arrival } = story
  const lookup =
    messageId === null
      ? null
      : tx.account.lookupKey('story', JSON.stringify([arrival?.mailFrom, arrival?.to, messageId]))
  const isStored = await tell(tx, story, lookup, held)
  if (held !== undefined && !isStored) await tell(tx, story, null, held)
}

/** @returns whether the content was stored: not when a letter is held under this lookup already */
async function tell(
  { account, sql, change }: Transaction,
  story: Story,
  lookup: Buffer | null,
  held: PreparedBlob | undefined,
): Promise<boolean> {
  const id = newId()
  const [time, blobId, sealed] = [now(), held?.ref.id ?? null, sealStory(account, id, story)]
  // Given twice, as "excluded" is for those who may read the table.
  const { rowCount } = await sql`
    with told as (
      insert into story (account_id, story_id, at, change, lookup_key, blob_id, sealed)
      values (${account.id}, ${id}, ${time}, ${change}, ${lookup}, ${blobId}, ${sealed})
      on conflict (account_id, lookup_key) where lookup_key is not null do update
      set story_id = ${id}, at = ${time}, change = ${change}, blob_id = ${blobId}, sealed = ${sealed}
      where story.blob_id is null
      returning blob_id
    )
    insert into blob (account_id, blob_id, sealed_size, content, created_at)
    select ${account.id}::bigint, blob_id, ${held?.sealedSize ?? 0}::bigint, ${held?.content ?? null}::bytea, ${now()}::timestamptz
    from told where blob_id is not null`
  return rowCount > 0
}

/** Begins the story of a letter that leaves, under the letter's id in the queue. */
export async function tellDeparture(
  { account, sql, change }: Transaction,
  letterId: number,
  story: Story,
): Promise<void> {
  await sql`
    insert into story (account_id, story_id, at, change, sealed)
    values (${account.id}, ${letterId}, ${now()}, ${change}, ${sealStory(account, letterId, story)})`
}

/** Goes on with it, recipient by recipient. A letter without a story stays without. @throws SealBroken */
export async function tellRecipients(
  { account, sql, change }: Transaction,
  letterId: number,
  told: (recipient: RecipientStory) => RecipientStory,
): Promise<void> {
  const story = await storyForUpdate(sql, account.id, letterId)
  if (story === undefined) return
  const { departure, ...rest } = openStory(account, letterId, story)
  const recipients = (departure?.recipients ?? []).map(told)
  await sql`
    update story set at = ${now()}, change = ${change}, sealed = ${sealStory(account, letterId, { ...rest, departure: { recipients } })}
    where account_id = ${account.id} and story_id = ${letterId}`
}

export async function storyForUpdate(sql: Sql, accountId: number, id: number): Promise<Buffer | undefined> {
  const { rows } = await sql<{ sealed: Buffer }>`
    select sealed from story where account_id = ${accountId} and story_id = ${id} for update`
  return rows[0]?.sealed
}
