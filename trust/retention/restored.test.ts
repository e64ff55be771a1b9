import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  addRecord,
  countDeleted,
  findDeleted,
  findFolderByRole,
  overwriteRecord,
  readItems,
  readRecords,
  restoreThese,
  updateItems,
  type DeletedThing,
} from '#items'
import { addMessage, createStandardMailboxes, MAIL, prepareMessage } from '#mail'
import type { OpenAccount } from '#storage'
import { nowMs } from '#system'
import { clockAtNoon } from '#test/clock'
import { openTestStorage, testDatabase } from '#test/database'
import { addPerson } from '#test/people'
import { RULES } from './rules.ts'

const storage = await openTestStorage({ after })
const { config } = await testDatabase()
const DAY = 86_400

/** Somebody with so many letters, all deleted. */
async function openWithDeleted(many: number): Promise<{ account: OpenAccount; ids: number[] }> {
  const person = await addPerson(storage, {}, createStandardMailboxes)
  const account = await storage.openAccount(person.id)
  const inbox = (await findFolderByRole(account, MAIL, 'inbox')) as number
  const ids: number[] = []
  for (let at = 0; at < many; at++) {
    const content = Buffer.from(`Subject: x\r\nMessage-ID: <${person.id}-${at}@example.org>\r\n\r\nText ${at}\r\n`)
    const message = await prepareMessage(account, content)
    const filing = { mailboxes: [inbox], keywords: [], receivedAt: new Date(nowMs()) }
    ids.push((await account.write((tx) => addMessage(tx, message, filing))).id)
  }
  await account.write((tx) => updateItems(tx, MAIL, ids, () => ({ folders: [] })))
  return { account, ids }
}

const items = (ids: readonly number[]): DeletedThing[] => ids.map((id) => ({ store: 'item', id }))

const since = (): Date => new Date(nowMs() - config.retention.deletedDays * DAY * 1000)

async function erase(): Promise<void> {
  for (const rule of RULES) while ((await rule.destroy(storage, config)) > 0 && rule.name !== 'journal');
}

test('what was deleted can be brought back on the last of its days, and not after it', async (t) => {
  const pass = clockAtNoon(t)
  const { account, ids } = await openWithDeleted(2)
  pass(45 * DAY - 60)
  await erase()
  assert.deepEqual([...(await countDeleted(account, {}, since()))], [[MAIL, 2]])
  const first = await restoreThese(account, items(ids.slice(0, 1)), since())
  assert.equal(first.items.size, 1)
  pass(120)
  // Also before it is erased: nobody is told of a thing that a moment later is gone.
  assert.deepEqual(await findDeleted(account, {}, since(), { limit: 10 }), [])
  assert.equal((await restoreThese(account, items(ids), since())).items.size, 0)
  await erase()
  const { rows } = await account.sql<{ items: number; deletions: number; vanished: number }>`
    select (select count(*)::int from item where account_id = ${account.id}) as items,
      (select count(*)::int from deletion where account_id = ${account.id}) as deletions,
      (select count(*)::int from vanished where account_id = ${account.id}) as vanished`
  assert.deepEqual(rows[0], { items: 1, deletions: 0, vanished: 0 })
  assert.equal((await readItems(account, MAIL, ids)).length, 1)
})

test('what comes back while it is erased is whole or gone, never half', async (t) => {
  const pass = clockAtNoon(t)
  const all = await Promise.all(Array.from({ length: 4 }, () => openWithDeleted(30)))
  pass(45 * DAY + 1)
  // A clock that is a moment behind still takes them for restorable.
  const behind = new Date(since().getTime() - 5000)
  await Promise.all([
    erase(),
    erase(),
    ...all.flatMap(({ account, ids }) => ids.map((id) => restoreThese(account, items([id]), behind))),
  ])
  for (const { account, ids } of all) {
    const { rows } = await account.sql<{ item_id: number; is_there: boolean; whole: boolean }>`
      select i.item_id, i.deleted_at is null as is_there,
        exists (select from blob b where b.account_id = i.account_id and b.blob_id = i.blob_id)
          and exists (select from item_summary s where s.account_id = i.account_id and s.item_id = i.item_id)
          and exists (select from placement p where p.account_id = i.account_id and p.item_id = i.item_id) as whole
      from item i where i.account_id = ${account.id}`
    assert.ok(rows.every(({ is_there, whole }) => is_there && whole))
    const { rows: folders } = await account.sql<{ total: number; placed: number }>`
      select sum(total)::int as total, (select count(*)::int from placement where account_id = ${account.id}) as placed
      from folder where account_id = ${account.id}`
    assert.deepEqual(folders[0], { total: rows.length, placed: rows.length })
    assert.ok(rows.length <= ids.length)
  }
})

test('two who bring back the same things at once bring each back once', async () => {
  const { account, ids } = await openWithDeleted(40)
  const both = await Promise.all([
    restoreThese(account, items(ids), since()),
    restoreThese(account, items(ids), since()),
  ])
  assert.equal(
    both.reduce((sum, { count }) => sum + count, 0),
    40,
  )
  const { rows } = await account.sql<{ placed: number }>`
    select count(*)::int as placed from placement where account_id = ${account.id}`
  assert.equal(rows[0]?.placed, 40)
})

test('an earlier state of a text can be brought back on the last of its days, and is gone after it', async (t) => {
  const pass = clockAtNoon(t)
  const { account } = await openWithDeleted(0)
  const kind = 'template'
  const id = await account.write((tx) => addRecord(tx, { kind, value: 'first' }))
  await account.write((tx) => overwriteRecord(tx, kind, id, { value: 'second' }))
  pass(45 * DAY - 60)
  await erase()
  const things = await findDeleted(account, {}, since(), { limit: 10 })
  assert.equal(things.length, 1)
  assert.equal((await restoreThese(account, things, since())).count, 1)
  const read = async () => (await readRecords(account, kind, null)).map(({ value }) => value)
  assert.deepEqual(await read(), ['first'])
  // What stood there until now has its own days.
  pass(120)
  await erase()
  assert.equal((await findDeleted(account, {}, since(), { limit: 10 })).length, 1)
  pass(45 * DAY)
  assert.deepEqual(await findDeleted(account, {}, since(), { limit: 10 }), [])
  assert.equal((await restoreThese(account, things, since())).count, 0)
  await erase()
  const { rows } = await account.sql<{ records: number; deletions: number }>`
    select (select count(*)::int from record where account_id = ${account.id}) as records,
      (select count(*)::int from deletion where account_id = ${account.id}) as deletions`
  assert.deepEqual([await read(), rows[0]], [['first'], { records: 1, deletions: 0 }])
})
