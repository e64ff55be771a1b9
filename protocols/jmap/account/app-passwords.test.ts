import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { openSession } from '#accounts'
import { listQueue, showOwnLetter } from '#mail/outbound'
import { basicAuth, openJmapClient, type JmapClient } from '#test/jmap'
import { addAppPassword, type Person } from '#test/people'
import { startServer } from '#test/server'
import { capabilities } from '../capabilities.ts'

type Json = Record<string, unknown>

async function open(t: TestContext) {
  const server = await startServer(t, {}, ['http'])
  const person = await server.createAccount()
  const client = await openJmapClient(server, person)
  const { token } = await openSession(server.storage, { accountId: person.id, kind: 'bearer' })
  client.headers['authorization'] = `Bearer ${token}`
  const withAppPassword = async (choice: Parameters<typeof addAppPassword>[2] = {}): Promise<JmapClient> =>
    openJmapClient(server, { ...person, password: (await addAppPassword(server.storage, person, choice)).secret })
  const create = (given: Json, password: string | null = person.password) =>
    client.call('AppPassword/set', { password, create: { k: given } })
  const list = async (): Promise<Json[]> => (await client.call('AppPassword/get'))['list'] as Json[]
  return { server, person, client, token, withAppPassword, create, list }
}

const sessionStatus = async (
  http: string,
  person: Pick<Person, 'address' | 'password'>,
  agent = 'test/1',
): Promise<number> =>
  (await fetch(`${http}/.well-known/jmap`, { headers: { authorization: basicAuth(person), 'user-agent': agent } }))
    .status

