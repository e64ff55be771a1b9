import assert from 'node:assert/strict'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { test, type TestContext } from 'node:test'
import { WebSocket } from 'ws'
import { endAllSessions, letProgramsIn, openSession, revokeAppPassword, writeSettings } from '#accounts'
import { createFolder } from '#items'
import { basicAuth, openJmapClient } from '#test/jmap'
import { addAppPassword } from '#test/people'
import { startServer } from '#test/server'
import { MAX_PUSH_CONNECTIONS } from '../limits.ts'
import { statesIn, tokenOf } from './states.ts'

type Json = Record<string, unknown>

async function open(t: TestContext) {
  const server = await startServer(t, {}, ['http'])
  const person = await server.createAccount()
  const client = await openJmapClient(server, person)
  const account = await server.storage.openAccount(person.id)
  return {
    server,
    person,
    client,
    /** Changes the state of Settings. */
    change: (theme: 'dark' | 'light') => writeSettings(account, { theme }),
    eventSource: (query: string, headers: Record<string, string> = {}) =>
      openEvents(t, server.http, query, { ...client.headers, ...headers }),
    webSocket: (headers: Record<string, string> = client.headers, protocols = ['jmap']) =>
      openSocket(t, server.http, headers, protocols),
  }
}

interface Event {
  event: string
  id: string | undefined
  data: Json
}

/** Reads events as they arrive; `next` gives undefined when the stream has ended. */
async function openEvents(t: TestContext, base: string, query: string, headers: Record<string, string>) {
  const aborted = new AbortController()
  t.after(() => aborted.abort())
  const response = await fetch(`${base}/jmap/eventsource/?${query}`, { headers, signal: aborted.signal })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  const next = async (): Promise<Event | undefined> => {
    for (;;) {
      const end = text.indexOf('\n\n')
      if (end !== -1) {
        const lines = text.slice(0, end).split('\n')
        text = text.slice(end + 2)
        const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2)
        const event = field('event')
        if (event !== undefined) return { event, id: field('id'), data: JSON.parse(field('data') ?? 'null') as Json }
        continue
      }
      const piece = await reader?.read()
      if (piece === undefined || piece.done) return undefined
      text += piece.value
    }
  }
  return { response, next, close: () => aborted.abort() }
}

async function openSocket(t: TestContext, base: string, headers: Record<string, string>, protocols: string[]) {
  const socket = new WebSocket(`${base.replace('http', 'ws')}/jmap/ws`, protocols, { headers })
  t.after(() => socket.terminate())
  const inbox: Json[] = []
  const waiting: ((message: Json) => void)[] = []
  socket.on('message', (data) => {
    const message = JSON.parse((data as Buffer).toString()) as Json
    const next = waiting.shift()
    if (next === undefined) inbox.push(message)
    else next(message)
  })
  await once(socket, 'open')
  return {
    socket,
    send: (message: unknown): void => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    next: async (): Promise<Json> => inbox.shift() ?? (await new Promise<Json>((resolve) => waiting.push(resolve))),
    closed: once(socket, 'close').then(([code]) => code as number),
  }
}

const changedTypes = (accountId: string, change: Json | undefined): string[] =>
  Object.keys((change?.['changed'] as Record<string, Json> | undefined)?.[accountId] ?? {})

test('a change is pushed to an event source, with a state that /get gives too', async (t) => {
  const { client, change, eventSource } = await open(t)
  const { response, next } = await eventSource('types=*&closeafter=no&ping=0')
  assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8')
  await change('dark')
  const event = await next()
  assert.equal(event?.event, 'state')
  assert.equal(event.data['@type'], 'StateChange')
  assert.deepEqual(changedTypes(client.accountId, event.data), ['Settings'])
  const pushed = (event.data['changed'] as Record<string, Record<string, string>>)[client.accountId]
  assert.equal(pushed?.['Settings'], (await client.call('Settings/get'))['state'])
})

