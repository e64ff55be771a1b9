import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  accountState,
  findSession,
  findSuspension,
  listAppeals,
  openSession,
  resumeAccount,
  stopAccount,
} from '#accounts'
import { listQueue, showOwnLetter } from '#mail/outbound'
import { shiftClock } from '#system'
import { openJmapClient } from '#test/jmap'
import { addRecovery, type Person } from '#test/people'
import { startServer } from '#test/server'
import { keep, lift, liftLapsed, suspend } from './index.ts'

const server = await startServer({ after }, {}, ['http'])
const { storage, config } = server
const { sql } = storage.database
const DAY_SECONDS = 86_400

let count = 0
async function suspended(): Promise<{ person: Person; domain: string }> {
  const person = await server.createAccount()
  const domain = `suspended${++count}.example`
  await addRecovery(storage, person, `me@${domain}`)
  assert.equal(await suspend(storage, config, person.id, 'advertising'), true)
  return { person, domain }
}

/** The service's letters to a domain, the oldest first. */
async function lettersTo(domain: string): Promise<string[]> {
  const own = (await listQueue(storage)).filter(({ destinations }) => destinations.includes(domain))
  return Promise.all(own.map(async ({ id }) => (await showOwnLetter(storage, id)).text))
}

test('a suspended account reads, sees the rule, appeals once, and has its answer', async () => {
  const { person, domain } = await suspended()
  assert.equal(await accountState(sql, person.id), 'suspended')
  assert.match((await lettersTo(domain))[0] ?? '', /No advertising to people who do not want it/)
  const { token } = await openSession(storage, { accountId: person.id, kind: 'bearer' })
  assert.ok(await findSession(storage, token), 'it signs in as before')

  const jmap = await openJmapClient(server, person)
  const shown = async () => ((await jmap.call('Suspension/get', {}))['list'] as Record<string, unknown>[])[0]
  assert.deepEqual([(await shown())?.['rule'], (await shown())?.['decideBy']], ['advertising', null])
  assert.equal((await jmap.fail('Suspension/appeal', { text: '  ' }))['type'], 'invalidArguments')
  assert.equal((await jmap.fail('Suspension/appeal', { text: 'x'.repeat(4001) }))['type'], 'invalidArguments')
  await jmap.call('Suspension/appeal', { text: 'It was our newsletter, asked for.' })
  assert.equal((await jmap.fail('Suspension/appeal', { text: 'Again.' }))['description'], 'expired')
  const [appeal] = (await listAppeals(storage)).filter(({ accountId }) => accountId === person.id)
  assert.deepEqual([appeal?.address, appeal?.text], [person.address, 'It was our newsletter, asked for.'])
  const { rows } = await sql<{ row: string }>`
    select s::text as row from suspension s where account_id = ${person.id}`
  assert.doesNotMatch(rows[0]?.row ?? '', new RegExp(Buffer.from('newsletter').toString('hex')), 'the words are sealed')

  await keep(storage, config, person.id, 'Nobody had asked for it.')
  assert.equal((await shown())?.['reason'], 'Nobody had asked for it.')
  assert.equal(await accountState(sql, person.id), 'suspended')
  await assert.rejects(keep(storage, config, person.id, 'Once more.'), { reason: 'notFound' })
})

test('an appeal that nobody decides in time lifts the suspension by itself', async (t) => {
  t.after(() => shiftClock(0))
  const { person, domain } = await suspended()
  const jmap = await openJmapClient(server, person)
  await jmap.call('Suspension/appeal', { text: 'No.' })
  shiftClock(13.9 * DAY_SECONDS)
  assert.equal(await liftLapsed(storage, config), 0)
  shiftClock(14.1 * DAY_SECONDS)
  await assert.rejects(keep(storage, config, person.id, 'Too late.'), { reason: 'notFound' })
  assert.deepEqual((await Promise.all([liftLapsed(storage, config), liftLapsed(storage, config)])).toSorted(), [0, 1])
  assert.equal(await accountState(sql, person.id), 'open')
  assert.equal((await lettersTo(domain)).filter((text) => /^The suspension of/.test(text)).length, 1)
})

test('without an appeal, or with one that was turned down, no clock runs', async (t) => {
  t.after(() => shiftClock(0))
  const [silent, turnedDown] = [await suspended(), await suspended()]
  await (await openJmapClient(server, turnedDown.person)).call('Suspension/appeal', { text: 'No.' })
  await keep(storage, config, turnedDown.person.id, 'Yes.')
  shiftClock(400 * DAY_SECONDS)
  assert.equal(await liftLapsed(storage, config), 0)
  for (const { person } of [silent, turnedDown]) assert.equal(await accountState(sql, person.id), 'suspended')
})

test('the operator lifts a suspension, and suspends nobody twice', async () => {
  const { person } = await suspended()
  assert.equal(await suspend(storage, config, person.id, 'fraud'), false)
  assert.equal(await lift(storage, config, person.id), true)
  assert.equal(await lift(storage, config, person.id), false)
  assert.equal(await accountState(sql, person.id), 'open')
  assert.equal(await suspend(storage, config, person.id, 'fraud'), true)
  assert.equal(await resumeAccount(sql, person.id), true)
  assert.equal(await findSuspension(await storage.openAccount(person.id)), undefined)
})

test('what the service itself has stopped becomes the operator’s suspension when they say so', async () => {
  const person = await server.createAccount()
  await stopAccount(storage, person.id, ['burst'], async () => undefined)
  const jmap = await openJmapClient(server, person)
  assert.deepEqual((await jmap.call('Suspension/get', {}))['list'], [])
  assert.equal((await jmap.fail('Suspension/appeal', { text: 'No.' }))['description'], 'expired')
  assert.equal(await suspend(storage, config, person.id, 'fraud'), true)
  const { rows } = await sql<{ stopped_at: Date | null }>`
    select stopped_at from account where account_id = ${person.id}`
  assert.equal(rows[0]?.stopped_at, null, 'a new password does not lift it')
})
