import type { OpenAccount, Transaction } from '#storage'
import type { Taken } from '../provider/read-pop3.ts'

/** By which a letter of a maildrop is known again: says nothing, not even that two collections have the same. */
export const keyOf = (account: OpenAccount, collectionId: number, name: string): Buffer =>
  account.lookupKey('unique-id', `${collectionId}/${name}`)

/** What was taken before, by its key in base64url; and whether it could not be. */
export async function readTaken(account: OpenAccount, collectionId: number): Promise<Map<string, boolean>> {
  const { rows } = await account.sql<{ uid_key: Buffer; is_damaged: boolean }>`
    select uid_key, is_damaged from collected_letter
    where account_id = ${account.id} and collection_id = ${collectionId}`
  return new Map(rows.map((row) => [row.uid_key.toString('base64url'), row.is_damaged]))
}

/** Writes down what was taken, with what came. */
export async function noteTaken(
  { sql, account }: Transaction,
  collectionId: number,
  taken: readonly Taken[],
): Promise<void> {
  if (taken.length === 0) return
  await sql`
    insert into collected_letter (account_id, collection_id, uid_key, is_damaged)
    select ${account.id}, ${collectionId}, t.key, t.is_damaged
    from unnest(${taken.map(({ key }) => Buffer.from(key, 'base64url'))}::bytea[], ${taken.map(({ isDamaged }) => isDamaged)}::boolean[])
      as t (key, is_damaged)
    on conflict do nothing`
}

/** Keys that go in one statement. */
const A_TURN = 5000

/** Forgets what is not there any more. */
export async function forgetTaken(account: OpenAccount, collectionId: number, keys: readonly string[]): Promise<void> {
  for (let at = 0; at < keys.length; at += A_TURN)
    await account.sql`
      delete from collected_letter
      where account_id = ${account.id} and collection_id = ${collectionId}
        and uid_key = any(${keys.slice(at, at + A_TURN).map((key) => Buffer.from(key, 'base64url'))}::bytea[])`
}
