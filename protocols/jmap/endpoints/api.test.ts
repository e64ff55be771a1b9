import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { openJmapClient } from '#test/jmap'
import { startServer } from '#test/server'
import { limits, maxSizeUpload } from '../limits.ts'

const CORE = 'urn:ietf:params:jmap:core'
const bytes = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text))

test('the session resource tells everything a client needs, with absolute URLs of the host it asked', async (t) => {
  const server = await startServer(t, {}, ['http'])
  const person = await server.createAccount()
  const { session, accountId, headers } = await openJmapClient(server, person)
  assert.deepEqual(session.capabilities[CORE], {
    maxSizeUpload: maxSizeUpload(server.config),
    ...limits,
  })
  assert.deepEqual(session.capabilities['urn:ietf:params:jmap:websocket'], {
    url: `${server.http.replace('http', 'ws')}/jmap/ws`,
    supportsPush: true,
  })
  assert.match(accountId, /^a[a-z\d]+$/)
  assert.equal(session['username'], person.address)
  assert.equal((session['primaryAccounts'] as Record<string, string>)['urn:zegel:account'], accountId)
  assert.equal((session['primaryAccounts'] as Record<string, string>)[CORE], undefined)
  assert.equal(session['apiUrl'], `${server.http}/jmap/api`)
  for (const [name, variables] of [
    ['downloadUrl', ['accountId', 'blobId', 'name', 'type']],
    ['uploadUrl', ['accountId']],
    ['eventSourceUrl', ['types', 'closeafter', 'ping']],
  ] as const) {
    assert.ok(String(session[name]).startsWith(`${server.http}/jmap/`))
    for (const variable of variables) assert.match(String(session[name]), new RegExp(`\\{${variable}\\}`))
  }

  const byName = await fetch(`${server.http.replace('127.0.0.1', 'localhost')}/jmap/session`, { headers })
  const other = (await byName.json()) as typeof session
  assert.match(String(other['apiUrl']), /^http:\/\/localhost:/)
  assert.equal(other['state'], session['state'])
  assert.match(byName.headers.get('cache-control') ?? '', /no-store/)
})

test('calls are answered in their order, each with its id, and the session state with them', async (t) => {
  const server = await startServer(t, {}, ['http'])
  const client = await openJmapClient(server, await server.createAccount())
  const response = await client.post(
    JSON.stringify({
      using: [CORE],
      methodCalls: [
        ['Core/echo', { hello: true, high: 5, deep: { list: ['x', 'y'] } }, 'b3ff'],
        ['Nobody/knows', {}, 'c'],
        ['Settings/get', {}, 'not in using'],
        ['Core/echo', { '#again': { resultOf: 'b3ff', name: 'Core/echo', path: '/deep/list/*' } }, 'c'],
        ['Core/echo', { '#again': { resultOf: 'c', name: 'Core/echo', path: '' } }, 'd'],
      ],
      createdIds: { k: 'x1' },
      somethingNew: true,
    }),
  )
  assert.deepEqual(await response.json(), {
    methodResponses: [
      ['Core/echo', { hello: true, high: 5, deep: { list: ['x', 'y'] } }, 'b3ff'],
      ['error', { type: 'unknownMethod' }, 'c'],
      ['error', { type: 'unknownMethod' }, 'not in using'],
      ['Core/echo', { again: ['x', 'y'] }, 'c'],
      [
        'error',
        { type: 'invalidResultReference', description: '#again: the first response to that call has another name' },
        'd',
      ],
    ],
    createdIds: { k: 'x1' },
    sessionState: client.session['state'],
  })
})

