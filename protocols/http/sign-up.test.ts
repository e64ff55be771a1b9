import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { test, type TestContext } from 'node:test'
import { solveChallenge } from 'altcha-lib'
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2'
import { checkPassword, findAccount, listSessions } from '#accounts'
import { agreedVersions, documents, numbersInForce } from '#policy'
import { listQueue, showOwnLetter } from '#mail/outbound'
import type { Storage } from '#storage'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { testDatabase } from '#test/database'
import { addPerson } from '#test/people'
import { startServer, type Overrides } from '#test/server'
import { promised } from '#test/promises'

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  html: string
}

/** Unlike fetch: whatever Origin, and no redirects followed. */
async function send(
  url: string,
  form?: Record<string, string> | string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const sent = request(url, {
    method: form === undefined ? 'GET' : 'POST',
    headers: form === undefined ? headers : { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    agent: false,
  })
  sent.end(typeof form === 'string' ? form : new URLSearchParams(form).toString())
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  let html = ''
  for await (const piece of response.setEncoding('utf8')) html += piece as string
  return { status: response.statusCode ?? 0, headers: response.headers, html }
}

const unescaped = (text: string): string => text.replaceAll('&quot;', '"').replaceAll('&amp;', '&')
const attribute = (html: string, pattern: RegExp): string => unescaped(pattern.exec(html)?.[1] ?? '')
const tokenIn = ({ html }: Answer): string => attribute(html, /name="token" value="([^"]*)"/)
const faultsIn = ({ html }: Answer): string[] =>
  Array.from(html.matchAll(/id="(\w+)-fault"/g), ([, name]) => name ?? '')
const headingIn = ({ html }: Answer): string => /<h1>([^<]*)<\/h1>/.exec(html)?.[1] ?? ''

let network = 0

async function open(t: TestContext, overrides: Overrides = {}) {
  const { config: settings } = await testDatabase()
  const signUp = { ...settings.signUp, proofWork: 4 }
  const server = await startServer(t, { proxies: ['127.0.0.1'], cleartextOnLoopback: false, signUp, ...overrides }, [
    'http',
  ])
  await addPerson(server.storage)
  // Each test comes from a network of its own.
  const forwarded = {
    'x-forwarded-for': `203.0.${++network}.9`,
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'zegel.test',
  }
  const visit = (path: string, form?: Record<string, string> | string, headers: Record<string, string> = {}) =>
    send(`${server.http}${path}`, form, { ...forwarded, ...headers })
  /** The page's own task, solved. */
  const proof = async (path: string): Promise<string> => {
    const { html } = await visit(path)
    const challenge = JSON.parse(attribute(html, /data-challenge="([^"]*)"/)) as Parameters<
      typeof solveChallenge
    >[0]['challenge']
    const { counter = 0, derivedKey = '' } = (await solveChallenge({ challenge, deriveKey })) ?? {}
    return JSON.stringify({ challenge, solution: { counter, derivedKey } })
  }
  const begin = async (external: string, more: Record<string, string> = {}, headers: Record<string, string> = {}) =>
    visit('/de/sign-up', { step: 'address', external, proof: await proof('/de/sign-up'), ...more }, headers)
  return { server, visit, proof, begin }
}

/** The code in the newest of the service's own letters. */
async function mailedCode(storage: Storage): Promise<string> {
  const { text } = await newestLetter(storage)
  return /^\s+(\d{4} \d{4})\s*$/m.exec(text)?.[1] ?? ''
}