test('an app password is made with the main one, shown once, used, renamed and revoked', async (t) => {
  const { server, person, client, create, list } = await open(t)
  const before = (await client.call('AppPassword/get'))['state']
  const set = await create({ name: 'Telefon', scopes: ['mail'] })
  const made = (set['created'] as Json)['k'] as Json
  const { id, secret, createdAt, ...rest } = made
  assert.deepEqual(rest, { readOnly: false, lastUsedAt: null, country: null, client: null })
  assert.match(String(secret), /^(?:\w{5}-){3}\w{5}$/)
  assert.deepEqual([set['oldState'], set['newState'] === before], [before, false])
  const shown = { id, name: 'Telefon', scopes: ['mail'], readOnly: false, createdAt }
  assert.deepEqual(await list(), [{ ...shown, lastUsedAt: null, country: null, client: null }])
  const login = { address: person.address, password: String(secret) }
  assert.equal(await sessionStatus(server.http, login, 'Mailtemi/1.2 (x)'), 200)
  const [used] = await list()
  assert.deepEqual([used?.['client'], used?.['country']], ['Mailtemi 1.2', null])
  assert.match(String(used?.['lastUsedAt']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)

  const update = { [String(id)]: { name: ' Altes Telefon ' } }
  assert.deepEqual((await client.call('AppPassword/set', { update }))['updated'], {
    [String(id)]: { name: 'Altes Telefon' },
  })
  assert.equal((await list())[0]?.['name'], 'Altes Telefon')
  assert.deepEqual((await client.call('AppPassword/set', { destroy: [id, 'w0'] }))['destroyed'], [id])
  assert.deepEqual(await list(), [])
  assert.equal(await sessionStatus(server.http, login), 401)
})

test('the inbox is told of a new one, and the letter does not have it', async (t) => {
  const { server, create } = await open(t)
  const before = new Set((await listQueue(server.storage)).map(({ id }) => id))
  const { secret } = ((await create({ name: 'Telefon', scopes: ['mail'] }))['created'] as Json)['k'] as {
    secret: string
  }
  const [letter, ...others] = (await listQueue(server.storage)).filter(({ id }) => !before.has(id))
  assert.ok(letter !== undefined && others.length === 0)
  const { text } = await showOwnLetter(server.storage, letter.id)
  assert.match(text, /app password/)
  assert.ok(!text.includes(secret))
})

const hostile: [mistake: string, given: Json, error: Json][] = [
  ['no name', { scopes: ['mail'] }, { type: 'invalidProperties', properties: ['name'] }],
  ['an empty name', { name: ' ', scopes: ['mail'] }, { type: 'invalidProperties', properties: ['name'] }],
  [
    'a name of a megabyte',
    { name: 'x'.repeat(1 << 20), scopes: ['mail'] },
    { type: 'invalidProperties', properties: ['name'] },
  ],
  ['a null byte', { name: 'a\0', scopes: ['mail'] }, { type: 'invalidProperties', properties: ['name'] }],
  [
    'a name from right to left',
    { name: '\u202ea', scopes: ['mail'] },
    { type: 'invalidProperties', properties: ['name'] },
  ],
  ['no scopes', { name: 'a', scopes: [] }, { type: 'invalidProperties', properties: ['scopes'] }],
  ['a scope of its own', { name: 'a', scopes: ['root'] }, { type: 'invalidProperties', properties: ['scopes'] }],
  [
    'a secret of its own',
    { name: 'a', scopes: ['mail'], secret: 'x' },
    { type: 'invalidProperties', properties: ['secret'] },
  ],
  [
    'read-only by a word',
    { name: 'a', scopes: ['mail'], readOnly: 'no' },
    { type: 'invalidProperties', properties: ['readOnly'] },
  ],
]
test('what does not fit makes none', async (t) => {
  const { create, list } = await open(t)
  for (const [mistake, given, error] of hostile)
    await t.test(mistake, async () => {
      assert.deepEqual((await create(given))['notCreated'], { k: error })
      assert.deepEqual(await list(), [])
    })
})

test('without the main password none is made, and only the name of one changes', async (t) => {
  const { server, person, client, create, list } = await open(t)
  const given = { name: 'Telefon', scopes: ['mail'] }
  const { id } = await addAppPassword(server.storage, person)
  const wrong = await client.fail('AppPassword/set', { password: 'wrong', create: { k: given } })
  assert.deepEqual(wrong, { type: 'forbidden', description: 'password' })
  assert.deepEqual((await create(given, null))['notCreated'], { k: { type: 'forbidden', description: 'password' } })
  const one = `w${id.toString(36)}`
  for (const patch of [{ scopes: ['calendar'] }, { readOnly: true }, { secret: 'x' }, { id: 'w0' }, { country: 'BE' }])
    assert.deepEqual((await client.call('AppPassword/set', { update: { [one]: patch } }))['notUpdated'], {
      [one]: { type: 'invalidProperties', properties: Object.keys(patch) },
    })
  assert.equal((await list()).length, 1)
})

test('nobody sees, names or ends those of another account', async (t) => {
  const { server, client } = await open(t)
  const stranger = await server.createAccount()
  const { id } = await addAppPassword(server.storage, stranger)
  const one = `w${id.toString(36)}`
  assert.deepEqual((await client.call('AppPassword/get', { ids: [one] }))['notFound'], [one])
  const set = await client.call('AppPassword/set', { destroy: [one] })
  assert.deepEqual(set['notDestroyed'], { [one]: { type: 'notFound' } })
  const renamed = await client.call('AppPassword/set', { update: { [one]: { name: 'mine' } } })
  assert.deepEqual(renamed['notUpdated'], { [one]: { type: 'notFound' } })
})

test('whoever has come in by a password, be it the main one, makes no other and sees none', async (t) => {
  const { server, person, withAppPassword } = await open(t)
  const given = { password: person.password, create: { k: { name: 'Telefon', scopes: ['mail'] } } }
  const main = await openJmapClient(server, person)
  for (const [name, args] of [
    ['AppPassword/get', {}],
    ['AppPassword/set', given],
  ] as const) {
    assert.equal((await main.fail(name, args))['type'], 'forbidden')
    assert.equal((await (await withAppPassword()).fail(name, args))['type'], 'accountNotSupportedByMethod')
  }
})

/** Methods of every capability that is only the owner's. */
const ownersMethods = capabilities.flatMap(({ needs, methods }) =>
  needs === 'owner' ? methods.map(({ name }) => name) : [],
)

test('an app password opens what it is for, and never the account itself', async (t) => {
  const { server, person, client, withAppPassword } = await open(t)
  const mail = await withAppPassword()
  const account = (mail.session['accounts'] as Json)[mail.accountId] as {
    accountCapabilities: Json
    isReadOnly: boolean
  }
  assert.equal(account.isReadOnly, false)
  assert.ok('urn:ietf:params:jmap:mail' in account.accountCapabilities)
  assert.ok(!('urn:zegel:account' in account.accountCapabilities))
  assert.ok(!('urn:zegel:account' in (mail.session['primaryAccounts'] as Json)))
  assert.ok(((await mail.call('Mailbox/get'))['list'] as Json[]).length > 0)
  await mail.call('Mailbox/set', { create: { k: { name: 'Rechnungen' } } })
  assert.ok(ownersMethods.includes('Password/change') && ownersMethods.includes('Settings/set'))
  for (const name of ownersMethods) assert.equal((await mail.fail(name))['type'], 'accountNotSupportedByMethod', name)

  const calendar = await withAppPassword({ scopes: ['calendar'] })
  for (const name of [
    'Mailbox/get',
    'Email/query',
    'Email/set',
    'Identity/get',
    'EmailSubmission/set',
    'MDN/parse',
    'Note/get',
  ])
    assert.equal((await calendar.fail(name))['type'], 'accountNotSupportedByMethod', name)
  assert.deepEqual(await calendar.calls(['Core/echo', { a: 1 }, '0']), [['Core/echo', { a: 1 }, '0']])
  const picture = `${server.http}/jmap/picture/${client.accountId}?url=${encodeURIComponent('https://example.org/x.png')}`
  assert.equal((await fetch(picture, { headers: { ...calendar.headers, 'x-zegel': '1' } })).status, 403)
  assert.equal(await sessionStatus(server.http, person), 200)
})

test('what mail has brought is not for a program that may not see mail', async (t) => {
  const { server, client, withAppPassword } = await open(t)
  const upload = await fetch(`${server.http}/jmap/upload/${client.accountId}/`, {
    method: 'POST',
    headers: { ...client.headers, 'content-type': 'message/rfc822' },
    body: 'From: a@example.org\r\nSubject: x\r\n\r\nx',
  })
  const { blobId } = (await upload.json()) as { blobId: string }
  const [inbox] = (await client.call('Mailbox/get'))['list'] as Json[]
  const imported = await client.call('Email/import', {
    emails: { k: { blobId, mailboxIds: { [String(inbox?.['id'])]: true } } },
  })
  const kept = ((imported['created'] as Json)['k'] as Json)['blobId'] as string
  const status = async (program: JmapClient): Promise<number> =>
    (await fetch(`${server.http}/jmap/download/${client.accountId}/${kept}/x`, { headers: program.headers })).status
  assert.equal(await status(await withAppPassword()), 200)
  assert.equal(await status(await withAppPassword({ scopes: ['contacts'] })), 404)
})

/** What only reads: everything else is refused to whoever may only read. */
const READING = /\/(?:get|changes|query|queryChanges|parse|echo|suggest|terms|validate|try)$/

test('an app password to read only changes nothing, uploads nothing and sends nothing', async (t) => {
  const { server, client, withAppPassword } = await open(t)
  const reader = await withAppPassword({ readOnly: true })
  const account = (reader.session['accounts'] as Json)[reader.accountId] as { isReadOnly: boolean }
  assert.equal(account.isReadOnly, true)
  const names = capabilities.flatMap(({ needs, methods }) => (needs === 'mail' ? methods.map(({ name }) => name) : []))
  const changing = names.filter((name) => !READING.test(name))
  for (const one of ['Email/set', 'Email/import', 'Email/copy', 'EmailSubmission/set', 'MDN/send', 'Email/unsubscribe'])
    assert.ok(changing.includes(one), one)
  for (const name of changing) assert.equal((await reader.fail(name))['type'], 'accountReadOnly', name)
  assert.ok(((await reader.call('Mailbox/get'))['list'] as Json[]).length > 0)
  const upload = (headers: Record<string, string>) =>
    fetch(`${server.http}/jmap/upload/${client.accountId}/`, { method: 'POST', headers, body: 'x' })
  assert.equal((await upload(reader.headers)).status, 403)
  assert.equal((await upload(client.headers)).status, 201)
  assert.notEqual(reader.session['state'], client.session['state'])
})

test('a session is told apart by what it may do, also in the answers to requests', async (t) => {
  const { withAppPassword } = await open(t)
  const states = new Set<unknown>()
  for (const choice of [{}, { readOnly: true }, { scopes: ['mail', 'calendar'] }]) {
    const program = await withAppPassword(choice)
    const answer = await program.post(JSON.stringify({ using: ['urn:ietf:params:jmap:core'], methodCalls: [] }))
    const { sessionState } = (await answer.json()) as { sessionState: string }
    assert.equal(sessionState, program.session['state'])
    states.add(sessionState)
  }
  assert.equal(states.size, 3)
})

test('the main password is forbidden to programs: then it opens neither a request nor a token, and sessions stay', async (t) => {
  const { server, person, client } = await open(t)
  const token = () =>
    fetch(`${server.http}/jmap/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ address: person.address, password: person.password }),
    })
  const [before] = (await client.call('Password/get'))['list'] as Json[]
  assert.equal(before?.['worksInPrograms'], true)
  assert.equal(await sessionStatus(server.http, person), 200)
  const set = await client.call('Password/set', { update: { singleton: { worksInPrograms: false } } })
  assert.deepEqual(set['updated'], { singleton: null })
  assert.notEqual(set['newState'], set['oldState'])
  assert.equal(await sessionStatus(server.http, person), 401)
  assert.equal((await token()).status, 401)
  const form = new URLSearchParams({ address: person.address, password: person.password })
  const page = await fetch(`${server.http}/de/sign-in`, { method: 'POST', body: form, redirect: 'manual' })
  assert.equal(page.headers.get('location'), '/app/')
  await client.call('Password/set', { update: { singleton: { worksInPrograms: true } } })
  assert.equal(await sessionStatus(server.http, person), 200)
  assert.equal((await token()).status, 201)
})

test('what is no setting of the password changes none', async (t) => {
  const { client } = await open(t)
  for (const patch of [
    { worksInPrograms: null },
    { worksInPrograms: 'no' },
    { changedAt: '2026-01-01T00:00:00Z' },
    { x: 1 },
    { id: 'x' },
  ]) {
    const set = await client.call('Password/set', { update: { singleton: patch } })
    assert.equal(((set['notUpdated'] as Json)['singleton'] as Json)['type'], 'invalidProperties', JSON.stringify(patch))
  }
  const set = await client.call('Password/set', { update: { other: {} }, create: { k: {} }, destroy: ['singleton'] })
  assert.deepEqual(set['notUpdated'], { other: { type: 'notFound' } })
  assert.deepEqual(set['notCreated'], { k: { type: 'singleton' } })
})

test('a program is told where the servers are', async (t) => {
  const { server, client } = await open(t)
  const { mailServers } = client.session.capabilities['urn:zegel:account'] as { mailServers: Json[] }
  const { hostname: host, submission } = server.config
  assert.deepEqual(
    mailServers.filter(({ protocol }) => protocol === 'submission'),
    [
      { protocol: 'submission', host, port: submission.tlsPort, tls: 'implicit' },
      { protocol: 'submission', host, port: submission.port, tls: 'starttls' },
    ],
  )
})
