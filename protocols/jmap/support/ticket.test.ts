import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { lookActs, supportActs } from '#trust/support'
import { Refusal } from '#system'
import { arrive, heldBy } from '#test/held'
import { openMailReader, type MailReader } from '#test/letters'
import { addAppPassword } from '#test/people'
import { basicAuth } from '#test/jmap'
import { promised } from '#test/promises'
import { startServer } from '#test/server'
import { silent } from '#test/cluster'
import { clockAtNoon } from '#test/clock'

type Json = Record<string, unknown>

const server = await startServer({ after }, {}, ['http'])
const { storage, config } = server

/** As the channel from the desk would: the form first, then the deed. */
async function act<Told = Json>(name: string, given: object, roles: readonly string[] = ['support']): Promise<Told> {
  const found = [...supportActs, ...lookActs].find((one) => one.name === name)
  assert.ok(found, name)
  const staff = { id: 7, roles: roles as ['support'] }
  return (await found.run({ storage, config, log: silent, staff }, found.given.parse(given))) as Told
}

async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'done'
  } catch (error) {
    if (!(error instanceof Refusal)) return (error as Error).name
    return [error.reason, ...error.fields].join(' ')
  }
}

const tomorrow = (): string => new Date(Date.now() + 86_400_000).toISOString()

const WHY = 'Looking for a letter of 12 November'

async function write(reader: MailReader, more: Json = {}): Promise<{ id: string; number: number }> {
  const given = { kind: 'delivery', subject: 'Ein Bescheid fehlt', text: 'Wo ist er geblieben?', ...more }
  const { created, notCreated } = await reader.call('Ticket/set', { create: { t: given } })
  assert.equal(notCreated, null, JSON.stringify(notCreated))
  return (created as { t: { id: string; number: number } }).t
}

const show = async (reader: MailReader, id: string): Promise<Json & { texts: Json[] }> =>
  ((await reader.call('Ticket/get', { ids: [id] }))['list'] as (Json & { texts: Json[] })[])[0] as Json & {
    texts: Json[]
  }

const accesses = async (reader: MailReader): Promise<Json[]> =>
  (await reader.call('AccessEntry/get', { ids: null }))['list'] as Json[]

test('what somebody writes is answered in the app and by mail, and stands there until its end', async () => {
  const reader = await openMailReader(server)
  const { id, number } = await write(reader)
  const listed = await act<Json[]>('ticket.list', { state: 'open' })
  const mine = listed.find((one) => one['number'] === number)
  assert.deepEqual([mine?.['subject'], mine?.['accountId']], ['Ein Bescheid fehlt', reader.person.id])
  assert.deepEqual(await accesses(reader), [], 'to read what was written to it is no look')
  const before = (await reader.call('Ticket/get', { ids: [] }))['state']
  await act('ticket.note', { number, text: 'Fragt freundlich.' })
  await act('ticket.answer', { number, text: 'Er liegt unter Unerwünscht.' })
  const answered = await show(reader, id)
  assert.equal(answered['state'], 'answered')
  assert.deepEqual(
    answered.texts.map(({ by, text }) => [by, text]),
    [
      ['person', 'Wo ist er geblieben?'],
      ['support', 'Er liegt unter Unerwünscht.'],
    ],
  )
  assert.notEqual((await reader.call('Ticket/get', { ids: [] }))['state'], before)
  await reader.call('Ticket/set', { update: { [id]: { answer: 'Danke!' } } })
  assert.equal((await show(reader, id))['state'], 'open')
  await reader.call('Ticket/set', { update: { [id]: { state: 'closed' } } })
  assert.equal((await show(reader, id))['state'], 'closed')
  assert.equal(await refusal(act('ticket.answer', { number, text: 'Noch etwas.' })), 'notFound')
  const { tickets } = await heldBy(reader)
  assert.equal(tickets?.count, 1)
})

test(promised(10), async () => {
  const reader = await openMailReader(server)
  const { number } = await write(reader)
  const look = (fields: string[], why = WHY) => act<{ found: Json }>('ticket.look', { number, why, fields })
  // Without a reason that says something, nothing is shown.
  assert.equal(await refusal(look(['state'], 'Support')), 'ZodError')
  const { found } = await look(['state', 'secondFactor'])
  assert.deepEqual(found, { state: 'open', secondFactor: false })
  const [seen] = await accesses(reader)
  assert.deepEqual(
    [seen?.['by'], seen?.['purpose'], seen?.['reference'], seen?.['fields']],
    ['support', 'support', `#${number}: ${WHY}`, ['state', 'secondFactor']],
  )
  // What needs the person's leave.
  for (const field of ['addresses', 'deliveries', 'settings', 'senders'])
    assert.equal(await refusal(look([field, 'state'])), `forbidden ${field}`)
  // What is for other purposes.
  for (const field of ['appeal', 'complaints', 'suspension'])
    assert.equal(await refusal(look([field])), `forbidden ${field}`)
  assert.equal((await accesses(reader)).length, 1, 'nothing was shown, so nothing was looked at')
})

