import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { findClosure } from '#accounts'
import { openJmapClient } from '#test/jmap'
import { addRecovery } from '#test/people'
import { startServer, type TestServer } from '#test/server'

const DAY_MS = 86_400_000

const server = await startServer({ after }, {}, ['http'])

/** Somebody who has an address outside, or none, and is signed in. */
async function open(at: TestServer, outside?: string) {
  const person = await at.createAccount()
  if (outside !== undefined) await addRecovery(at.storage, person, outside)
  return { person, client: await openJmapClient(at, person) }
}

interface Closing {
  reopenUntil: string
  forwardChoices: { days: number; until: string }[]
  recovery: string | null
}

async function closingOf({ client }: Awaited<ReturnType<typeof open>>): Promise<Closing> {
  const { list } = await client.call('Closing/get', { ids: null })
  return (list as Closing[])[0] as Closing
}

/** Whole days from the end of one time to that of another. */
const daysBetween = (from: string, to: string): number => Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS)

test('mail may be forwarded for the days of the settings, to an address outside that is proven', async () => {
  const anna = await open(server, 'anna@outside.example')
  const { forwardChoices, reopenUntil, recovery } = await closingOf(anna)
  assert.equal(recovery, 'a…@outside.example')
  assert.deepEqual(
    forwardChoices.map(({ days, until }) => [days, daysBetween(until, reopenUntil)]),
    [
      [30, 335],
      [90, 275],
    ],
  )
  const { password } = anna.person
  for (const forwardDays of [7, 0, -30, 366])
    assert.deepEqual(await anna.client.fail('Closing/close', { password, forwardDays }), {
      type: 'invalidArguments',
      description: 'forwardDays',
    })
  const done = await anna.client.call('Closing/close', { password, forwardDays: 30 })
  assert.equal(daysBetween(String(done['forwardUntil']), String(done['reopenUntil'])), 335)
  const closure = await findClosure(server.storage.database.sql, anna.person.id)
  assert.equal(closure?.forwardUntil?.toISOString().slice(0, 19), String(done['forwardUntil']).slice(0, 19))
})

test('who has no address outside is offered nothing, and mail is refused', async () => {
  const bea = await open(server)
  assert.deepEqual((await closingOf(bea)).forwardChoices, [])
  const { password } = bea.person
  assert.equal((await bea.client.fail('Closing/close', { password, forwardDays: 30 }))['description'], 'forwardDays')
  assert.equal((await bea.client.call('Closing/close', { password }))['forwardUntil'], null)
})

test('mail is never forwarded for longer than the account can be reopened, and not at all where the operator says so', async (t) => {
  const { closing } = server.config
  const short = await startServer(t, { closing: { ...closing, forwardDays: [366, 60, 30, 30] } }, ['http'])
  const days = (await closingOf(await open(short, 'carl@outside.example'))).forwardChoices.map((choice) => choice.days)
  assert.deepEqual(days, [30, 60])
  const none = await startServer(t, { closing: { ...closing, forwardDays: [] } }, ['http'])
  assert.deepEqual((await closingOf(await open(none, 'dora@outside.example'))).forwardChoices, [])
})
