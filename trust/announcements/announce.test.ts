import assert from 'node:assert/strict'
import { after, test, type TestContext } from 'node:test'
import { createStandardMailboxes } from '#mail'
import { listQueue, showOwnLetter } from '#mail/outbound'
import { documents, keepVersions, readPromises } from '#policy'
import { shiftClock } from '#system'
import { openTestStorage } from '#test/database'
import { addPerson } from '#test/people'
import { announceVersions } from './index.ts'

const DAY_SECONDS = 86_400
const promises = readPromises({ policy: { noticeDays: 30 } })
const storage = await openTestStorage({ after })
const config = { hostname: 'zegel.test' }

async function lettersInQueue(): Promise<string[]> {
  const shown = await Promise.all((await listQueue(storage)).map(({ id }) => showOwnLetter(storage, id)))
  return shown.map(
    ({ fields, text }) => `${fields.map(({ name, value }) => `${name}: ${value}`).join('\n')}\n\n${text}`,
  )
}

function passDays(t: TestContext, days: number): void {
  t.after(() => shiftClock(0))
  shiftClock(days * DAY_SECONDS)
}

test('everybody who is here when new promises are announced is told once, in their language, with what changes', async (t) => {
  await keepVersions(storage.database, promises, 30)
  const german = await addPerson(storage, { language: 'de' }, createStandardMailboxes)
  const dutch = await addPerson(storage, { language: 'nl' }, createStandardMailboxes)
  const closed = await addPerson(storage, {}, createStandardMailboxes)
  await storage.database.sql`update account set state = 'closed' where account_id = ${closed.id}`
  assert.deepEqual(await announceVersions(storage, config), { told: 0 }, 'nothing is announced')

  passDays(t, 1)
  await keepVersions(storage.database, { ...promises, journal: { days: 7 } }, 30)
  passDays(t, 2)
  await addPerson(storage, {}, createStandardMailboxes)
  assert.deepEqual(await announceVersions(storage, config, 1), { told: 1 })
  const rounds = await Promise.all([announceVersions(storage, config), announceVersions(storage, config)])
  assert.equal(
    rounds.reduce((sum, { told }) => sum + told, 0),
    1,
    'two workers at once tell each once',
  )
  assert.deepEqual(await announceVersions(storage, config), { told: 0 })

  const letters = await lettersInQueue()
  assert.equal(letters.length, 2)
  const [toGerman, toDutch] = [german, dutch].map(({ address }) => letters.find((each) => each.includes(address)) ?? '')
  assert.match(toGerman ?? '', /bleibt höchstens 7 Tage; bisher waren es 30/)
  assert.match(toDutch ?? '', /blijft hooguit 7 dagen; eerder was dat 30/)
  assert.ok(toGerman?.includes(`https://zegel.test/de/policy/versions/${documents.policy.version + 1}`))
  assert.doesNotMatch(letters.join('\n'), /[{}]|undefined/)
})