test('what happened while a client was away is told when it comes back with the last id', async (t) => {
  const { client, change, eventSource } = await open(t)
  const first = await eventSource('types=*')
  await change('dark')
  const event = await first.next()
  first.close()
  await change('light')
  const again = await eventSource('types=*', { 'last-event-id': event?.id ?? '' })
  assert.deepEqual(changedTypes(client.accountId, (await again.next())?.data), ['Settings'])
})

test('only the types asked for are told, and a stream may end after the first', async (t) => {
  const { client, change, eventSource } = await open(t)
  const other = await eventSource('types=Nothing,Else&ping=10')
  const own = await eventSource('types=Settings&closeafter=state')
  await change('dark')
  assert.deepEqual(changedTypes(client.accountId, (await own.next())?.data), ['Settings'])
  assert.equal(await own.next(), undefined)
  const raced = await Promise.race([other.next(), sleep(500, 'nothing')])
  assert.equal(raced, 'nothing')
})

for (const query of [
  'types=',
  'types=a%0d%0ab',
  'types=Email&closeafter=never',
  'types=*&ping=-1',
  'types=*&ping=x',
  `types=${'a,'.repeat(2000)}a`,
])
  test(`an event source that asks for ${query.slice(0, 30)} is refused`, async (t) => {
    const { eventSource } = await open(t)
    const { response } = await eventSource(query)
    assert.equal(response.status, 400)
  })

test('an account has a bounded number of open connections, and a closed one makes room', async (t) => {
  const { eventSource } = await open(t)
  const all = await Promise.all(Array.from({ length: MAX_PUSH_CONNECTIONS }, () => eventSource('types=*')))
  assert.equal((await eventSource('types=*')).response.status, 503)
  all[0]?.close()
  for (;;) if ((await eventSource('types=*')).response.status === 200) break
})

test('a session that ends takes its open connections with it', async (t) => {
  const { server, person, eventSource, webSocket } = await open(t)
  const { token } = await openSession(server.storage, { accountId: person.id, kind: 'bearer' })
  const bearer = { authorization: `Bearer ${token}` }
  const events = await eventSource('types=*', bearer)
  const socket = await webSocket(bearer)
  const others = await eventSource('types=*')
  await endAllSessions(server.storage, person.id)
  assert.equal(await events.next(), undefined)
  assert.equal(await socket.closed, 1001)
  const raced = await Promise.race([others.next(), sleep(300, 'open')])
  assert.equal(raced, 'open', 'who signed in by password stays')
})

test('requests and answers over a WebSocket (RFC 8887 §4.3)', async (t) => {
  const { webSocket, client } = await open(t)
  const { socket, send, next } = await webSocket()
  assert.equal(socket.protocol, 'jmap')
  const using = ['urn:ietf:params:jmap:core']
  send({ '@type': 'Request', id: 'R1', using, methodCalls: [['Core/echo', { hello: true }, 'b3ff']] })
  assert.deepEqual(await next(), {
    '@type': 'Response',
    requestId: 'R1',
    methodResponses: [['Core/echo', { hello: true }, 'b3ff']],
    sessionState: client.session['state'],
  })
  send('The quick brown fox jumps over the lazy dog.')
  assert.deepEqual(await next(), {
    '@type': 'RequestError',
    requestId: null,
    type: 'urn:ietf:params:jmap:error:notJSON',
    status: 400,
    detail: 'The text is not JSON.',
  })
  send({ '@type': 'Request', id: 'R2', using: ['urn:example:none'], methodCalls: [] })
  const error = await next()
  assert.deepEqual([error['requestId'], error['type']], ['R2', 'urn:ietf:params:jmap:error:unknownCapability'])
  for (const message of [
    { '@type': 'constructor' },
    { id: 'R3' },
    [],
    { '@type': 'WebSocketPushEnable', dataTypes: 'Email' },
  ]) {
    send(message)
    assert.match(String((await next())['type']), /notRequest$/)
  }
})

