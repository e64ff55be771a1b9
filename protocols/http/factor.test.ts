import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { accountState, addPasskey, beginPasskey, changePassword, type Announce } from '#accounts'
import { listQueue, showOwnLetter } from '#mail/outbound'
import { shiftClock } from '#system'
import { close } from '#trust/closing'
import { openAuthenticator, type Lie } from '#test/authenticator'
import { basicAuth } from '#test/jmap'
import { addAppCodes, addAppPassword, addRecovery, appCode, type Person } from '#test/people'
import { startServer } from '#test/server'

const server = await startServer({ after }, {}, ['http'])
const { storage, config } = server
/** Passkeys need a name. */
const site = server.http.replace('127.0.0.1', 'localhost')

const quietly: Announce = async () => async () => undefined

async function withTotp(): Promise<Person & { secret: string; recoveryCodes: string[] }> {
  const person = await server.createAccount()
  return { ...person, ...(await addAppCodes(storage, person)) }
}

async function withPasskey() {
  const person = await server.createAccount()
  const account = await storage.openAccount(person.id)
  const authenticator = openAuthenticator()
  const begun = await beginPasskey(storage, account, { password: person.password, origin: site, service: 'Zegel' })
  const credential = authenticator.create({ origin: site, challenge: begun.options.challenge })
  await addPasskey(storage, account, { token: begun.token, name: 'Schlüssel', credential }, quietly)
  return { ...person, authenticator, userHandle: begun.options.user.id }
}

interface Answer {
  status: number
  location: string | null
  cookie: string | null
  html: string
  headers: Headers
}

async function post(
  path: string,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const answer = await fetch(`${site}${path}`, {
    method: 'POST',
    body: new URLSearchParams(fields),
    headers: { origin: site, ...headers },
    redirect: 'manual',
  })
  return {
    status: answer.status,
    location: answer.headers.get('location'),
    cookie: answer.headers.get('set-cookie'),
    html: await answer.text(),
    headers: answer.headers,
  }
}

const unescape = (text: string): string => text.replaceAll('&quot;', '"').replaceAll('&amp;', '&')
const tokenIn = ({ html }: Pick<Answer, 'html'>): string => /name="token" value="([\w-]+)"/.exec(html)?.[1] ?? ''
const optionsIn = (html: string): { challenge: string; rpId: string; userVerification: string } =>
  JSON.parse(unescape(/data-options="([^"]*)"/.exec(html)?.[1] ?? '{}')) as ReturnType<typeof optionsIn>

const signIn = ({ address, password }: Pick<Person, 'address' | 'password'>): Promise<Answer> =>
  post('/en/sign-in', { address, password })

const give = (step: Pick<Answer, 'html'>, code: string): Promise<Answer> =>
  post('/en/sign-in/factor', { step: 'code', token: tokenIn(step), code })

const isIn = ({ status, location, cookie }: Answer): boolean =>
  status === 303 && location === '/app/' && /^__Host-zegel=[\w-]{43};/.test(cookie ?? '')

test('after the right password a second page asks for a code, and nobody is signed in before', async () => {
  const person = await withTotp()
  const asked = await signIn(person)
  assert.equal(asked.status, 200)
  assert.match(asked.html, /name="code"/)
  assert.equal(asked.cookie, null)
  assert.equal(asked.headers.get('cache-control'), 'no-store')
  assert.equal(asked.html.includes(person.address), false)
  const wrong = await give(asked, '000000')
  assert.equal(wrong.status, 200)
  assert.match(wrong.html, /id="code-fault"/)
  assert.equal(wrong.cookie, null)
  assert.ok(isIn(await give(wrong, appCode(person.secret))))
})

test('a wrong password looks the same with a second factor and without', async () => {
  const [guarded, plain] = [await withTotp(), await server.createAccount()]
  for (const { address } of [guarded, plain, { address: 'nobody@zegel.test' }]) {
    const { status, location } = await signIn({ address, password: 'wrong' })
    assert.deepEqual([status, location], [303, '/en/sign-in?error=credentials'])
  }
})