test('what its owner allows is shown while it runs, and no subject with it', async () => {
  const reader = await openMailReader(server)
  await arrive(storage, reader.person, [])
  const grant = { fields: ['addresses', 'deliveries', 'settings', 'senders'], days: 7, until: tomorrow() }
  const { id, number } = await write(reader, { grant })
  const look = () => act<{ found: Json }>('ticket.look', { number, why: WHY, fields: grant.fields })
  const { found } = await look()
  assert.deepEqual(found['addresses'], [reader.person.address])
  const [delivery] = found['deliveries'] as Json[]
  assert.deepEqual([delivery?.['way'], delivery?.['fate']], ['in', 'inbox'])
  assert.doesNotMatch(JSON.stringify(found), /Held back|subject/i)
  await reader.call('Ticket/set', { update: { [id]: { grant: null } } })
  assert.match(await refusal(look()), /^forbidden/)
  const again = { ...grant, until: new Date(Date.now() + 31 * 86_400_000).toISOString() }
  const tooLong = await reader.call('Ticket/set', { update: { [id]: { grant: again } } })
  assert.ok((tooLong['notUpdated'] as Json)[id])
  await reader.call('Ticket/set', { update: { [id]: { grant } } })
  assert.ok((await look()).found)
  await act('ticket.close', { number })
  assert.match(await refusal(look()), /^forbidden/)
})

test('abuse and finance look at what their purpose needs, by an address, and each for its own alone', async () => {
  const reader = await openMailReader(server)
  const { address } = reader.person
  const look = (purpose: string, fields: string[], roles: string[]) =>
    act('account.look', { address, purpose, reference: 'Incident 4', fields }, roles)
  assert.deepEqual(await look('checks', ['state', 'complaints'], ['abuse']), { state: 'open', complaints: [] })
  assert.deepEqual(await look('payments', ['addresses'], ['finance']), { addresses: [address] })
  assert.deepEqual(
    (await accesses(reader)).map(({ by, purpose }) => [by, purpose]),
    [
      ['finance', 'payments'],
      ['abuse', 'checks'],
    ],
  )
  const refused: [purpose: string, fields: string[], roles: string[], said: string][] = [
    ['payments', ['addresses'], ['abuse'], 'forbidden purpose'],
    ['checks', ['state'], ['finance'], 'forbidden purpose'],
    ['support', ['state'], ['abuse', 'finance'], 'forbidden purpose'],
    ['requests', ['state'], ['abuse', 'finance'], 'forbidden purpose'],
    ['checks', ['addresses'], ['abuse'], 'forbidden addresses'],
    ['payments', ['deliveries'], ['finance'], 'forbidden deliveries'],
    ['checks', ['content'], ['abuse'], 'ZodError'],
  ]
  for (const [purpose, fields, roles, said] of refused) assert.equal(await refusal(look(purpose, fields, roles)), said)
  assert.equal((await accesses(reader)).length, 2)
})

test('nobody reads or changes the tickets of somebody else, and no app password does', async () => {
  const [anna, bert] = [await openMailReader(server), await openMailReader(server)]
  const { id } = await write(anna)
  assert.deepEqual((await bert.call('Ticket/get', { ids: [id] }))['list'], [])
  const patch = { update: { [id]: { answer: 'Mine' } } }
  assert.ok(((await bert.call('Ticket/set', patch))['notUpdated'] as Json)[id])
  assert.equal((await bert.fail('Ticket/get', { accountId: anna.accountId, ids: null }))['type'], 'accountNotFound')
  const { secret } = await addAppPassword(storage, anna.person)
  const authorization = basicAuth({ ...anna.person, password: secret })
  const session = await (await fetch(`${server.http}/.well-known/jmap`, { headers: { authorization } })).text()
  assert.doesNotMatch(session, /"accountCapabilities":\{[^}]*urn:zegel:support/)
})

const HOSTILE: [what: string, given: Json][] = [
  ['an empty subject', { subject: ' ' }],
  ['a megabyte', { text: 'a'.repeat(1 << 20) }],
  ['a kind that is none', { kind: 'content' }],
  ['leave for what no purpose shows', { grant: { fields: ['letters'], days: 1, until: tomorrow() } }],
  ['leave for a year back', { grant: { fields: ['deliveries'], days: 365, until: tomorrow() } }],
  ['leave that has ended', { grant: { fields: ['deliveries'], days: 1, until: '2020-01-01T00:00:00Z' } }],
]
for (const [what, given] of HOSTILE)
  test(`a ticket is refused with ${what}`, async () => {
    const reader = await openMailReader(server)
    const wished = { kind: 'other', subject: 'S', text: 'T', ...given }
    const { notCreated } = await reader.call('Ticket/set', { create: { t: wished } })
    assert.equal((notCreated as { t: Json }).t['type'], 'invalidProperties')
  })

test('a day has so many tickets and no more', async (t) => {
  clockAtNoon(t)
  const reader = await openMailReader(server)
  for (let i = 0; i < 10; i++) await write(reader)
  const eleventh = { create: { t: { kind: 'other', subject: 'S', text: 'T' } } }
  const { notCreated } = await reader.call('Ticket/set', eleventh)
  assert.equal((notCreated as { t: Json }).t['type'], 'rateLimit')
})
