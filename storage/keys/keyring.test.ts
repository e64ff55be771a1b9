import { after, test } from 'node:test'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { newAccountId, openStorage, startDatabase, turnEpoch } from '#storage'
import { openTestStorage, testDatabase } from '#test/database'
import { addPerson } from '#test/people'
import { silent } from '#test/cluster'
import { newEpochKey, readEpochs, writeEpochs } from './masterkey.ts'

const storage = await openTestStorage({ after })
const { config, url } = await testDatabase()

test('after the epoch has turned, everything opens and the old epoch opens nothing', async () => {
  const id = (await addPerson(storage)).id
  const sealed = (await storage.openAccount(id)).seal('item', 1, 'letter')
  const old = readEpochs(config.keyFile)
  const { epoch, wraps } = await turnEpoch(storage.database, config.keyFile)
  assert.ok(wraps >= 4, 'service keys and the account')
  assert.deepEqual([...readEpochs(config.keyFile).keys()], [epoch])
  assert.ok(!readFileSync(config.keyFile, 'utf8').includes([...old.values()].at(-1)?.toString('base64url') as string))

  storage.forget(id)
  assert.equal((await storage.openAccount(id)).open('item', 1, sealed).toString(), 'letter')
  const { rows } = await storage.database.sql<{
    old: number
  }>`select count(*)::int as old from keys.wrap where epoch <> ${epoch}`
  assert.equal(rows[0]?.old, 0)
})

test('a process that read the key file before the turn goes on', async (t) => {
  const other = await openStorage(config, url, 'zegel_app', silent)
  t.after(() => other.close())
  const id = (await addPerson(storage)).id
  const sealed = (await storage.openAccount(id)).seal('item', 1, 'letter')
  await turnEpoch(storage.database, config.keyFile)
  assert.equal((await other.openAccount(id)).open('item', 1, sealed).toString(), 'letter')
  const made = await other.database.transaction((sql) => other.keys.newAccountKey(sql, newAccountId()))
  assert.equal(made.length, 32)
})

test('an account whose wrap is gone does not open any more', async () => {
  const id = (await addPerson(storage)).id
  await storage.database.sql`delete from keys.wrap where place = ${`account/${id}/server`}`
  await assert.rejects(storage.openAccount(id), { reason: 'notFound' })
})

test('a service key keeps its purpose', async () => {
  const directory = await storage.keys.serviceKey('directory')
  const sessions = await storage.keys.serviceKey('sessions')
  assert.notDeepEqual(directory.hash('x'), sessions.hash('x'))
  assert.throws(() => sessions.open('p', directory.seal('p', 'x')))
})

test('under another master key no key is made, and none is changed', async (t) => {
  const { sql } = storage.database
  const wraps = async (): Promise<string> =>
    JSON.stringify((await sql`select place, epoch, encode(wrapped, 'hex') as wrapped from keys.wrap order by 1`).rows)
  // One that a start would make.
  const { rows } = await sql<{ epoch: number; wrapped: Buffer }>`
    delete from keys.wrap where place = 'service/reports' returning epoch, wrapped`
  const [reports] = rows as [(typeof rows)[number]]
  t.after(
    () =>
      sql`insert into keys.wrap (place, epoch, wrapped) values ('service/reports', ${reports.epoch}, ${reports.wrapped})`,
  )
  const before = await wraps()
  const keyFile = `${config.keyFile}.other`
  writeEpochs(keyFile, new Map([[reports.epoch, newEpochKey()]]))
  const elsewhere = { ...config, keyFile, database: { url } }
  await assert.rejects(startDatabase(elsewhere, silent), {
    reason: 'invalid',
    fields: [`${keyFile}: not the master key that this database is sealed under`],
  })
  assert.equal(await wraps(), before)
})
