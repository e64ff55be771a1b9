import assert from 'node:assert/strict'
import { after, beforeEach, test, type TestContext } from 'node:test'
import { findFolderByRole, updateItems } from '#items'
import { addMessage, createStandardMailboxes, MAIL, prepareMessage } from '#mail'
import { shiftClock } from '#system'
import { silent } from '#test/cluster'
import { openTestStorage, testDatabase } from '#test/database'
import { newTarget } from '#test/backups'
import { letter } from '#test/letters'
import { addPerson } from '#test/people'
import { makeBackup } from '#trust/backups'
import { brakeState, heldFor, releaseBrake, type HeldFor } from './brake.ts'
import { keepToTheRules } from './keep.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const storage = await openTestStorage({ after })
const { config } = await testDatabase()
const { sql } = storage.database

/** As if the last round had been then. */
const lastSeen = (machine: number): Promise<unknown> => sql`
  insert into brake (seen_at) values (${new Date(machine)})
  on conflict (only_one) do update set seen_at = excluded.seen_at, held_for = null, held_at = null, released_until = null`
beforeEach(() => lastSeen(Date.now()).then(() => undefined))

/** Moves this process's clock, and so what is due, as a machine whose clock has jumped would. */
function jump(t: TestContext, days: number): void {
  t.after(() => shiftClock(0))
  shiftClock((days * DAY_MS) / 1000)
}

/** A letter that was deleted just now. */
async function deletedLetter(): Promise<{ accountId: number; itemId: number; isThere(): Promise<boolean> }> {
  const account = await storage.openAccount((await addPerson(storage, {}, createStandardMailboxes)).id)
  const inbox = (await findFolderByRole(account, MAIL, 'inbox')) as number
  const message = await prepareMessage(account, letter())
  const filing = { mailboxes: [inbox], keywords: [], receivedAt: new Date() }
  const { id } = await account.write((tx) => addMessage(tx, message, filing))
  await account.write((tx) => updateItems(tx, MAIL, [id], () => ({ folders: [] })))
  const isThere = async (): Promise<boolean> =>
    (await sql`select from item where account_id = ${account.id} and item_id = ${id}`).rowCount === 1
  return { accountId: account.id, itemId: id, isThere }
}

/** What the machine's clock says, from what it said at the last round and from the database's, in milliseconds. */
const JUMPS: [what: string, sinceLast: number, fromDatabase: number, held: HeldFor | undefined][] = [
  ['nothing', 5 * 60_000, 0, undefined],
  ['a night without the server', 12 * HOUR_MS, 0, undefined],
  ['six days without it', 6 * DAY_MS, 0, undefined],
  ['a second back', -1000, 0, undefined],
  ['a year ahead', 365 * DAY_MS, 0, 'clockWentAhead'],
  ['eight days ahead', 8 * DAY_MS, 0, 'clockWentAhead'],
  ['a year back', -365 * DAY_MS, 0, 'clockWentBack'],
  ['a day back', -DAY_MS, 0, 'clockWentBack'],
  ['two hours ahead of the database', 5 * 60_000, 2 * HOUR_MS, 'clocksDisagree'],
  ['a year behind it', 5 * 60_000, -365 * DAY_MS, 'clocksDisagree'],
]
for (const [what, sinceLast, fromDatabase, held] of JUMPS)
  test(`the brake after a jump of the clock: ${what}`, async () => {
    const machine = Date.now() + fromDatabase
    await lastSeen(machine - sinceLast)
    assert.equal(await heldFor(storage, config, machine), held)
    assert.equal(await heldFor(storage, config, machine), held, 'and again')
    assert.equal((await brakeState(storage))?.heldFor, held)
  })

for (const [what, days] of [
  ['ahead', 365],
  ['back', -365],
] as const)
  test(`a clock that jumps a year ${what} erases nothing early`, async (t) => {
    const { isThere } = await deletedLetter()
    const before = await keepToTheRules(storage, config, silent)
    assert.equal(before['held'], undefined)
    jump(t, days)
    assert.deepEqual(await keepToTheRules(storage, config, silent, { machine: Date.now() + days * DAY_MS }), {
      held: 1,
    })
    assert.ok(await isThere())
    // Back in its place, the clock is not trusted either until somebody has looked.
    jump(t, 0)
    assert.deepEqual(await keepToTheRules(storage, config, silent), { held: 1 })
    await releaseBrake(storage)
    assert.equal((await keepToTheRules(storage, config, silent))['held'], undefined)
    assert.ok(await isThere())
  })

test('a clock that jumps a year ahead ends no backup, until the operator says that it is right', async (t) => {
  const { target } = newTarget(t)
  const backUp = (days: number): ReturnType<typeof makeBackup> => {
    jump(t, days)
    const isHeld = async (): Promise<boolean> =>
      (await heldFor(storage, config, Date.now() + days * DAY_MS)) !== undefined
    return makeBackup({ storage, config, target, log: silent, isHeld })
  }
  const first = await backUp(0)
  assert.equal((await backUp(365)).ended, 0)
  assert.ok(await storage.keys.backupKey(first.id))
  jump(t, 0)
  await releaseBrake(storage)
  assert.equal((await backUp(0)).ended, 0)
  jump(t, 15)
  const made = await makeBackup({ storage, config, target, log: silent, isHeld: async () => false })
  assert.ok(made.ended >= 1)
  await assert.rejects(storage.keys.backupKey(first.id), { reason: 'notFound' })
})

test('a clock that was wrong while the server was off is noticed by how much is due at once', async (t) => {
  const { accountId, itemId, isThere } = await deletedLetter()
  await sql`
    insert into item (account_id, item_id, kind, thread_id, blob_id, size, flags, received_at, created_change, change, deleted_at)
    select account_id, item_id + n, kind, item_id + n, blob_id, size, flags, received_at, created_change, change, deleted_at
    from item, generate_series(1, 1000) as n where account_id = ${accountId} and item_id = ${itemId}`
  jump(t, 45.5)
  assert.deepEqual(await keepToTheRules(storage, config, silent), { held: 1 })
  assert.equal((await brakeState(storage))?.heldFor, 'tooManyItems')
  assert.ok(await isThere())
  await releaseBrake(storage)
  assert.ok((((await keepToTheRules(storage, config, silent))['deletedItems'] ?? 0) as number) > 1000)
  assert.ok(!(await isThere()))
})

test('days of the journal are held the same way', async (t) => {
  for (const days of [0, 1, 2, 3]) {
    jump(t, days)
    await storage.keys.dayKey()
  }
  jump(t, 60)
  assert.deepEqual(await keepToTheRules(storage, config, silent), { held: 1 })
  assert.equal((await brakeState(storage))?.heldFor, 'tooManyDays')
})

test('what was deleted by a clock that was ahead is counted from the release', async (t) => {
  jump(t, 365)
  const { accountId, itemId } = await deletedLetter()
  jump(t, 0)
  await heldFor(storage, config)
  await releaseBrake(storage)
  const { rows } = await sql<{ deleted_at: Date }>`
    select deleted_at from item where account_id = ${accountId} and item_id = ${itemId}`
  assert.ok(Math.abs((rows[0]?.deleted_at.getTime() ?? 0) - Date.now()) < 60_000)
})
