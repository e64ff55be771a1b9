import assert from 'node:assert/strict'
import { after, test, type TestContext } from 'node:test'
import { accountState, checkPassword, openSession, signInClient } from '#accounts'
import { createStandardMailboxes } from '#mail'
import { listQueue } from '#mail/outbound'
import { clockAtNoon } from '#test/clock'
import { openTestStorage, testDatabase } from '#test/database'
import { addPerson, addRecovery, type Person } from '#test/people'
import { closeIdle } from './index.ts'

const storage = await openTestStorage({ after })
const { config: shipped } = await testDatabase()
const config = { ...shipped, idle: { months: 12, noticeDays: [60, 30, 7] } }
const { sql } = storage.database
const DAY_SECONDS = 86_400

let count = 0

/** A new person, and the way to let days pass: what the job then does. */
async function idler(
  t: TestContext,
): Promise<{ person: Person; domain: string; inDays(days: number): Promise<object> }> {
  await sql`update account set last_used_on = '9999-01-01'`
  const pass = clockAtNoon(t)
  const person = await addPerson(storage, {}, createStandardMailboxes)
  const domain = `idle${++count}.example`
  await addRecovery(storage, person, `me@${domain}`)
  let day = 0
  return {
    person,
    domain,
    async inDays(days) {
      pass((days - day) * DAY_SECONDS)
      day = days
      return closeIdle(storage, config)
    },
  }
}

const lettersTo = async (domain: string): Promise<number> =>
  (await listQueue(storage)).filter(({ destinations }) => destinations.includes(domain)).length

const nothing = { noticed: 0, closed: 0 }
const noticed = { noticed: 1, closed: 0 }

test('an account that nobody uses is closed after a year, and told of it three times', async (t) => {
  const { person, domain, inDays } = await idler(t)
  assert.deepEqual(await inDays(304), nothing)
  assert.deepEqual(await inDays(306), noticed)
  assert.deepEqual(await inDays(307), nothing)
  assert.deepEqual(await inDays(336), noticed)
  assert.deepEqual(await inDays(359), noticed)
  assert.deepEqual(await inDays(364), nothing)
  assert.deepEqual(await inDays(366.1), { noticed: 0, closed: 1 })
  assert.equal(await accountState(sql, person.id), 'closed')
  assert.equal(await lettersTo(domain), 4)
})

test('however late the first notice, nobody is closed sooner than it says', async (t) => {
  const { person, inDays } = await idler(t)
  assert.deepEqual(await inDays(3000), noticed)
  assert.deepEqual(await inDays(3000.1), nothing)
  assert.deepEqual(await inDays(3030.1), noticed)
  assert.deepEqual(await inDays(3053.2), noticed)
  assert.deepEqual(await inDays(3060), nothing)
  assert.deepEqual(await inDays(3060.3), { noticed: 0, closed: 1 })
  assert.equal(await accountState(sql, person.id), 'closed')
})

const uses: [how: string, use: (person: Person) => Promise<unknown>][] = [
  ['in a browser', (person) => openSession(storage, { accountId: person.id, kind: 'cookie' })],
  [
    'with a mail program',
    ({ address, password }) => signInClient(storage, { address, password, network: '192.0.2.0/24', scope: 'mail' }),
  ],
]
for (const [how, use] of uses)
  test(`whoever signs in ${how} after a notice keeps the account`, async (t) => {
    const { person, inDays } = await idler(t)
    assert.deepEqual(await inDays(306), noticed)
    await use(person)
    assert.deepEqual(await inDays(400), nothing)
    assert.deepEqual(await inDays(306 + 306), noticed)
    assert.equal(await accountState(sql, person.id), 'open')
  })

test('a wrong password is no use of an account', async (t) => {
  const { person, inDays } = await idler(t)
  await inDays(306)
  const guess = { address: person.address, password: 'wrong', network: '192.0.2.0/24' }
  await assert.rejects(checkPassword(storage, guess), { reason: 'badCredentials' })
  assert.deepEqual(await inDays(336.1), noticed)
})

test('two that look at once tell once', async (t) => {
  const { domain, inDays } = await idler(t)
  await Promise.all([inDays(306), inDays(306)])
  assert.equal(await lettersTo(domain), 1)
})

test('an operator is never idle, and without the setting nobody is', async (t) => {
  const { person, inDays } = await idler(t)
  await sql`update account set is_operator = true where account_id = ${person.id}`
  assert.deepEqual(await inDays(4000), nothing)
  await sql`update account set is_operator = false where account_id = ${person.id}`
  assert.deepEqual(await closeIdle(storage, shipped), nothing)
})
