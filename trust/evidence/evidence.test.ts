import assert from 'node:assert/strict'
import { after, test, type TestContext } from 'node:test'
import { createStandardMailboxes, MAIL, addMessage, prepareMessage } from '#mail'
import { findFolderByRole, updateItems } from '#items'
import { turnEpoch, type OpenAccount } from '#storage'
import { shiftClock } from '#system'
import { clockAtNoon } from '#test/clock'
import { openTestStorage, testDatabase } from '#test/database'
import { newKeyholder, promisesWith, publishSigned } from '#test/keyholders'
import { letter } from '#test/letters'
import { addPerson } from '#test/people'
import { measureAll, readEvidence, type Evidence, type MeasureName } from './index.ts'

const DAY_SECONDS = 86_400
const storage = await openTestStorage({ after })
const { config } = await testDatabase()

async function measure(name: MeasureName): Promise<Evidence> {
  await measureAll(storage, config)
  const found = (await readEvidence(storage))[name]
  assert.ok(found)
  return found
}

function measureIn(t: TestContext, days: number, name: MeasureName): Promise<Evidence> {
  t.after(() => shiftClock(0))
  shiftClock(days * DAY_SECONDS)
  return measure(name)
}

async function deletedLetter(): Promise<OpenAccount> {
  const account = await storage.openAccount((await addPerson(storage, {}, createStandardMailboxes)).id)
  const inbox = (await findFolderByRole(account, MAIL, 'inbox')) as number
  const message = await prepareMessage(account, letter())
  const { id } = await account.write((tx) =>
    addMessage(tx, message, { mailboxes: [inbox], keywords: [], receivedAt: new Date() }),
  )
  await account.write((tx) => updateItems(tx, MAIL, [id], () => ({ folders: [] })))
  return account
}

test('what was deleted is measured by its age: kept to the last day, late for a day, then broken', async (t) => {
  await deletedLetter()
  for (const [days, state] of [
    [0, 'kept'],
    [44.9, 'kept'],
    [45.5, 'late'],
    [46.5, 'broken'],
  ] as const) {
    const found = await measureIn(t, days, 'deleted')
    assert.equal(found.state, state, `after ${days} days`)
    assert.ok(Math.abs(Number(found.facts['oldestSeconds']) - days * DAY_SECONDS) < 600)
    assert.ok(Number(found.facts['waiting']) >= 1)
  }
})

test('the journal is measured by its columns and its oldest day', async (t) => {
  const pass = clockAtNoon(t)
  await storage.keys.dayKey()
  const found = await measure('journal')
  assert.equal(found.state, 'kept')
  assert.deepEqual([found.facts['columns'], found.facts['areColumnsPromised']], [8, 1])
  for (const [days, state] of [
    [29.4, 'kept'],
    [0.7, 'late'],
    [1.5, 'broken'],
  ] as const) {
    pass(days * DAY_SECONDS)
    assert.equal((await measure('journal')).state, state)
  }
})

test('keys are measured by their epoch, and a turn that does not come is noticed', async (t) => {
  const before = await measure('keys')
  assert.equal(before.state, 'kept')
  const { epoch } = await turnEpoch(storage.database, config.keyFile)
  const { facts } = await measure('keys')
  assert.deepEqual([facts['epoch'], facts['old']], [epoch, 0])
  assert.equal((await measureIn(t, 10, 'keys')).state, 'kept')
  assert.equal((await measureIn(t, 12, 'keys')).state, 'late')
})

test('a canary is kept while it is fresh, and broken when it is stale or missing; where none is promised there is none to break', async (t) => {
  assert.deepEqual((await measure('canary')).state, 'kept')
  const keyholders = ['Saskia', 'Driss', 'Ilse'].map(newKeyholder)
  const settings = { ...config, policy: promisesWith(config, keyholders) }
  const measured = async (days: number): Promise<Evidence | undefined> => {
    shiftClock(days * DAY_SECONDS)
    await measureAll(storage, settings)
    return (await readEvidence(storage)).canary
  }
  t.after(() => shiftClock(0))
  assert.equal((await measured(0))?.state, 'broken')
  await publishSigned(storage, settings, keyholders.slice(1))
  const fresh = await measured(13)
  assert.deepEqual([fresh?.state, fresh?.facts['signed'], fresh?.facts['keyholders']], ['kept', 2, 3])
  assert.equal((await measured(15))?.state, 'broken')
})

test('nothing but numbers and times stands in the evidence', async () => {
  await measure('deleted')
  for (const { facts } of Object.values(await readEvidence(storage)))
    for (const [name, value] of Object.entries(facts))
      assert.ok(
        value === null || typeof value === 'number' || /^\d{4}-\d\d-\d\d(T[\d:.]+Z)?$/.test(value),
        `${name} is ${value}`,
      )
})