async function newestLetter(storage: Storage): Promise<{ text: string }> {
  for (let tries = 0; ; tries++) {
    const own = (await listQueue(storage)).filter(({ isOwn }) => isOwn).sort((a, b) => b.id - a.id)
    if (own[0] !== undefined) return showOwnLetter(storage, own[0].id)
    assert.ok(tries < 100, 'no letter is in the queue')
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const password = 'regenschirm mond vier'

test(promised(5), async (t) => {
  const { server, visit, begin } = await open(t)
  const external = 'stranger@example.org'
  const code = await begin(external)
  assert.equal(code.status, 200)
  assert.equal(headingIn(code), 'Code eingeben')
  assert.ok(code.html.includes(external))
  assert.equal(code.headers['cache-control'], 'no-store')
  assert.equal(code.headers['set-cookie'], undefined)
  const token = tokenIn(code)

  const account = await visit('/de/sign-up', { step: 'code', token, code: await mailedCode(server.storage) })
  assert.equal(headingIn(account), 'Adresse und Passwort')
  const versions = Object.fromEntries(
    ['policy', 'terms'].map((name) => [name, attribute(account.html, new RegExp(`name="${name}" value="(\\d+)"`))]),
  )
  const form = {
    step: 'account',
    token,
    name: 'Hanne',
    domain: 'zegel.test',
    password,
    language: 'fr',
    agreed: 'on',
    ...versions,
  }
  const done = await visit('/de/sign-up', form, { 'user-agent': 'Mozilla/5.0 Firefox/145.0' })
  assert.deepEqual([done.status, done.headers.location], [303, '/app/'])
  const [cookie = ''] = done.headers['set-cookie'] ?? []
  assert.match(cookie, /^__Host-zegel=[\w-]{43}; .*HttpOnly; Secure; SameSite=Lax/)
  const headers = { cookie: cookie.split(';', 1)[0] ?? '' }
  assert.equal((await visit('/.well-known/jmap', undefined, headers)).status, 200)
  const found = await findAccount(server.storage, 'hanne@zegel.test')
  assert.ok(found)
  assert.equal(found.isOperator, false)
  assert.deepEqual(
    await agreedVersions(server.storage.database.sql, found.id),
    await numbersInForce(server.storage.database.sql),
  )
  assert.equal(tokenIn(await visit('/de/sign-up', form)), '', 'once more is to start over')
})

test('where the operator makes the accounts, nothing is sent and nothing made', async (t) => {
  const { config } = await testDatabase()
  const { server, visit } = await open(t, { signUp: { ...config.signUp, isOpen: false } })
  const before = (await listQueue(server.storage)).length
  const forms: (Record<string, string> | undefined)[] = [
    undefined,
    { step: 'address', external: 'a@example.org', proof: 'x' },
    { step: 'account' },
  ]
  for (const form of forms) {
    const answer = await visit('/de/sign-up', form)
    assert.equal(answer.status, 200)
    assert.match(answer.html, /legt der Betreiber dieses Servers an/)
  }
  assert.equal((await listQueue(server.storage)).length, before)
})

test('where no domain is served in which to have an address, nobody is asked to prove one', async (t) => {
  const { config } = await testDatabase()
  const { server, visit } = await open(t, {
    signUp: { ...config.signUp, isOpen: true, domains: ['elsewhere.example'] },
  })
  const before = (await listQueue(server.storage)).length
  for (const form of [undefined, { step: 'address', external: 'a@example.org', proof: 'x' }])
    assert.match((await visit('/de/sign-up', form)).html, /legt der Betreiber dieses Servers an/)
  assert.equal((await listQueue(server.storage)).length, before)
})

test('who is signed in and has forgotten the password finds the way to a new one', async (t) => {
  const { server, visit } = await open(t)
  const { address, password } = await server.createAccount()
  const { headers } = await visit('/de/sign-in', { address, password })
  const cookie = headers['set-cookie']?.[0]?.split(';', 1)[0] ?? ''
  assert.notEqual(cookie, '')
  assert.equal(headingIn(await visit('/de/reset', undefined, { cookie })), 'Neues Passwort')
  assert.equal((await visit('/de/sign-up', undefined, { cookie })).headers.location, '/app/')
})

test('what is wrong is said below its field, what was typed stays, and a new task is set', async (t) => {
  const { begin, visit } = await open(t)
  const answer = await begin('me@zegel.test')
  assert.deepEqual(faultsIn(answer), ['external'])
  assert.match(answer.html, /value="me@zegel\.test"/)
  assert.match(answer.html, /data-challenge="/)
  const without = await visit('/de/sign-up', { step: 'address', external: 'me@example.org' })
  assert.deepEqual(faultsIn(without), ['proof'])
  assert.match(without.html, /braucht Ihr Browser JavaScript/)
})

test('a proof is good for one code and one form', async (t) => {
  const { server, visit, proof } = await open(t)
  const count = async (): Promise<number> => (await listQueue(server.storage)).length
  const found = await proof('/de/sign-up')
  const before = await count()
  const forms = Array.from({ length: 8 }, (_, i) => ({
    step: 'address',
    external: `replay-${i}@example.org`,
    proof: found,
  }))
  const answers = await Promise.all(forms.map((form) => visit('/de/sign-up', form)))
  assert.equal(answers.filter((answer) => tokenIn(answer) !== '').length, 1)
  assert.equal(await count(), before + 1)
  const other = await visit('/de/sign-up', {
    step: 'address',
    external: 'a@example.org',
    proof: await proof('/de/reset'),
  })
  assert.deepEqual(faultsIn(other), ['proof'])
})

for (const [attack, headers] of Object.entries<Record<string, string>>({
  'from another site': { origin: 'https://evil.example' },
  'from another site that hides its origin': { origin: 'null' },
  'from another site, as the browser says': { 'sec-fetch-site': 'cross-site' },
}))
  test(`no form is taken ${attack}`, async (t) => {
    const { begin, visit } = await open(t)
    assert.equal((await begin('csrf@example.org', {}, headers)).status, 403)
    assert.equal((await visit('/de/reset', { step: 'address' }, headers)).status, 403)
  })

const odd: Record<string, Record<string, string> | string> = {
  'no step': {},
  'a step that is none': { step: 'finish' },
  'the name of an object property': { step: 'constructor' },
  'the prototype': { step: '__proto__' },
  'the second step without a token': { step: 'code', code: '12345678' },
  'the third step without a token': { step: 'account', name: 'abc', password },
  'another code without a token': { step: 'resend' },
  'a token of an attacker': { step: 'code', token: 'A'.repeat(43), code: '12345678' },
  'a token of a megabyte that fits no field': `step=code&token=${'A'.repeat(9000)}`,
  'bytes that are no UTF-8': 'step=%ff%fe&token=%c3%28',
  'a null byte': 'step=code&token=%00&code=%00',
  'a body that is no form': '{"step":"account"}',
}
for (const [attack, form] of Object.entries(odd))
  test(`${attack} leads back to the beginning`, async (t) => {
    const { visit } = await open(t)
    for (const [path, heading] of [
      ['/de/sign-up', 'Konto eröffnen'],
      ['/de/reset', 'Neues Passwort'],
    ] as const) {
      const answer = await visit(path, form)
      assert.deepEqual([answer.status, headingIn(answer)], [200, heading])
      assert.match(answer.html, /data-challenge="/)
      assert.equal(answer.headers['set-cookie'], undefined)
    }
  })

test('a huge body is refused before it is read', async (t) => {
  const { visit } = await open(t)
  for (const path of ['/de/sign-up', '/de/reset'])
    assert.equal((await visit(path, `step=address&external=${'x'.repeat(200_000)}`)).status, 413)
})

test('no step is skipped: a token whose code was not given makes no account', async (t) => {
  const { server, visit, begin } = await open(t)
  const token = tokenIn(await begin('skipper@example.org'))
  const form = {
    step: 'account',
    token,
    name: 'skipper',
    domain: 'zegel.test',
    password,
    agreed: 'on',
    policy: String(documents.policy.version),
    terms: String(documents.terms.version),
  }
  assert.equal(tokenIn(await visit('/de/sign-up', form)), '')
  assert.equal(await findAccount(server.storage, 'skipper@zegel.test'), undefined)
})

test('a token of a sign-up opens no reset, and the other way round', async (t) => {
  const { server, visit, begin, proof } = await open(t)
  const token = tokenIn(await begin('crossing@example.org'))
  const code = await mailedCode(server.storage)
  assert.equal(headingIn(await visit('/de/reset', { step: 'code', token, code })), 'Neues Passwort')
  const reset = tokenIn(
    await visit('/de/reset', { step: 'address', address: 'a@zegel.test', proof: await proof('/de/reset') }),
  )
  assert.notEqual(reset, '')
  assert.equal(headingIn(await visit('/de/sign-up', { step: 'code', token: reset, code })), 'Konto eröffnen')
})

test('everything wrong with an account is told at once, in the language of the page', async (t) => {
  const { server, visit, begin } = await open(t)
  const token = tokenIn(await begin('careless@example.org'))
  await visit('/de/sign-up', { step: 'code', token, code: await mailedCode(server.storage) })
  const answer = await visit('/nl/sign-up', {
    step: 'account',
    token,
    name: 'ö',
    domain: 'zegel.test',
    password: 'x',
    policy: String(documents.policy.version),
    terms: String(documents.terms.version),
  })
  assert.deepEqual(faultsIn(answer).toSorted(), ['consent', 'name', 'password'])
  assert.match(answer.html, /Zonder uw instemming/)
  assert.match(answer.html, /value="ö"/)
  assert.doesNotMatch(answer.html, /type="password"[^>]*value=/)
  const old = {
    step: 'account',
    token,
    name: 'careless',
    domain: 'zegel.test',
    password,
    agreed: 'on',
    policy: '0',
    terms: '1',
  }
  assert.match((await visit('/de/sign-up', old)).html, /haben sich eben geändert/)
})

test('a reset says and does the same for an address that exists and one that does not', async (t) => {
  const { server, visit, begin, proof } = await open(t)
  const external = 'forgetful@example.org'
  const token = tokenIn(await begin(external))
  await visit('/de/sign-up', { step: 'code', token, code: await mailedCode(server.storage) })
  const form = {
    step: 'account',
    token,
    name: 'forgetful',
    domain: 'zegel.test',
    password,
    agreed: 'on',
    policy: String(documents.policy.version),
    terms: String(documents.terms.version),
    language: 'fr',
  }
  const signedUp = await visit('/de/sign-up', form)
  assert.equal(signedUp.status, 303)
  const cookie = signedUp.headers['set-cookie']?.[0]?.split(';', 1)[0] ?? ''

  const ask = async (address: string): Promise<Answer> =>
    visit('/de/reset', { step: 'address', address, proof: await proof('/de/reset') })
  const bare = ({ html, status, headers }: Answer) => ({
    status,
    html: html.replace(/name="token" value="[^"]*"/, ''),
    headers: Object.keys(headers),
  })
  const unknown = await ask('nobody@zegel.test')
  const before = (await listQueue(server.storage)).length
  const known = await ask('forgetful@zegel.test')
  assert.deepEqual(bare(known), bare(unknown))
  assert.ok(!known.html.includes(external))

  while ((await listQueue(server.storage)).length === before) await new Promise((resolve) => setImmediate(resolve))
  const code = await mailedCode(server.storage)
  const wrong = { step: 'code', token: tokenIn(unknown), code }
  assert.deepEqual(faultsIn(await visit('/de/reset', wrong)), ['code'])
  const next = await visit('/de/reset', { step: 'code', token: tokenIn(known), code })
  assert.match(next.html, /value="forgetful@zegel\.test" readonly/)
  const account = attribute(next.html, /name="account" value="(\d+)"/)
  const weak = await visit('/de/reset', { step: 'password', token: tokenIn(known), account, password: 'passwort' })
  assert.deepEqual(faultsIn(weak), ['password'])

  const told = (await listQueue(server.storage)).length
  const done = await visit('/de/reset', {
    step: 'password',
    token: tokenIn(known),
    account,
    password: 'ganz andere Tinte',
  })
  assert.deepEqual([done.status, done.headers.location], [303, '/de/sign-in?done=reset'])
  assert.equal(done.headers['set-cookie'], undefined, 'a second factor may still be asked for')
  assert.equal((await visit('/.well-known/jmap', undefined, { cookie })).status, 401, 'every session has ended')
  const network = '192.0.2.0/24'
  await checkPassword(server.storage, { address: 'forgetful@zegel.test', password: 'ganz andere Tinte', network })
  assert.equal((await listQueue(server.storage)).length, told + 2, 'told outside and inside')
  assert.match((await newestLetter(server.storage)).text, /nouveau mot de passe/, 'in the language of the account')
})

test('a session knows the country of the client, and nothing else of its address', async (t) => {
  const { config } = await testDatabase()
  const files = { ipv4: join(config.dataFolder, 'geoip'), ipv6: join(config.dataFolder, 'geoip6') }
  // 203.0.113.0/24
  writeFileSync(files.ipv4, '3405803776,3405804031,BE\n')
  const { server, visit } = await open(t, { countries: files })
  const person = await server.createAccount()
  const form = { address: person.address, password: person.password }
  const from = { 'x-forwarded-for': '203.0.113.77' }
  assert.equal((await visit('/de/sign-in', form, from)).status, 303)
  const bearer = await visit('/jmap/token', JSON.stringify(form), { ...from, 'content-type': 'application/json' })
  assert.equal(bearer.status, 201)
  assert.equal((await visit('/de/sign-in', form, { 'x-forwarded-for': '198.51.100.1' })).status, 303)
  const sessions = await listSessions(server.storage, await server.storage.openAccount(person.id))
  assert.deepEqual(sessions.map(({ country }) => country).toSorted(), ['BE', 'BE', null])
})
