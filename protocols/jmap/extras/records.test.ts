import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { rememberCorrespondents } from '#mail/correspondents'
import { openMailReader, type MailReader } from '#test/letters'
import { startServer } from '#test/server'

type Json = Record<string, unknown>
const server = await startServer({ after }, {}, ['http'])
const open = (): Promise<MailReader> => openMailReader(server)

const all = async (reader: MailReader, type: string): Promise<Json[]> =>
  (await reader.call(`${type}/get`, { ids: null }))['list'] as Json[]

async function create(reader: MailReader, type: string, given: Json): Promise<Json & { id: string }> {
  const { created, notCreated } = await reader.call(`${type}/set`, { create: { k: given } })
  assert.equal(notCreated, null, JSON.stringify(notCreated))
  return (created as { k: Json & { id: string } }).k
}

async function refused(reader: MailReader, type: string, given: Json): Promise<Json> {
  const { notCreated } = await reader.call(`${type}/set`, { create: { k: given } })
  return (notCreated as { k: Json }).k
}

/** For each type: what is created, how it is changed, and what is shown beyond that. */
const types: Record<string, { given(reader: MailReader): Promise<Json>; patch: Json | undefined; shown: Json }> = {
  Template: {
    given: async () => ({ name: 'Angebot', subject: 'Unser Angebot', text: 'Guten Tag' }),
    patch: { text: 'Guten Abend' },
    shown: { html: '' },
  },
  Note: {
    given: async (reader) => ({ emailId: await reader.file('inbox'), text: 'Ruf sie an' }),
    patch: { text: 'Erledigt' },
    shown: {},
  },
  BlockedSender: {
    given: async () => ({ address: 'Spam@Example.org' }),
    patch: undefined,
    shown: { address: 'spam@example.org' },
  },
  TrustedSender: {
    given: async () => ({ address: 'Post@Example.org' }),
    patch: undefined,
    shown: { address: 'post@example.org' },
  },
  Identity: {
    given: async (reader) => {
      const [own] = await all(reader, 'Identity')
      return { email: String(own?.['email']).replace('@', '+choir@'), name: 'Anna', htmlSignature: '<b>A</b>' }
    },
    patch: { textSignature: '-- Anna', replyTo: [{ name: null, email: 'anna@example.org' }] },
    shown: { bcc: null, mayDelete: true },
  },
}

for (const [type, { given, patch, shown }] of Object.entries(types))
  test(`a ${type} is created, read, changed, told of and removed`, async () => {
    const reader = await open()
    const wished = await given(reader)
    const before = String((await reader.call(`${type}/get`))['state'])
    const made = await create(reader, type, wished)
    const { createdAt, ...read } = (await all(reader, type)).find(({ id }) => id === made.id) as Json
    assert.deepEqual(read, { ...read, ...wished, ...shown, id: made.id })
    if (createdAt !== undefined) assert.match(createdAt as string, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)

    const changes = await reader.call(`${type}/changes`, { sinceState: before })
    assert.deepEqual(changes['created'], [made.id])
    if (patch !== undefined) {
      const set = await reader.call(`${type}/set`, { update: { [made.id]: patch } })
      assert.deepEqual(set['updated'], { [made.id]: null })
      const [after] = (await reader.call(`${type}/get`, { ids: [made.id] }))['list'] as Json[]
      assert.deepEqual(after, { ...after, ...patch })
    }
    const state = String((await reader.call(`${type}/get`))['state'])
    assert.deepEqual((await reader.call(`${type}/set`, { destroy: [made.id] }))['destroyed'], [made.id])
    assert.deepEqual((await reader.call(`${type}/changes`, { sinceState: state }))['destroyed'], [made.id])
    assert.deepEqual((await reader.call(`${type}/get`, { ids: [made.id] }))['notFound'], [made.id])
  })

test('nobody reads, changes or removes what is of another account', async () => {
  const [mine, theirs] = [await open(), await open()]
  for (const [type, { given }] of Object.entries(types)) {
    const { id } = await create(theirs, type, await given(theirs))
    assert.deepEqual((await mine.call(`${type}/get`, { ids: [id] }))['notFound'], [id])
    const set = await mine.call(`${type}/set`, { update: { [id]: {} }, destroy: [`${id}0`, 'x'] })
    assert.deepEqual(set['notUpdated'], { [id]: { type: 'notFound' } })
    assert.deepEqual(set['notDestroyed'], { [`${id}0`]: { type: 'notFound' }, x: { type: 'notFound' } })
    assert.equal((await mine.fail(`${type}/get`, { accountId: theirs.accountId }))['type'], 'accountNotFound')
  }
  const emailId = await theirs.file('inbox')
  assert.deepEqual((await refused(mine, 'Note', { emailId, text: 'x' }))['properties'], ['emailId'])
})

