import assert from 'node:assert/strict'
import { request as plainRequest, type IncomingHttpHeaders } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test, type TestContext } from 'node:test'
import { Hono } from 'hono'
import { openSession } from '#accounts'
import { loadCertificate, onlyCertificate } from '#system'
import { asAdministrator, silent } from '#test/cluster'
import { openTestStorage, testDatabase } from '#test/database'
import { openTestInspection } from '#test/inspection'
import { basicAuth } from '#test/jmap'
import { addPerson } from '#test/people'
import { startServer, type Overrides } from '#test/server'
import { answerReadiness } from './health.ts'
import { startHttp } from './index.ts'

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  text: string
}

/** Unlike fetch: any Host, any certificate, no redirects followed. */
async function send(
  url: string,
  {
    method = 'GET',
    headers = {},
    body = '',
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const request = url.startsWith('https') ? tlsRequest : plainRequest
  const sent = request(url, { method, headers, rejectUnauthorized: false, agent: false })
  sent.end(body)
  const [response] = (await once(sent, 'response')) as [import('node:http').IncomingMessage]
  let text = ''
  for await (const piece of response.setEncoding('utf8')) text += piece as string
  return { status: response.statusCode ?? 0, headers: response.headers, text }
}

async function open(t: TestContext, overrides: Overrides = {}) {
  const server = await startServer(t, overrides, ['http'])
  const person = await server.createAccount()
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  return {
    server,
    person,
    signIn: (fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Answer> =>
      send(`${server.http}/en/sign-in`, {
        method: 'POST',
        headers: { ...form, ...headers },
        body: new URLSearchParams({ address: person.address, password: person.password, ...fields }).toString(),
      }),
    api: (headers: Record<string, string>, url = server.http): Promise<Answer> =>
      send(`${url}/jmap/api`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: '{"using":[],"methodCalls":[]}',
      }),
  }
}

const readyOf = async (url: string): Promise<[status: number, text: string]> => {
  const { status, text } = await send(`${url}/readyz`)
  return [status, text]
}

const cookieOf = ({ headers }: Answer): string => headers['set-cookie']?.[0]?.split(';', 1)[0] ?? ''

test('healthz says that the database answers, under any name', async (t) => {
  const { server } = await open(t)
  const answer = await send(`${server.http}/healthz`, { headers: { host: 'evil.example' } })
  assert.deepEqual([answer.status, answer.text], [200, '{"status":"ok"}'])
})

test('readyz says that people may be sent here, until the database takes nothing or the server stops', async (t) => {
  const { server } = await open(t)
  const { url } = await testDatabase()
  const name = new URL(url).searchParams.get('db')
  assert.deepEqual(await readyOf(server.http), [200, '{"status":"ready"}'])
  // As a standby would be that nobody has promoted.
  t.after(() => asAdministrator(url, `alter database ${name} reset default_transaction_read_only`))
  await asAdministrator(url, `alter database ${name} set default_transaction_read_only = on`)
  await asAdministrator(url, `select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = '${name}'`)
  assert.deepEqual(await readyOf(server.http), [503, '{"status":"unavailable"}'])
  assert.equal((await send(`${server.http}/healthz`)).status, 200, 'it need not be started again')

  await asAdministrator(url, `alter database ${name} reset default_transaction_read_only`)
  await asAdministrator(url, `select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = '${name}'`)
  assert.deepEqual(await readyOf(server.http), [200, '{"status":"ready"}'])
  const stopping = new Hono().get('/readyz', (c) => answerReadiness(server.storage, true, c))
  assert.equal((await stopping.request('/readyz')).status, 503)
})

test('without its database the server says so, and recovers with it', async (t) => {
  const { server, person, signIn, api } = await open(t)
  const { url } = await testDatabase()
  const name = new URL(url).searchParams.get('db')
  const allowConnections = (allowed: boolean): Promise<void> =>
    asAdministrator(url, `alter database ${name} allow_connections ${allowed}`)
  t.after(() => allowConnections(true))
  const headers = { authorization: basicAuth(person) }
  assert.equal((await api(headers)).status, 200)

  await allowConnections(false)
  await asAdministrator(url, `select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = '${name}'`)
  const down = await send(`${server.http}/healthz`)
  assert.deepEqual([down.status, down.text], [503, '{"status":"unavailable"}'])
  const answer = await api(headers)
  assert.ok(answer.status >= 500)
  assert.match(String(answer.headers['content-type']), /^application\/problem\+json/)
  assert.doesNotMatch(answer.text, /database|test_|sql/)
  assert.ok((await signIn({})).status >= 500)
  assert.equal((await send(`${server.http}/app/`)).status < 500, true, 'files need no database')

  await allowConnections(true)
  assert.equal((await send(`${server.http}/healthz`)).status, 200)
  assert.equal((await api(headers)).status, 200)
})

test('a name that is not ours is not answered', async (t) => {
  const { server } = await open(t)
  for (const path of ['/', '/app/', '/jmap/api', '/.well-known/jmap']) {
    const answer = await send(`${server.http}${path}`, { headers: { host: 'evil.example' } })
    assert.equal(answer.status, 421)
    assert.doesNotMatch(answer.text, /evil/)
  }
})

test('in clear, links are shown the way to TLS and everything else is refused', async (t) => {
  const { server, person, api } = await open(t, { cleartextOnLoopback: false })
  const port = new URL(server.https).port
  const page = await send(`${server.http}/en/sign-in?x=1`)
  assert.deepEqual([page.status, page.headers.location], [308, `https://127.0.0.1:${port}/en/sign-in?x=1`])
  const headers = { authorization: basicAuth(person) }
  assert.equal((await send(`${server.http}/.well-known/jmap`, { headers })).status, 308)
  assert.equal((await api(headers)).status, 403)
  assert.equal((await api(headers, server.https)).status, 200)
  assert.equal((await send(`${server.http}/healthz`)).status, 200)
})

test('behind a named proxy, its word decides what is secure and what we are called', async (t) => {
  const { server, person } = await open(t, { cleartextOnLoopback: false, proxies: ['127.0.0.1'] })
  const forwarded = { host: '127.0.0.1', 'x-forwarded-host': 'zegel.test', 'x-forwarded-for': '198.51.100.7' }
  const plain = await send(`${server.http}/en/`, { headers: { ...forwarded, 'x-forwarded-proto': 'http' } })
  assert.deepEqual([plain.status, plain.headers.location], [308, 'https://zegel.test/en/'])
  const headers = { ...forwarded, 'x-forwarded-proto': 'https', authorization: basicAuth(person) }
  const session = JSON.parse((await send(`${server.http}/jmap/session`, { headers })).text) as { apiUrl: string }
  assert.equal(session.apiUrl, 'https://zegel.test/jmap/api')
})

test('every face has its own policy, and no answer is without one', async (t) => {
  const { server, person } = await open(t)
  const authorization = basicAuth(person)
  const faces: [path: string, policy: RegExp, referrer: string][] = [
    ['/en/', /^default-src 'none'; .*form-action 'self'/, 'same-origin'],
    ['/nothing', /^default-src 'none'; /, 'same-origin'],
    ['/app/', /^default-src 'none'; script-src 'self'; .*connect-src 'self'; frame-src 'self' blob:/, 'no-referrer'],
    ['/.well-known/jmap', /^default-src 'none'; frame-ancestors 'none'$/, 'no-referrer'],
    ['/jmap/download/a1/B1/x', /^sandbox; default-src 'none'$/, 'no-referrer'],
    ['/readyz', /^default-src 'none'; frame-ancestors 'none'$/, 'no-referrer'],
    ['/healthz', /^default-src 'none'; frame-ancestors 'none'$/, 'no-referrer'],
  ]
  for (const [path, policy, referrer] of faces) {
    const { headers } = await send(`${server.http}${path}`, { headers: { authorization } })
    assert.match(String(headers['content-security-policy']), policy, path)
    assert.doesNotMatch(String(headers['content-security-policy']), /unsafe|\*|https?:/, path)
    assert.equal(headers['x-content-type-options'], 'nosniff', path)
    assert.equal(headers['referrer-policy'], referrer, path)
    assert.equal(headers['cross-origin-opener-policy'], 'same-origin', path)
    assert.equal(headers['cross-origin-resource-policy'], 'same-origin', path)
    assert.match(String(headers['permissions-policy']), /camera=\(\)/, path)
    assert.equal(headers['strict-transport-security'], undefined, path)
  }
})

test('outside a trial, browsers are told to stay with TLS', async (t) => {
  const { server } = await open(t, { trial: false, cleartextOnLoopback: false })
  const host = 'zegel.test'
  const secure = await send(`${server.https}/en/`, { headers: { host } })
  assert.match(String(secure.headers['strict-transport-security']), /^max-age=\d{8}$/)
  const plain = await send(`${server.http}/en/`, { headers: { host } })
  assert.equal(plain.headers['strict-transport-security'], undefined)
})

test('whoever signs in gets one cookie for this host alone, and the app', async (t) => {
  const { server, signIn, api } = await open(t)
  const answer = await signIn({}, { origin: server.http })
  assert.deepEqual([answer.status, answer.headers.location], [303, '/app/'])
  assert.equal(answer.headers['set-cookie']?.length, 1)
  const [setCookie = ''] = answer.headers['set-cookie'] ?? []
  assert.match(setCookie, /^__Host-zegel=[\w-]{43}; /)
  assert.match(setCookie, /; Secure/)
  assert.match(setCookie, /; HttpOnly/)
  assert.match(setCookie, /; SameSite=Lax/)
  assert.match(setCookie, /; Path=\//)
  assert.doesNotMatch(setCookie, /Domain/i)
  const cookie = cookieOf(answer)
  assert.equal((await send(`${server.http}/.well-known/jmap`, { headers: { cookie } })).status, 200)
  assert.equal((await api({ cookie, 'x-zegel': '1' })).status, 200)
})

test("on somebody else's computer the cookie ends with the browser", async (t) => {
  const { signIn } = await open(t)
  const [setCookie = ''] = (await signIn({ shared: 'on' })).headers['set-cookie'] ?? []
  assert.match(setCookie, /^__Host-zegel=/)
  assert.doesNotMatch(setCookie, /Max-Age|Expires/)
})

test('a wrong password leads back to the page with a word and without the address', async (t) => {
  const { signIn, person } = await open(t)
  const answer = await signIn({ password: 'wrong' })
  assert.deepEqual([answer.status, answer.headers.location], [303, '/en/sign-in?error=credentials'])
  assert.equal(answer.headers['set-cookie'], undefined)
  let last = answer
  for (let times = 0; times < 8; times++) last = await signIn({ password: `wrong ${times}` })
  assert.match(String(last.headers.location), /^\/en\/sign-in\?error=attempts&wait=\d+$/)
  assert.ok(!JSON.stringify(last).includes(person.address))
})

for (const [attack, headers] of Object.entries<Record<string, string>>({
  'from another site': { origin: 'https://evil.example' },
  'from another site that hides its origin': { origin: 'null' },
  'from another site, as the browser says': { 'sec-fetch-site': 'cross-site' },
  'from a sibling domain, as the browser says': { 'sec-fetch-site': 'same-site' },
  'from the same name without TLS': { origin: 'https://127.0.0.1' },
}))
  test(`nobody is signed in or out ${attack}`, async (t) => {
    const { server, signIn, api } = await open(t)
    assert.equal((await signIn({}, headers)).status, 403)
    const cookie = cookieOf(await signIn({}))
    assert.equal(
      (await send(`${server.http}/sign-out`, { method: 'POST', headers: { cookie, ...headers } })).status,
      403,
    )
    assert.equal((await api({ cookie, 'x-zegel': '1', ...headers })).status, 403)
    assert.equal((await api({ cookie, 'x-zegel': '1' })).status, 200, 'still signed in')
  })

test('the cookie alone changes nothing: our header has to come with it', async (t) => {
  const { server, signIn, api } = await open(t)
  const cookie = cookieOf(await signIn({}))
  assert.equal((await api({ cookie })).status, 403)
  assert.equal((await api({ cookie, 'x-zegel': '0' })).status, 403)
  assert.equal((await api({ cookie, origin: server.http })).status, 403)
  assert.equal((await send(`${server.http}/sign-out`, { method: 'POST', headers: { cookie } })).status, 403)
  assert.equal((await send(`${server.http}/jmap/upload/a1/`, { method: 'POST', headers: { cookie } })).status, 403)
})

test('signing out ends the session, clears the cookie and what the browser keeps', async (t) => {
  const { server, signIn } = await open(t)
  const cookie = cookieOf(await signIn({}))
  const answer = await send(`${server.http}/sign-out`, { method: 'POST', headers: { cookie, 'x-zegel': '1' } })
  assert.equal(answer.status, 204)
  assert.match(String(answer.headers['set-cookie']), /^__Host-zegel=; Max-Age=0; Path=\/; Secure/)
  assert.equal(answer.headers['clear-site-data'], '"cache", "cookies", "storage"')
  assert.equal((await send(`${server.http}/.well-known/jmap`, { headers: { cookie } })).status, 401)
  const form = await send(`${server.http}/sign-out`, { method: 'POST', headers: { cookie, origin: server.http } })
  assert.deepEqual([form.status, form.headers.location], [303, '/'])
})

test('whoever signs in again leaves the session before', async (t) => {
  const { server, signIn } = await open(t)
  const before = cookieOf(await signIn({}))
  const after = cookieOf(await signIn({}, { cookie: before }))
  assert.equal((await send(`${server.http}/.well-known/jmap`, { headers: { cookie: before } })).status, 401)
  assert.equal((await send(`${server.http}/.well-known/jmap`, { headers: { cookie: after } })).status, 200)
})

test('a program gets a token for address and password', async (t) => {
  const { server, person, api } = await open(t)
  const post = (body: unknown, type = 'application/json'): Promise<Answer> =>
    send(`${server.http}/jmap/token`, { method: 'POST', headers: { 'content-type': type }, body: JSON.stringify(body) })
  const { address, password } = person
  const answer = await post({ address, password })
  assert.equal(answer.status, 201)
  assert.equal(answer.headers['cache-control'], 'no-store')
  const { token, expiresAt } = JSON.parse(answer.text) as { token: string; expiresAt: string }
  assert.ok(Date.parse(expiresAt) > Date.now())
  assert.equal((await api({ authorization: `Bearer ${token}` })).status, 200)
  assert.equal((await post({ address, password: 'wrong' })).status, 401)
  for (const body of [{ address }, { address: 1, password: [] }, 'x', null])
    assert.equal((await post(body)).status, 400)
  assert.equal((await post({ address, password }, 'text/plain')).status, 400, 'a form of another site can send text')
})

for (const [mistake, authorization] of Object.entries({
  'no scheme': 'x',
  'an unknown scheme': 'Digest username="x"',
  'a token that is none': 'Bearer x',
  'a token of an attacker': `Bearer ${'A'.repeat(43)}`,
  'Basic without a colon': `Basic ${Buffer.from('nobody').toString('base64')}`,
  'Basic that is no base64': 'Basic ???',
  'Basic with a wrong password': `Basic ${Buffer.from('nobody@zegel.test:x').toString('base64')}`,
  'Basic with a null': `Basic ${Buffer.from('nobody@zegel.test\0:x').toString('base64')}`,
}))
  test(`not signed in: ${mistake}`, async (t) => {
    const { api } = await open(t)
    assert.equal((await api({ authorization })).status, 401)
  })

test('what is too large or not finished does not hold a connection', async (t) => {
  const { server } = await open(t)
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  assert.equal(
    (await send(`${server.http}/en/sign-in`, { method: 'POST', headers: form, body: 'x'.repeat(100_000) })).status,
    413,
  )
  const long = await send(`${server.http}/app/`, { headers: { 'x-long': 'x'.repeat(60_000) } })
  assert.equal(long.status, 431)
})

test('a body that trickles in ends its connection', async (t) => {
  const storage = await openTestStorage(t)
  const { config } = await testDatabase()
  const certificates = onlyCertificate(await loadCertificate(config))
  const site = () => new Hono()
  const http = await startHttp({
    config,
    storage,
    log: silent,
    certificates,
    note: () => undefined,
    site,
    appFolder: '/nonexistent',
    ...openTestInspection(t, config),
    bodySeconds: 0.2,
  })
  t.after(() => http.close())
  const person = await addPerson(storage)
  const heads = ['/jmap/api', '/jmap/token', '/en/sign-in', '/sign-out', '/app/', '/nothing']
  for (const path of heads) {
    const socket = connect(http.addresses.http[0]?.port ?? 0, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: ${basicAuth(person)}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{`,
    )
    await new Promise((resolve) => socket.resume().on('close', resolve))
  }
})

test('other upgrades than our WebSocket are ordinary requests', async (t) => {
  const { server } = await open(t)
  const answer = await send(`${server.http}/healthz`, {
    headers: { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': '' },
  })
  assert.equal(answer.status, 200)
  const elsewhere = await send(`${server.http}/en/`, { headers: { connection: 'Upgrade', upgrade: 'websocket' } })
  assert.equal(elsewhere.status, 200)
})

for (const target of [
  '//evil.example/',
  '/\\evil.example',
  '/%',
  '/..%2f..%2fetc/passwd',
  '/\u00ff'.normalize(),
  '*',
  'http://[',
  '/app/%zz',
])
  test(`an odd target is answered and nothing of it repeated: ${target}`, async (t) => {
    const { server } = await open(t)
    const { hostname, port } = new URL(server.http)
    const socket = connect(Number(port), hostname)
    socket.write(`GET ${target} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: close\r\n\r\n`, 'latin1')
    let text = ''
    for await (const piece of socket.setEncoding('latin1')) text += piece as string
    assert.match(text, /^HTTP\/1\.1 [2345]\d\d /)
    assert.doesNotMatch(text, /evil|passwd|node_modules|\.ts:/)
  })

test('an open session does not keep the server from stopping', async (t) => {
  const { server, person } = await open(t)
  const { token } = await openSession(server.storage, { accountId: person.id, kind: 'bearer' })
  const answer = await fetch(`${server.http}/jmap/eventsource/?types=*`, {
    headers: { authorization: `Bearer ${token}` },
  })
  const read = answer.text()
  await server.close()
  assert.match(await read, /^: open/)
  await assert.rejects(fetch(`${server.http}/healthz`))
})