test('a recovery code lets in once, and is told in the inbox and outside', async () => {
  const person = await withTotp()
  await addRecovery(storage, person, 'hanne@example.org')
  const [code = ''] = person.recoveryCodes
  const asked = await signIn(person)
  const given = await post('/en/sign-in/factor', { step: 'code', token: tokenIn(asked), code: '', recovery: code })
  assert.ok(isIn(given))
  const again = await give(await signIn(person), code)
  assert.match(again.html, /id="code-fault"/)
  const own = await Promise.all(
    (await listQueue(storage)).filter(({ isOwn }) => isOwn).map(({ id }) => showOwnLetter(storage, id)),
  )
  const to = own
    .filter(({ text }) => text.includes('recovery code of the account') && text.includes(person.address))
    .map(({ fields }) => fields.find(({ name }) => name === 'To')?.value)
  assert.deepEqual(to.toSorted(), ['hanne@example.org', person.address].toSorted())
})

test('who knows the password and guesses codes is told of to the owner, once a day', async () => {
  const person = await withTotp()
  const told = async (): Promise<number> => {
    const all = (await listQueue(storage)).filter(({ isOwn }) => isOwn)
    const letters = await Promise.all(all.map(({ id }) => showOwnLetter(storage, id)))
    return letters.filter(({ text }) => text.includes('then a wrong code') && text.includes(person.address)).length
  }
  // Recovery codes, of which a network may give five before it waits.
  for (let i = 0; i < 4; i++) await give(await signIn(person), 'abcde-fghij')
  assert.equal(await told(), 0)
  await give(await signIn(person), 'abcde-fghij')
  assert.equal(await told(), 1)
  await give(await signIn(person), '000000')
  assert.equal(await told(), 1)
})

const STEPS: [attack: string, token: (mine: string) => string][] = [
  ['none', () => ''],
  ['one of our making', () => 'x'.repeat(200)],
  ['one that was cut', (mine) => mine.slice(0, -6)],
  ['one with a letter changed', (mine) => `${mine.startsWith('A') ? 'B' : 'A'}${mine.slice(1)}`],
]
for (const [attack, forge] of STEPS)
  test(`a code with a step that is ${attack} leads back to the beginning`, async () => {
    const person = await withTotp()
    const token = forge(tokenIn(await signIn(person)))
    const { status, location, cookie } = await post('/en/sign-in/factor', {
      step: 'code',
      token,
      code: appCode(person.secret),
    })
    assert.deepEqual([status, location, cookie], [303, '/en/sign-in?error=expired', null])
  })

test('a step ends after ten minutes, and with the password', async (t) => {
  t.after(() => shiftClock(0))
  const person = await withTotp()
  const [one, other] = [await signIn(person), await signIn(person)]
  await changePassword(storage, person.id, 'ganz andere Tinte')
  const replaced = await give(one, appCode(person.secret))
  assert.deepEqual([replaced.location, replaced.cookie], ['/en/sign-in?error=credentials', null])
  shiftClock(601)
  assert.equal((await give(other, appCode(person.secret))).location, '/en/sign-in?error=expired')
})

test('no form from elsewhere gives a code, and no address shows the second page', async () => {
  const person = await withTotp()
  const asked = await signIn(person)
  const fields = { step: 'code', token: tokenIn(asked), code: appCode(person.secret) }
  const forged = await post('/en/sign-in/factor', fields, { origin: 'https://zegel.example' })
  assert.deepEqual([forged.status, forged.cookie], [403, null])
  const page = await fetch(`${site}/de/sign-in/factor`, { redirect: 'manual' })
  assert.deepEqual([page.status, page.headers.get('location')], [303, '/de/sign-in'])
})