const wrong: [mistake: string, type: string, given: Json, properties: string[]][] = [
  ['a template without a name', 'Template', { name: ' ' }, ['name']],
  ['a template with a number for its text', 'Template', { name: 'x', text: 1 }, ['text']],
  ['a template too large', 'Template', { name: 'x', html: 'x'.repeat(262_145) }, ['html']],
  ['a property there is none of', 'Template', { name: 'x', color: 1 }, ['color']],
  ['an id of one’s own', 'Template', { name: 'x', id: 'P1' }, ['id']],
  ['a note without text', 'Note', { emailId: 'M1', text: '' }, ['text']],
  ['a note longer than allowed', 'Note', { emailId: 'M1', text: 'x'.repeat(20_001) }, ['text']],
  ['a note on no message', 'Note', { emailId: 'M1', text: 'x' }, ['emailId']],
  ['a blocked sender that is no address', 'BlockedSender', { address: 'somebody' }, ['address']],
  ['a blocked domain that is none', 'BlockedSender', { address: '@exam ple' }, ['address']],
  ['everybody blocked', 'BlockedSender', { address: '@' }, ['address']],
  ['a trusted sender that is no address', 'TrustedSender', { address: 'somebody' }, ['address']],
  ['a whole domain trusted', 'TrustedSender', { address: '@example.org' }, ['address']],
  ['a line end in a trusted address', 'TrustedSender', { address: 'a@example.org\r\nx' }, ['address']],
  ['an identity without an address', 'Identity', { name: 'x' }, ['email']],
  [
    'a signature too large',
    'Identity',
    { email: 'a@zegel.test', textSignature: 'x'.repeat(65_537) },
    ['textSignature'],
  ],
  ['a reply address that is none', 'Identity', { email: 'a@zegel.test', replyTo: [{ email: 'x' }] }, ['replyTo']],
  ['a line end in a name', 'Identity', { email: 'a@zegel.test', name: 'A\r\nBcc: x@example.org' }, ['name']],
  ['an identity that cannot be deleted', 'Identity', { email: 'a@zegel.test', mayDelete: false }, ['mayDelete']],
]
test('what does not fit is not kept, and its property is named', async (t) => {
  const reader = await open()
  for (const [mistake, type, given, properties] of wrong)
    await t.test(mistake, async () => {
      const { type: error, properties: named } = await refused(reader, type, given)
      assert.deepEqual([error, named], ['invalidProperties', properties])
    })
})

test('every address of an account has an identity from the first look on, which stays', async () => {
  const reader = await open()
  const [looks] = [await Promise.all([all(reader, 'Identity'), all(reader, 'Identity')])]
  const [own] = looks[0]
  assert.deepEqual(looks[1], looks[0])
  assert.equal(looks[0].length, 1)
  assert.deepEqual([own?.['mayDelete'], own?.['name']], [false, ''])
  const id = String(own?.['id'])
  const set = await reader.call('Identity/set', { update: { [id]: { name: 'Anna Abel' } } })
  assert.deepEqual(set['updated'], { [id]: null })
  assert.deepEqual((await reader.call('Identity/set', { destroy: [id] }))['notDestroyed'], {
    [id]: { type: 'forbidden' },
  })
  const changed = await reader.call('Identity/set', { update: { [id]: { email: 'other@zegel.test' } } })
  assert.deepEqual((changed['notUpdated'] as Json)[id], { type: 'invalidProperties', properties: ['email'] })
  assert.equal((await all(reader, 'Identity')).length, 1)
})

test("nobody writes under somebody else's address", async () => {
  const reader = await open()
  const stranger = await server.createAccount()
  for (const email of [stranger.address, 'anna@example.org', `nobody@zegel.test`, '*@zegel.test'])
    assert.deepEqual(await refused(reader, 'Identity', { email }), { type: 'forbiddenFrom' })
})

test('a sender is blocked once, alone or with a domain', async () => {
  const reader = await open()
  await create(reader, 'BlockedSender', { address: '@Example.ORG' })
  assert.equal((await refused(reader, 'BlockedSender', { address: '@example.org' }))['type'], 'invalidProperties')
  const shown = (await all(reader, 'BlockedSender')).map(({ address }) => address)
  assert.deepEqual(shown, ['@example.org'])
})

test('a sender is trusted once, however the address is written', async () => {
  const reader = await open()
  await create(reader, 'TrustedSender', { address: 'Post@Example.ORG' })
  assert.equal((await refused(reader, 'TrustedSender', { address: 'post@example.org' }))['type'], 'invalidProperties')
})

test('the notes on a message are asked for, and not those on others', async () => {
  const reader = await open()
  const [one, two] = [await reader.file('inbox'), await reader.file('inbox')]
  const { id } = await create(reader, 'Note', { emailId: one, text: 'eins' })
  await create(reader, 'Note', { emailId: two, text: 'zwei' })
  const ids = async (filter: Json | null): Promise<unknown> => (await reader.call('Note/query', { filter }))['ids']
  assert.deepEqual(await ids({ emailIds: [one] }), [id])
  assert.deepEqual(await ids({ emailIds: ['M0', 'x'] }), [])
  assert.equal(((await ids(null)) as string[]).length, 2)
  const operator = { operator: 'OR', conditions: [] }
  assert.equal((await reader.fail('Note/query', { filter: operator }))['type'], 'unsupportedFilter')
})