const manyCalls = Array.from({ length: limits.maxCallsInRequest + 1 }, (_, i) => ['Core/echo', {}, String(i)])
const refused: [mistake: string, body: string | Uint8Array<ArrayBuffer>, type: string, limit?: string][] = [
  ['nothing', '', 'notJSON'],
  ['no JSON', 'The quick brown fox', 'notJSON'],
  ['a name twice', '{"using":[],"using":[],"methodCalls":[]}', 'notJSON'],
  ['a bomb of arrays', '['.repeat(2_000_000), 'notJSON'],
  ['a number without end', '{"using":[],"methodCalls":[],"x":1e9999}', 'notJSON'],
  ['bytes that are no UTF-8', Uint8Array.of(0x22, 0xff, 0x22), 'notJSON'],
  ['a list', '[]', 'notRequest'],
  ['null', 'null', 'notRequest'],
  ['no calls', '{"using":[]}', 'notRequest'],
  ['a string for "using"', '{"using":"x","methodCalls":[]}', 'notRequest'],
  ['a call of two parts', '{"using":[],"methodCalls":[["Core/echo",{}]]}', 'notRequest'],
  ['a call with a list for arguments', '{"using":[],"methodCalls":[["Core/echo",[],"0"]]}', 'notRequest'],
  ['a call with a number for an id', '{"using":[],"methodCalls":[["Core/echo",{},0]]}', 'notRequest'],
  ['created ids that are none', '{"using":[],"methodCalls":[],"createdIds":{"a":1}}', 'notRequest'],
  ['a capability nobody has', '{"using":["urn:example:none"],"methodCalls":[]}', 'unknownCapability'],
  ['too many calls', JSON.stringify({ using: [CORE], methodCalls: manyCalls }), 'limit', 'maxCallsInRequest'],
  ['too many bytes', bytes(' '.repeat(limits.maxSizeRequest + 1)), 'limit', 'maxSizeRequest'],
]
test('a request that is none is refused as a whole, with problem details', async (t) => {
  const server = await startServer(t, {}, ['http'])
  const client = await openJmapClient(server, await server.createAccount())
  for (const [mistake, body, type, limit] of refused)
    await t.test(mistake, async () => {
      const response = await client.post(body)
      assert.equal(response.status, 400)
      assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/)
      const problem = (await response.json()) as Record<string, unknown>
      assert.equal(problem['type'], `urn:ietf:params:jmap:error:${type}`)
      assert.equal(problem['status'], 400)
      assert.equal(problem['limit'], limit)
      assert.doesNotMatch(JSON.stringify(problem), /quick|example/)
    })
  await t.test('a form', async () => {
    const response = await client.post('using=x', { 'content-type': 'application/x-www-form-urlencoded' })
    assert.match(((await response.json()) as { type: string }).type, /notJSON$/)
  })
  await t.test('a body without an announced length that never ends is cut off with an answer', async () => {
    const { hostname, port } = new URL(server.http)
    const socket = connect(Number(port), hostname)
    const answer: Buffer[] = []
    socket.on('data', (data) => answer.push(data))
    socket.on('error', () => undefined)
    const head = `POST /jmap/api HTTP/1.1\r\nHost: ${hostname}:${port}\r\nAuthorization: ${client.headers['authorization']}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`
    socket.write(head)
    const closed = new Promise((resolve) => socket.on('close', resolve))
    const piece = `10000\r\n${' '.repeat(0x10000)}\r\n`
    const write = (): void => {
      while (!socket.destroyed && socket.write(piece));
    }
    socket.on('drain', write)
    write()
    await closed
    assert.match(Buffer.concat(answer).toString(), /^HTTP\/1.1 400 .*maxSizeRequest/s)
  })
})

test('the server goes on after everything that was thrown at it', async (t) => {
  const server = await startServer(t, {}, ['http'])
  const client = await openJmapClient(server, await server.createAccount())
  await Promise.all(Array.from({ length: 30 }, () => client.call('Core/echo')))
  assert.equal((await fetch(`${server.http}/healthz`)).status, 200)
})

test('nobody is answered without signing in, and a program is told how', async (t) => {
  const server = await startServer(t, {}, ['http'])
  for (const path of ['/.well-known/jmap', '/jmap/session', '/jmap/eventsource/', '/jmap/download/a1/B1/x']) {
    const response = await fetch(`${server.http}${path}`)
    assert.equal(response.status, 401)
    assert.equal(response.headers.get('www-authenticate'), 'Bearer realm="Zegel", Basic realm="Zegel", charset="UTF-8"')
  }
  const headers = { 'sec-fetch-site': 'same-origin' }
  const browser = await fetch(`${server.http}/.well-known/jmap`, { headers })
  assert.equal(
    browser.headers.get('www-authenticate'),
    'Bearer realm="Zegel"',
    'a browser would open a window of its own',
  )
})
