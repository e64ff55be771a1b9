import assert from 'node:assert/strict'
import { createServer, request, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { test, type TestContext } from 'node:test'
import { testConfig } from '#test/cluster'
import type { Config } from '#system'
import { openArrivals, type Arrival } from './arrival.ts'

/** Sends one real request over loopback and gives what is made of it. */
async function arrive(
  t: TestContext,
  settings: Partial<Config>,
  headers: Record<string, string>,
  path = '/',
): Promise<Arrival & { isForUs: boolean }> {
  const config = testConfig({ dataFolder: '', keyFile: '' }, settings)
  const arrivals = openArrivals(config)
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const arriving = once(server, 'request') as Promise<[IncomingMessage]>
  const sent = request({ port, host: '127.0.0.1', path, headers })
  sent.on('error', () => undefined)
  sent.end()
  const [incoming] = await arriving
  const arrival = arrivals.of(incoming)
  assert.equal(arrivals.of(incoming), arrival)
  sent.destroy()
  return { ...arrival, isForUs: arrivals.isForUs(arrival) }
}

const hosts: [host: string, trial: boolean, isForUs: boolean][] = [
  ['zegel.test', true, true],
  ['ZEGEL.test:8080', true, true],
  ['mail.example.org', false, true],
  ['localhost:8080', true, true],
  ['127.0.0.1', true, true],
  ['[::1]:8080', true, true],
  ['localhost', false, false],
  ['127.0.0.1', false, false],
  ['evil.example', true, false],
  ['zegel.test.evil.example', true, false],
  ['evil.example#zegel.test', true, false],
  ['zegel.test@evil.example', true, false],
  ['zegel.test/', true, false],
  ['zegel.test:80:80', true, false],
  ['zegel.test:999999', true, false],
  ['127.1', true, false],
]
for (const [host, trial, isForUs] of hosts)
  test(`${host} is ${isForUs ? 'a name of ours' : 'no name of ours'}${trial ? ' in a trial' : ''}`, async (t) => {
    const names = ['mail.example.org']
    assert.equal((await arrive(t, { trial, names }, { host })).isForUs, isForUs)
  })

test('what anybody claims to have forwarded is not believed', async (t) => {
  const headers = {
    host: 'zegel.test',
    'x-forwarded-for': '198.51.100.7',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'evil.example',
  }
  const arrival = await arrive(t, {}, headers)
  assert.deepEqual(
    [arrival.client, arrival.isSecure, arrival.origin, arrival.isFromLoopback],
    ['127.0.0.1', false, 'http://zegel.test', true],
  )
})

test('a named proxy is believed, and of a chain the last that is no proxy of ours', async (t) => {
  const headers = {
    host: '127.0.0.1:8080',
    'x-forwarded-for': '203.0.113.1, 198.51.100.7, 10.1.2.3',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'zegel.test',
  }
  const arrival = await arrive(t, { proxies: ['127.0.0.1', '10.0.0.0/8'], cleartextOnLoopback: false }, headers)
  assert.deepEqual(
    [arrival.client, arrival.isSecure, arrival.origin, arrival.isFromLoopback],
    ['198.51.100.7', true, 'https://zegel.test', false],
  )
})

test('a proxy that says nothing is itself the client', async (t) => {
  const arrival = await arrive(t, { proxies: ['127.0.0.0/8'], cleartextOnLoopback: false }, { host: 'zegel.test' })
  assert.deepEqual([arrival.client, arrival.isFromLoopback], ['127.0.0.1', false])
})

test('a whole URL as target goes before the Host header (RFC 9112 §3.2.2)', async (t) => {
  const arrival = await arrive(t, {}, { host: 'zegel.test' }, 'http://evil.example/healthz')
  assert.equal(arrival.isForUs, false)
})
