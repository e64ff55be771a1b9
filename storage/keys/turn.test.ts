/** Turning the epoch, killed wherever it can be: what opens before opens after, and nothing is said to be destroyed that is not. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { epochDestroyedAt, turnEpoch, type Sql } from '#storage'
import { asAdministrator } from '#test/cluster'
import { openTestStorage, testDatabase } from '#test/database'
import { killWhen, someoneWaits } from '#test/killed'
import { addPerson } from '#test/people'
import { readEpochs } from './masterkey.ts'

const storage = await openTestStorage({ after })
const { config, url } = await testDatabase()
const { id } = await addPerson(storage)
const sealed = (await storage.openAccount(id)).seal('item', 1, 'letter')
const epochs = (): number[] => [...readEpochs(config.keyFile).keys()]

async function epochOfDatabase(): Promise<number> {
  const { rows } = await storage.database.sql<{ epoch: number }>`select epoch from keys.epoch`
  return (rows[0] as { epoch: number }).epoch
}

/** All that was sealed opens, and the next turn goes through. */
async function goesOn(destroyedBefore: number): Promise<void> {
  storage.forget(id)
  assert.equal((await storage.openAccount(id)).open('item', 1, sealed).toString(), 'letter')
  assert.equal(await epochDestroyedAt(storage.database.sql, destroyedBefore), undefined, 'not said to be destroyed')
  const { epoch } = await turnEpoch(storage.database, config.keyFile)
  assert.deepEqual(epochs(), [epoch])
  assert.ok(await epochDestroyedAt(storage.database.sql, destroyedBefore))
  storage.forget(id)
  assert.equal((await storage.openAccount(id)).open('item', 1, sealed).toString(), 'letter')
}

const TURN = `
  import { turnEpoch } from '#storage'
  await turnEpoch(storage.database, config.keyFile, async () => { say(); await heard() })`

/** Holds a row while something runs, and lets go of it when it has ended. */
const holding = (lock: (sql: Sql) => Promise<unknown>, work: () => Promise<void>): Promise<void> =>
  storage.database.transaction(async (sql) => {
    await lock(sql)
    await work()
  })

test('killed while keys are wrapped anew: the key file opens both, the database is as it was', async () => {
  const before = await epochOfDatabase()
  await holding(
    (sql) => sql`select from keys.wrap where place = ${`account/${id}/server`} for update`,
    () => killWhen(TURN, async () => epochs().length === 2 && (await someoneWaits(storage))),
  )
  assert.deepEqual([epochs().length, await epochOfDatabase()], [2, before])
  await goesOn(before)
})

test('killed before the copy of the keys is written: the old epoch stays, for the copy is still of it', async () => {
  const before = await epochOfDatabase()
  await killWhen(TURN, async (dots) => dots > 0)
  assert.deepEqual([epochs(), await epochOfDatabase()], [[before, before + 1], before + 1])
  await goesOn(before)
})

test('killed when the old epoch is gone and that has not been written down: it is said after the next turn', async () => {
  const before = await epochOfDatabase()
  let isHeld = false
  let release = (): void => undefined
  let held = Promise.resolve()
  await killWhen(TURN, async (dots, go) => {
    if (dots === 0) return false
    if (!isHeld) {
      isHeld = true
      const locked = Promise.withResolvers<void>()
      held = holding(
        (sql) => sql`select from keys.epoch for update`,
        () => {
          locked.resolve()
          return new Promise((resolve) => (release = () => resolve(undefined)))
        },
      )
      await locked.promise
      go()
    }
    return epochs().length === 1 && (await someoneWaits(storage))
  })
  // The power cut takes the database's session with it, which would still do what it was last asked for.
  await asAdministrator(
    url,
    `select pg_terminate_backend(pid, 10000) from pg_stat_activity
      where datname = '${new URL(url).searchParams.get('db')}' and wait_event_type = 'Lock'`,
  )
  release()
  await held
  assert.deepEqual([epochs(), await epochOfDatabase()], [[before + 1], before + 1])
  await goesOn(before)
})
