import assert from 'node:assert/strict'
import { cpSync } from 'node:fs'
import { join, relative } from 'node:path'
import { after, test } from 'node:test'
import { updateItems } from '#items'
import { MAIL } from '#mail'
import { turnEpoch } from '#storage'
import { shiftClock } from '#system'
import { addOwner, arrive, newTarget } from '#test/backups'
import { silent } from '#test/cluster'
import { openTestStorage, testDatabase } from '#test/database'
import { keepToTheRules } from '#trust/retention'
import { keepKeys, makeBackup } from './index.ts'
import { promised } from '#test/promises'
import { filesBelow, openTargetFiles } from '#test/remains'

const storage = await openTestStorage({ after })
const { config } = await testDatabase()
const DAY = 86_400

const openAll = async (folder: string): Promise<Buffer[]> => (await openTargetFiles(storage, config, folder)).opened

test(promised(14), async (t) => {
  t.after(() => shiftClock(0))
  const person = await addOwner(storage)
  const account = await storage.openAccount(person.id)
  await arrive(storage, person, 'To be deleted.')
  await arrive(storage, person, 'To stay.')
  const { rows } = await account.sql<{ item_id: number; sealed: Buffer }>`
    select item_id, sealed from item_summary where account_id = ${person.id} order by 1`
  const [gone, stays] = rows as [(typeof rows)[number], (typeof rows)[number]]
  const { folder, target } = newTarget(t)
  const holds = async (sealed: Buffer, where = folder): Promise<boolean> =>
    (await openAll(where)).some((plain) => plain.includes(sealed))
  const onDay = async (day: number): Promise<void> => {
    shiftClock(day * DAY)
    await keepToTheRules(storage, config, silent)
    await makeBackup({ storage, config, target, log: silent })
  }

  await onDay(0)
  await account.write((tx) => updateItems(tx, MAIL, [gone.item_id], () => ({ folders: [] })))
  await onDay(0.3)
  assert.ok((await holds(gone.sealed)) && (await holds(stays.sealed)), 'both can be found where they should be')
  // What somebody copied from the target on that day, key copy and all.
  const stolen = newTarget(t).folder
  cpSync(folder, stolen, { recursive: true })

  for (const day of [5, 12, 19, 26, 30.5]) await onDay(day)
  assert.ok(await holds(gone.sealed), 'restorable from a backup while more than 14 of its days are left')
  for (const day of [31.5, 38, 44.9]) await onDay(day)
  const { rowCount } = await account.sql`
    select from item where account_id = ${person.id} and item_id = ${gone.item_id}`
  assert.equal(rowCount, 1, 'restorable for 45 days, on the service itself')
  assert.ok(await holds(stays.sealed))

  // The last backup that had it has ended before the day comes on which it is gone from every system.
  assert.ok(!(await holds(gone.sealed)))
  await onDay(45.1)
  await turnEpoch(storage.database, config.keyFile, () => keepKeys(storage, config, target))
  assert.ok(!(await holds(gone.sealed)))
  assert.ok(await holds(stays.sealed))
  assert.deepEqual(await openAll(stolen), [], 'nothing of what was copied from the target long ago opens')

  // And nothing is left on the target but what backups need.
  const { rows: living } = await storage.database.sql`select from backup where removed_at is null`
  assert.equal(filesBelow(join(folder, 'backups')).length, living.length)
})

test('what a program has replaced by itself is in no later backup, and a backup ends with its key where the target is out of reach', async (t) => {
  t.after(() => shiftClock(0))
  const { folder, target } = newTarget(t)
  const person = await addOwner(storage)
  const account = await storage.openAccount(person.id)
  await arrive(storage, person)
  await makeBackup({ storage, config, target, log: silent })
  const { rows } = await account.sql<{ item_id: number; sealed: Buffer }>`
    select item_id, sealed from item_summary where account_id = ${person.id}`
  const [{ item_id: id, sealed }] = rows as [(typeof rows)[number]]
  await account.write(async (tx) => {
    await updateItems(tx, MAIL, [id], () => ({ folders: [] }))
    await tx.sql`update item set is_replaced = true where account_id = ${person.id} and item_id = ${id}`
  })
  const before = new Set(filesBelow(folder))
  await makeBackup({ storage, config, target, log: silent })
  assert.ok(
    (await openAll(folder)).some((plain) => plain.includes(sealed)),
    'in the one before, for its days',
  )
  const stolen = newTarget(t).folder
  for (const path of filesBelow(folder).filter((path) => !before.has(path)))
    cpSync(path, join(stolen, relative(folder, path)))
  assert.ok(!(await openAll(stolen)).some((plain) => plain.includes(sealed)))

  shiftClock(14.1 * DAY)
  const { backupKeys } = await keepToTheRules(storage, config, silent)
  assert.ok((backupKeys ?? 0) >= 2)
})
