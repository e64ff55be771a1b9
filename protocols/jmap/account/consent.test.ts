import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { keepVersions, numbersInForce, readPromises, recordConsent } from '#policy'
import { now, shiftClock } from '#system'
import { openJmapClient } from '#test/jmap'
import { startServer } from '#test/server'

type Json = Record<string, unknown>

const DAY_SECONDS = 86_400

async function open(t: TestContext) {
  const server = await startServer(t, {}, ['http'])
  const { sql } = server.storage.database
  const person = await server.createAccount()
  const client = await openJmapClient(server, person)
  const get = (): Promise<Json> => client.call('Consent/get')
  const consent = async (): Promise<Json> => ((await get())['list'] as Json[])[0] as Json
  const promises = readPromises(server.config)
  /** A version of the policy that the server does not have yet. */
  const change = (journalDays: number, noticeDays: number) =>
    keepVersions(server.storage.database, { ...promises, journal: { days: journalDays } }, noticeDays)
  return { server, sql, person, client, get, consent, change, inForce: await numbersInForce(sql) }
}

test('who was never asked is not asked, however often the policy changes', async (t) => {
  const { consent, change } = await open(t)
  const nothing = { id: 'singleton', agreed: { policy: null, terms: null }, toAgree: null, announced: [] }
  assert.deepEqual(await consent(), nothing)
  await change(7, 0)
  assert.deepEqual(await consent(), nothing)
})

test('a version is announced first, and agreed to once it is in force', async (t) => {
  t.after(() => shiftClock(0))
  const { sql, person, client, get, consent, change, inForce } = await open(t)
  await recordConsent(sql, person.id, inForce)
  const agreed = { id: 'singleton', agreed: inForce, toAgree: null, announced: [] }
  assert.deepEqual(await consent(), agreed)
  const states = [(await get())['state']]

  await change(7, 30)
  const later = { ...inForce, policy: inForce.policy + 1 }
  const { announced, ...others } = await consent()
  assert.deepEqual(others, { id: 'singleton', agreed: inForce, toAgree: null })
  const [next, ...further] = announced as Json[]
  assert.deepEqual([next?.['document'], next?.['version'], further], ['policy', later.policy, []])
  assert.ok(new Date(String(next?.['from'])) > now())
  assert.deepEqual(await client.fail('Consent/agree', later), CHANGED, 'it is not in force yet')
  states.push((await get())['state'])

  shiftClock(31 * DAY_SECONDS)
  assert.deepEqual(await consent(), { ...agreed, toAgree: later })
  states.push((await get())['state'])
  assert.deepEqual(await client.call('Consent/agree', later), { accountId: client.accountId })
  assert.deepEqual(await consent(), { ...agreed, agreed: later })
  states.push((await get())['state'])
  assert.equal(new Set(states).size, states.length)

  const times = async () =>
    (await sql<{ agreed_at: Date }>`select agreed_at from consent where account_id = ${person.id} order by 1`).rows
  const before = await times()
  await client.call('Consent/agree', later)
  assert.deepEqual(await times(), before, 'the second time changes nothing')
})

const CHANGED = { type: 'invalidArguments', description: 'consent.changed' }
const refused: [mistake: string, agree: (inForce: { policy: number; terms: number }) => Json, error: Json][] = [
  ['an older version', ({ policy, terms }) => ({ policy: policy - 1, terms }), CHANGED],
  ['a version that nobody has seen', ({ policy, terms }) => ({ policy, terms: terms + 1 }), CHANGED],
  ['a number that no column holds', ({ terms }) => ({ policy: Number.MAX_SAFE_INTEGER, terms }), CHANGED],
  ['half of it', ({ policy }) => ({ policy }), { type: 'invalidArguments' }],
  ['text', ({ policy, terms }) => ({ policy: String(policy), terms }), { type: 'invalidArguments' }],
  ['a fraction', ({ policy, terms }) => ({ policy: policy + 0.5, terms }), { type: 'invalidArguments' }],
]
test('only the versions in force are agreed to, and each account for itself', async (t) => {
  const { server, sql, person, client, consent, inForce } = await open(t)
  for (const [mistake, agree, error] of refused)
    await t.test(mistake, async () => {
      const { type, description } = await client.fail('Consent/agree', agree(inForce))
      assert.deepEqual({ type, ...('description' in error ? { description } : {}) }, error)
    })
  const stranger = await openJmapClient(server, await server.createAccount())
  const { type } = await stranger.fail('Consent/agree', { accountId: client.accountId, ...inForce })
  assert.equal(type, 'accountNotFound')
  assert.deepEqual((await consent())['agreed'], { policy: null, terms: null })
  assert.equal((await sql`select from consent where account_id = ${person.id}`).rows.length, 0)
})
