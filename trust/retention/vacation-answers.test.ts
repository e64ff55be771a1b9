import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { addRecord, readRecords } from '#items'
import { ANSWER } from '#mail/vacation'
import { now } from '#system'
import { clockAtNoon } from '#test/clock'
import { openTestStorage, testDatabase } from '#test/database'
import { addPerson } from '#test/people'
import { RULES } from './rules.ts'

const { config } = await testDatabase()
const storage = await openTestStorage({ after })

test('who was told that somebody is away is forgotten when they may be told again, and not before', async (t) => {
  const pass = clockAtNoon(t)
  const account = await storage.openAccount((await addPerson(storage)).id)
  const dueAt = new Date(+now() + 7 * 86_400_000)
  await account.write((tx) => addRecord(tx, { kind: ANSWER, value: null, lookup: 'x', dueAt }))
  const destroy = RULES.find(({ name }) => name === 'vacationAnswers')?.destroy
  assert.ok(destroy)
  assert.equal(await destroy(storage, config), 0)
  pass(7.1 * 86_400)
  assert.equal(await destroy(storage, config), 1)
  assert.deepEqual(await readRecords(account, ANSWER, null), [])
})
