import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { checkPassword, findSession, openSession } from '#accounts'
import { listQueue, showOwnLetter, type ShownLetter } from '#mail/outbound'
import { openJmapClient, type JmapClient } from '#test/jmap'
import { startServer, type TestServer } from '#test/server'

type Json = Record<string, unknown>

async function open(t: TestContext) {
  const server = await startServer(t, {}, ['http'])
  const person = await server.createAccount()
  const client = await openJmapClient(server, person)
  const { token } = await openSession(server.storage, { accountId: person.id, kind: 'bearer' })
  // From here on as a program with a token: it is what may stay.
  client.headers['authorization'] = `Bearer ${token}`
  const before = new Set((await listQueue(server.storage)).map(({ id }) => id))
  const letters = async (): Promise<ShownLetter[]> => {
    const own = (await listQueue(server.storage)).filter(({ id, isOwn }) => isOwn && !before.has(id))
    return Promise.all(own.map(({ id }) => showOwnLetter(server.storage, id)))
  }
  return { server, person, client, token, letters }
}

const recovery = async (client: JmapClient): Promise<Json> =>
  ((await client.call('Recovery/get'))['list'] as Json[])[0] as Json
const to = ({ fields }: ShownLetter): string => fields.find(({ name }) => name === 'To')?.value ?? ''
const codeIn = (letter: ShownLetter | undefined): string => /^\s+(\d{4} \d{4})\s*$/m.exec(letter?.text ?? '')?.[1] ?? ''
const signsIn = (server: TestServer, address: string, password: string): Promise<boolean> =>
  checkPassword(server.storage, { address, password, network: '192.0.2.0/24' }).then(
    () => true,
    () => false,
  )

test('whoever changes their password stays signed in, everybody else is out, and the inbox is told', async (t) => {
  const { server, person, client, token, letters } = await open(t)
  const { token: other } = await openSession(server.storage, { accountId: person.id, kind: 'cookie' })
  const change = { current: person.password, new: 'ganz andere Tinte' }
  assert.deepEqual(await client.call('Password/change', change), { accountId: client.accountId })
  assert.equal((await findSession(server.storage, token))?.accountId, person.id)
  assert.equal(await findSession(server.storage, other), undefined)
  assert.equal(await signsIn(server, person.address, person.password), false)
  assert.equal(await signsIn(server, person.address, 'ganz andere Tinte'), true)
  const told = await letters()
  assert.deepEqual(told.map(to), [person.address])
  assert.match(told[0]?.text ?? '', /was changed just now in the settings/)
})

const refused: [mistake: string, change: (password: string) => Json, error: Json][] = [
  [
    'a wrong password',
    () => ({ current: 'wrong', new: 'ganz andere Tinte' }),
    { type: 'forbidden', description: 'current' },
  ],
  ['a short one', (current) => ({ current, new: 'kurz' }), { type: 'invalidArguments', description: 'password.short' }],
  [
    'a common one',
    (current) => ({ current, new: 'passwort123' }),
    { type: 'invalidArguments', description: 'password.common' },
  ],
  ['no password', () => ({ new: 'ganz andere Tinte' }), { type: 'invalidArguments' }],
  ['an endless one', (current) => ({ current, new: 'x'.repeat(5000) }), { type: 'invalidArguments' }],
]
test('a password that is refused changes nothing and tells nobody', async (t) => {
  const { server, person, client, token, letters } = await open(t)
  for (const [mistake, change, error] of refused)
    await t.test(mistake, async () => {
      const { type, description } = await client.fail('Password/change', change(person.password))
      assert.deepEqual({ type, ...('description' in error ? { description } : {}) }, error)
    })
  assert.equal((await findSession(server.storage, token))?.accountId, person.id)
  assert.equal(await signsIn(server, person.address, person.password), true)
  assert.deepEqual(await letters(), [])
})

test('guessing the password from a device that is signed in slows down, and signing in does not', async (t) => {
  const { server, person, client } = await open(t)
  let last: Json = {}
  for (let i = 0; i < 8; i++)
    last = await client.fail('Password/change', { current: `guess ${i}`, new: 'ganz andere Tinte' })
  assert.equal(last['type'], 'forbidden')
  assert.match(String(last['description']), /^attempts, wait \d+$/)
  assert.equal(await signsIn(server, person.address, person.password), true)
})

test('the way back is set with a code to the new address, shown masked, and told to the old one', async (t) => {
  const { person, client, letters } = await open(t)
  const nothing = { id: 'singleton', address: null, provenAt: null, pending: null }
  assert.deepEqual(await recovery(client), nothing)
  const { password } = person
  const requested = await client.call('Recovery/request', { address: 'Hanne@Example.org', password })
  assert.match(String(requested['expiresAt']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  assert.deepEqual(await recovery(client), { ...nothing, pending: 'h…@example.org' })
  const state = (await client.call('Recovery/get'))['state']
  const [first] = await letters()
  assert.ok(first)
  assert.equal(to(first), 'hanne@example.org')
  await client.call('Recovery/confirm', { code: codeIn(first) })
  const set = await recovery(client)
  assert.deepEqual({ ...set, provenAt: null }, { ...nothing, address: 'h…@example.org' })
  assert.notEqual((await client.call('Recovery/get'))['state'], state)

  await client.call('Recovery/request', { address: 'other@example.net', password })
  const code = codeIn((await letters()).find((letter) => to(letter) === 'other@example.net'))
  await client.call('Recovery/confirm', { code })
  assert.equal((await recovery(client))['address'], 'o…@example.net')
  const told = (await letters()).filter(({ text }) => text.includes('o…@example.net'))
  assert.deepEqual(told.map(to).toSorted(), [person.address, 'hanne@example.org'].toSorted())
  assert.deepEqual(await client.fail('Recovery/confirm', { code }), { type: 'forbidden', description: 'expired' })
})

test('without the password, or with an address that is none, no code is sent', async (t) => {
  const { person, client, letters } = await open(t)
  const { password } = person
  const ask = (address: string, more: Json = {}) => client.fail('Recovery/request', { address, password, ...more })
  assert.deepEqual(await ask('a@example.org', { password: 'wrong' }), { type: 'forbidden', description: 'password' })
  for (const [address, fault] of [
    ['nobody', 'form'],
    ['a@example.org\r\nBcc: b@example.net', 'form'],
    [person.address, 'ours'],
    ['a@mailinator.com', 'disposable'],
  ] as const)
    assert.deepEqual(await ask(address), { type: 'invalidArguments', description: `external.${fault}` })
  assert.deepEqual(await letters(), [])
})

test('a code is guessed five times, and one account does not use the code of another', async (t) => {
  const { server, person, client, letters } = await open(t)
  await client.call('Recovery/request', { address: 'a@example.org', password: person.password })
  const code = codeIn((await letters())[0])
  const stranger = await server.createAccount()
  const theirs = await openJmapClient(server, stranger)
  assert.equal((await theirs.fail('Recovery/confirm', { code }))['type'], 'forbidden')
  assert.equal(
    (await theirs.fail('Recovery/confirm', { accountId: client.accountId, code }))['type'],
    'accountNotFound',
  )
  const wrong = code.startsWith('0') ? '11111111' : '00000000'
  for (let i = 0; i < 5; i++)
    assert.deepEqual(await client.fail('Recovery/confirm', { code: wrong }), { type: 'forbidden', description: 'code' })
  assert.deepEqual(await client.fail('Recovery/confirm', { code }), { type: 'forbidden', description: 'attempts' })
})
