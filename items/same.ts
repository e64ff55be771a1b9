import { hash } from 'node:crypto'
import type { OpenAccount, Sql } from '#storage'

/** By which content is found again: a keyed hash, so that it says nothing, not even that two accounts have the same. */
export const digestOf = (account: OpenAccount, content: Uint8Array): Buffer =>
  account.lookupKey('content', hash('sha256', content, 'base64url'))

/** Which of these contents lie in which folders: digests in base64url, to folders. */
export async function foldersWith(
  account: OpenAccount,
  kind: string,
  digests: readonly Buffer[],
  sql: Sql = account.sql,
): Promise<Map<string, Set<number>>> {
  const { rows } = await sql<{ digest: Buffer; folder_id: number }>`
    select i.digest, p.folder_id
    from unnest(${[...digests]}::bytea[]) as wanted (digest)
    cross join lateral (
      select item_id, digest from item
      where account_id = ${account.id} and digest = wanted.digest and kind = ${kind} and deleted_at is null offset 0) as i
    join placement p on p.account_id = ${account.id} and p.item_id = i.item_id`
  const found = new Map<string, Set<number>>()
  for (const { digest, folder_id: folder } of rows) {
    const key = digest.toString('base64url')
    found.set(key, (found.get(key) ?? new Set<number>()).add(folder))
  }
  return found
}

/** Which of these contents were deleted, and can still be brought back: digests in base64url. */
export async function deletedWith(
  account: OpenAccount,
  kind: string,
  digests: readonly Buffer[],
  sql: Sql = account.sql,
): Promise<Set<string>> {
  const { rows } = await sql<{ digest: Buffer }>`
    select distinct digest from item
    where account_id = ${account.id} and digest = any(${[...digests]}::bytea[]) and kind = ${kind} and deleted_at is not null`
  return new Set(rows.map(({ digest }) => digest.toString('base64url')))
}

/** Items of one of these sizes whose content has no digest yet, for they are older than digests are. At most `most` at a time. */
export async function undigested(
  account: OpenAccount,
  kind: string,
  sizes: readonly number[],
  most: number,
): Promise<number[]> {
  const { rows } = await account.sql<{ item_id: number }>`
    select item_id from item
    where account_id = ${account.id} and digest is null and size = any(${[...sizes]}::bigint[]) and kind = ${kind}
      and deleted_at is null
    order by item_id limit ${most}`
  return rows.map((row) => row.item_id)
}

/** Writes digests down. What they are of never changes, so no number does. */
export async function keepDigests(account: OpenAccount, digests: ReadonlyMap<number, Buffer>): Promise<void> {
  await account.sql`
    update item i set digest = d.digest
    from unnest(${[...digests.keys()]}::bigint[], ${[...digests.values()]}::bytea[]) as d (item_id, digest)
    where i.account_id = ${account.id} and i.item_id = d.item_id and i.digest is null`
}