test('programs get in by an app password alone: Basic, tokens', async () => {
  const person = await withTotp()
  const basic = async (password: string): Promise<number> =>
    (await fetch(`${site}/.well-known/jmap`, { headers: { authorization: basicAuth({ ...person, password }) } })).status
  assert.equal(await basic(person.password), 401)
  const { secret } = await addAppPassword(storage, person)
  assert.equal(await basic(secret), 200)
  const token = await fetch(`${site}/jmap/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ address: person.address, password: person.password }),
  })
  assert.equal(token.status, 401)
})

test('a passkey answers the second page', async () => {
  const person = await withPasskey()
  const asked = await signIn(person)
  const { challenge, rpId } = optionsIn(asked.html)
  assert.equal(rpId, 'localhost')
  const credential = JSON.stringify(person.authenticator.get({ origin: site, challenge }))
  assert.ok(isIn(await post('/en/sign-in/factor', { step: 'passkey', token: tokenIn(asked), credential })))
})

async function alone(
  { authenticator, userHandle }: Awaited<ReturnType<typeof withPasskey>>,
  lie: Lie = {},
  headers: Record<string, string> = {},
): Promise<Answer> {
  const html = await (await fetch(`${site}/en/sign-in`)).text()
  const { challenge, userVerification } = optionsIn(html)
  assert.equal(userVerification, 'required')
  const credential = JSON.stringify(authenticator.get({ origin: site, challenge, userHandle }, lie))
  return post('/en/sign-in/passkey', { token: tokenIn({ html }), credential }, headers)
}

test('a passkey alone signs in', async () => {
  const person = await withPasskey()
  const signedIn = await alone(person)
  assert.ok(isIn(signedIn))
  const { rows } = await storage.database.sql<{ count: number }>`
    select count(*)::int as count from session where account_id = ${person.id}`
  assert.equal(rows[0]?.count, 1)
})

const LIES: [attack: string, lie: Lie][] = [
  ['for another page', { origin: 'http://127.0.0.1' }],
  ['for another host', { rpId: 'zegel.test' }],
  ['for another question', { challenge: 'AAAA' }],
  ['without its user verified', { flags: 1 }],
  ['of nobody', { id: 'AAAA' }],
]
for (const [attack, lie] of LIES)
  test(`a passkey signs nobody in ${attack}`, async () => {
    const { status, location, cookie } = await alone(await withPasskey(), lie)
    assert.deepEqual([status, location, cookie], [303, '/en/sign-in?error=passkey', null])
  })

test('a passkey sent by a page of somebody else signs nobody in', async () => {
  const { status, cookie } = await alone(await withPasskey(), {}, { origin: 'https://zegel.example' })
  assert.deepEqual([status, cookie], [403, null])
})

const NONSENSE = ['', '{', 'null', '[]', '{"id":1}', JSON.stringify({ id: 'x'.repeat(9000) })]
test('what is no passkey is refused like one of nobody', async () => {
  const html = await (await fetch(`${site}/en/sign-in`)).text()
  for (const credential of NONSENSE) {
    const { location } = await post('/en/sign-in/passkey', { token: tokenIn({ html }), credential })
    assert.equal(location, '/en/sign-in?error=passkey', credential.slice(0, 20))
  }
})

test('a browser that came to an address without a name is offered no passkey', async () => {
  const html = await (await fetch(`${server.http}/en/sign-in`)).text()
  assert.doesNotMatch(html, /use-passkey/)
})

test('a closed account asks for the second factor before it is reopened, and then signs in', async () => {
  const person = await withTotp()
  const { id, address, password } = person
  await close(storage, config, await storage.openAccount(id), { closedBy: 'owner' })
  const state = () => accountState(storage.database.sql, id)

  const asked = await signIn(person)
  assert.match(asked.html, /name="code"/)
  assert.doesNotMatch(asked.html, /reopened until/)
  const confirm = await give(asked, appCode(person.secret))
  assert.match(confirm.html, /can be reopened until/)
  assert.equal(confirm.cookie, null)
  const factor = /name="factor" value="([\w-]+)"/.exec(confirm.html)?.[1] ?? ''

  for (const forged of ['', 'AAAA', tokenIn(asked)]) {
    const without = await post('/en/reopen', { step: 'confirm', address, password, factor: forged })
    assert.match(without.html, /name="code"/, 'the second factor is asked for')
    assert.equal(await state(), 'closed')
  }
  assert.equal((await post('/en/reopen', { step: 'confirm', address, password: 'wrong', factor })).cookie, null)
  assert.ok(isIn(await post('/en/reopen', { step: 'confirm', address, password, factor })))
  assert.equal(await state(), 'open')
})

test('the form to reopen is no way around the second factor of an open account', async () => {
  const person = await withTotp()
  const { address, password } = person
  for (const step of ['credentials', 'confirm']) {
    const asked = await post('/en/reopen', { step, address, password })
    assert.match(asked.html, /name="code"/)
    assert.equal(asked.cookie, null)
  }
})