test('push over a WebSocket begins when enabled, ends when disabled, and catches up from a token', async (t) => {
  const { webSocket, client, change } = await open(t)
  const first = await webSocket()
  first.send({ '@type': 'WebSocketPushEnable', dataTypes: null })
  await change('dark')
  const message = await first.next()
  assert.equal(message['@type'], 'StateChange')
  assert.deepEqual(changedTypes(client.accountId, message), ['Settings'])
  first.send({ '@type': 'WebSocketPushDisable' })
  first.send({ '@type': 'Request', id: 'R', using: [], methodCalls: [] })
  assert.equal((await first.next())['@type'], 'Response')
  await change('light')
  assert.equal(await Promise.race([first.next(), sleep(400, 'nothing')]), 'nothing')

  const second = await webSocket()
  second.send({ '@type': 'WebSocketPushEnable', dataTypes: ['Settings'], pushState: message['pushState'] })
  assert.deepEqual(changedTypes(client.accountId, await second.next()), ['Settings'])
})

test('a WebSocket is refused without the subprotocol, without a sign-in, and to a foreign page with our cookie', async (t) => {
  const { server, person, webSocket } = await open(t)
  const { token } = await openSession(server.storage, { accountId: person.id, kind: 'cookie' })
  const cookie = `__Host-zegel=${token}`
  await assert.rejects(webSocket(undefined, []), /400/)
  await assert.rejects(webSocket({}), /401/)
  await assert.rejects(webSocket({ cookie, origin: 'https://evil.example' }), /403/)
  await assert.rejects(webSocket({ cookie, origin: 'null' }), /403/)
  await assert.doesNotReject(webSocket({ cookie, origin: server.http }))
})

test('a WebSocket ends on binary data and on a message that is too long', async (t) => {
  const { webSocket } = await open(t)
  const binary = await webSocket()
  binary.socket.send(Buffer.from('{}'))
  assert.equal(await binary.closed, 1003)
  const long = await webSocket()
  long.socket.on('error', () => undefined)
  long.send(' '.repeat(10_000_001))
  assert.equal(await long.closed, 1009)
})

test('another upgrade and a plain request to the WebSocket are answered at once', async (t) => {
  const { server, client } = await open(t)
  assert.equal((await fetch(`${server.http}/jmap/ws`, { headers: client.headers })).status, 400)
  const headers = { ...client.headers, 'sec-websocket-protocol': 'jmap' }
  assert.equal((await fetch(`${server.http}/jmap/ws`, { headers })).status, 426)
})

test('a token of states survives the way through a client, and anything else is none', () => {
  const states = new Map([
    ['Email', 'a=b&c'],
    ['Mailbox', '12'],
  ])
  assert.deepEqual(statesIn(tokenOf(states)), states)
  for (const token of [undefined, '', '=', 'a b=1', 'Email=', '12=3', 'x'.repeat(5000)])
    assert.equal(statesIn(token), undefined)
})

test('a stream that an app password has opened ends when it is revoked, and tells only of what it is for', async (t) => {
  const { server, person, change, eventSource } = await open(t)
  const { id, secret } = await addAppPassword(server.storage, person)
  const headers = { authorization: basicAuth({ ...person, password: secret }) }
  const { next } = await eventSource('types=*&closeafter=no&ping=0', headers)
  await change('dark')
  const account = await server.storage.openAccount(person.id)
  await account.write((tx) => createFolder(tx, { kind: 'mail', name: 'Rechnungen' }))
  const told = (await next())?.data['changed'] as Record<string, Json>
  assert.ok('Mailbox' in (Object.values(told)[0] as Json))
  assert.ok(!('Settings' in (Object.values(told)[0] as Json)))
  await revokeAppPassword(server.storage, person.id, id)
  assert.equal(await next(), undefined)
})

test('a stream ends when the main password that opened it is forbidden to programs', async (t) => {
  const { server, person, eventSource } = await open(t)
  const { next } = await eventSource('types=*&closeafter=no&ping=0')
  await letProgramsIn(server.storage, person.id, false)
  assert.equal(await next(), undefined)
})