test('people one has written to are counted, found, and forgotten on request', async () => {
  const reader = await open()
  const write = (...people: { name: string | null; email: string }[]): Promise<void> =>
    reader.account.write((tx) => rememberCorrespondents(tx, people))
  await write({ name: 'Bea', email: 'Bea@Example.org' }, { name: null, email: 'not an address' })
  await write({ name: null, email: 'bea@example.org' }, { name: 'Cem', email: 'cem@example.org' })
  const people = await all(reader, 'Correspondent')
  assert.deepEqual(
    people.map(({ name, email, count }) => [name, email, count]),
    [
      ['Bea', 'bea@example.org', 2],
      ['Cem', 'cem@example.org', 1],
    ],
  )
  const id = String(people[0]?.['id'])
  const set = await reader.call('Correspondent/set', {
    destroy: [id, 'C0'],
    update: { [String(people[1]?.['id'])]: { count: 9 } },
    create: { k: { name: 'x', email: 'x@example.org' } },
  })
  assert.deepEqual(set['destroyed'], [id])
  assert.deepEqual(set['notDestroyed'], { C0: { type: 'notFound' } })
  assert.equal(((set['notCreated'] as Json)['k'] as Json)['type'], 'forbidden')
  assert.equal(set['updated'], null)
  assert.equal((await all(reader, 'Correspondent')).length, 1)
})

test('of more than a thousand people the ones written to longest ago are forgotten', async () => {
  const reader = await open()
  for (let batch = 0; batch < 11; batch++) {
    const people = Array.from({ length: 100 }, (_, i) => ({ name: null, email: `p${batch}-${i}@example.org` }))
    await reader.account.write((tx) => rememberCorrespondents(tx, people))
  }
  const emails = (await all(reader, 'Correspondent')).map(({ email }) => String(email))
  assert.equal(emails.length, 1000)
  assert.ok(!emails.some((email) => email.startsWith('p0-')))
  assert.ok(emails.includes('p10-99@example.org'))
})

test('a change of each type is pushed', async () => {
  const reader = await open()
  const types = [
    'Template',
    'Note',
    'BlockedSender',
    'Correspondent',
    'Identity',
    'Snooze',
    'Reminder',
    'VacationResponse',
  ]
  const url = `${server.http}/jmap/eventsource/?types=${types.join(',')}&closeafter=no&ping=0`
  const stop = new AbortController()
  const response = await fetch(url, { headers: reader.headers, signal: stop.signal })
  const told = new Set<string>()
  await create(reader, 'Template', { name: 'x' })
  const emailId = await reader.file('inbox')
  await create(reader, 'Note', { emailId, text: 'x' })
  await create(reader, 'BlockedSender', { address: 'x@example.org' })
  const soon = `${new Date(Date.now() + 3_600_000).toISOString().slice(0, -5)}Z`
  await create(reader, 'Snooze', { emailId, until: soon })
  await create(reader, 'Reminder', { emailId, dueAt: soon })
  await reader.call('VacationResponse/set', { update: { singleton: { isEnabled: true } } })
  await all(reader, 'Identity')
  await reader.account.write((tx) => rememberCorrespondents(tx, [{ name: null, email: 'x@example.org' }]))
  let text = ''
  for await (const piece of response.body as ReadableStream<Uint8Array>) {
    text += Buffer.from(piece).toString()
    for (const type of types) if (text.includes(`"${type}":`)) told.add(type)
    if (told.size === types.length) break
  }
  assert.deepEqual([...told].toSorted(), types.toSorted())
})

test('nothing of it stands readable in the database', async () => {
  const reader = await open()
  const secret = 'quittengelee'
  await create(reader, 'Template', { name: secret, subject: secret, html: secret, text: secret })
  await create(reader, 'Note', { emailId: await reader.file('inbox'), text: secret })
  await create(reader, 'BlockedSender', { address: `${secret}@example.org` })
  const [own] = await all(reader, 'Identity')
  await reader.call('Identity/set', { update: { [String(own?.['id'])]: { name: secret, textSignature: secret } } })
  await reader.account.write((tx) => rememberCorrespondents(tx, [{ name: secret, email: `${secret}@example.net` }]))
  const { rows } = await server.storage.database.sql<{ row: string }>`
    select r::text as row from record r where account_id = ${reader.account.id}`
  // A correspondent's domain and its looks are records too.
  assert.equal(rows.length, 7)
  const readable = rows.map(({ row }) => row).join('\n')
  for (const form of [secret, Buffer.from(secret).toString('hex'), Buffer.from(secret).toString('base64').slice(0, -4)])
    assert.ok(!readable.includes(form))
})
