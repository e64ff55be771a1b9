import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { updateItems } from '#items'
import { MAIL } from '#mail'
import type { OpenAccount } from '#storage'
import { addOwner, arrive, emptyMachine, lettersOf, newTarget, openStarted } from '#test/backups'
import { silent } from '#test/cluster'
import { openTestStorage, testDatabase } from '#test/database'
import { makeBackup, restoreBackup } from './index.ts'
import { everyObject, listBackups, readManifest } from './manifest.ts'
import type { Target } from './target/target.ts'

const storage = await openTestStorage({ after })
const { config } = await testDatabase()

/** Names of the objects that the newest backup needs. */
async function named(target: Target): Promise<string[]> {
  const newest = (await listBackups(target)).at(-1)
  assert.ok(newest)
  const manifest = await readManifest(target, newest, await storage.keys.backupKey(newest.id))
  const names: string[] = []
  for await (const { name } of everyObject(target, manifest)) names.push(`objects/${name}`)
  return names.toSorted()
}

async function there(target: Target): Promise<string[]> {
  const names: string[] = []
  for await (const name of target.list('objects/')) names.push(name)
  return names.toSorted()
}

async function itemsOf(account: OpenAccount): Promise<number[]> {
  const { rows } = await account.sql<{ item_id: number }>`
    select item_id from item where account_id = ${account.id} order by 1`
  return rows.map((row) => row.item_id)
}

/** Gives an account so many more items with the content of its first, as copies have. */
async function multiply(account: OpenAccount, count: number): Promise<void> {
  await account.write(
    (tx) => tx.sql`
      with source as (
        select i.*, s.sealed, p.folder_id from item i
        join item_summary s on s.account_id = i.account_id and s.item_id = i.item_id
        join placement p on p.account_id = i.account_id and p.item_id = i.item_id
        where i.account_id = ${account.id} order by i.item_id limit 1
      ), copied as (
        insert into item (account_id, item_id, kind, thread_id, blob_id, size, flags, received_at, created_change, change)
        select account_id, item_id + n, kind, item_id + n, blob_id, size, flags, received_at, ${tx.change}::bigint, ${tx.change}::bigint
        from source, generate_series(1, ${count}::int) as n
      ), summaries as (
        insert into item_summary (account_id, item_id, sealed)
        select account_id, item_id + n, sealed from source, generate_series(1, ${count}::int) as n
      ), placed as (
        insert into placement (account_id, folder_id, uid, item_id, received_at, change)
        select account_id, folder_id, 100000 + n, item_id + n, received_at, ${tx.change}::bigint
        from source, generate_series(1, ${count}::int) as n
      )
      insert into item_change (account_id, kind, change, items)
      select account_id, kind, ${tx.change}::bigint, array_agg(item_id + n) from source, generate_series(1, ${count}::int) as n group by 1, 2`,
  )
}

test('a backup writes what has changed since the one before, and names the rest', async (t) => {
  const { target } = newTarget(t)
  const back = (): ReturnType<typeof makeBackup> => makeBackup({ storage, config, target, log: silent })
  const [busy, quiet] = [await addOwner(storage), await addOwner(storage)]
  for (const person of [busy, quiet]) await arrive(storage, person)
  const account = await storage.openAccount(busy.id)
  await multiply(account, 3000)

  const first = await back()
  assert.equal(first.changed, first.accounts)
  assert.deepEqual(await named(target), await there(target))
  const nothing = await back()
  assert.equal(nothing.changed, 0)

  // One letter in a page of 256 is touched, one comes: two pages of twelve, and the list of them.
  const ids = await itemsOf(account)
  await account.write((tx) => updateItems(tx, MAIL, [ids[1000] as number], ({ flags }) => ({ flags: flags | 1 })))
  await arrive(storage, busy, 'One more.')
  const pagesBefore = new Set(await named(target))
  const third = await back()
  const fresh = (await named(target)).filter((name) => !pagesBefore.has(name))
  assert.equal(third.changed, 1)
  // Service, the days of the journal that go on, the account, two pages, the content of the new letter.
  assert.ok(fresh.length >= 5 && fresh.length <= 9, `${fresh.length} objects`)

  const empty = await emptyMachine(t, config.keyFile)
  const restored = await restoreBackup({ config: empty, target, log: silent })
  const other = await openStarted(t, empty)
  const again = await other.openAccount(busy.id)
  assert.deepEqual(await itemsOf(again), await itemsOf(account))
  assert.equal((await lettersOf(other, quiet.id)).length, 1)
  assert.ok(restored.items >= 3003)
  const rowsOf = async ({ sql, id }: OpenAccount): Promise<object[]> =>
    (
      await sql`select item_id, kind, thread_id, blob_id, size, flags, keywords, received_at, deleted_at from item
        where account_id = ${id} order by 1`
    ).rows
  assert.deepEqual(await rowsOf(again), await rowsOf(account))
})

test('a page that has grown is divided, and one of which nothing is left goes', async (t) => {
  const { target } = newTarget(t)
  const back = (): ReturnType<typeof makeBackup> => makeBackup({ storage, config, target, log: silent })
  const person = await addOwner(storage)
  await arrive(storage, person)
  await back()
  const account = await storage.openAccount(person.id)
  const [first] = await itemsOf(account)
  await multiply(account, 700)
  await back()
  // As retention would, once their days are over.
  await account.write(async (tx) => {
    await tx.sql`delete from placement where account_id = ${account.id} and item_id > ${(first as number) + 200} and item_id < ${(first as number) + 600}`
    await tx.sql`delete from item where account_id = ${account.id} and item_id > ${(first as number) + 200} and item_id < ${(first as number) + 600}`
    await tx.sql`
      insert into item_change (account_id, kind, change, items)
      select ${account.id}, ${MAIL}, ${tx.change}, array_agg(${first as number}::bigint + n) from generate_series(201, 599) as n`
  })
  await back()
  const empty = await emptyMachine(t, config.keyFile)
  await restoreBackup({ config: empty, target, log: silent })
  const other = await openStarted(t, empty)
  assert.deepEqual(await itemsOf(await other.openAccount(person.id)), await itemsOf(account))
})
