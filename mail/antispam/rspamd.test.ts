/** Peers that answer as rspamd does, or are none. The real one: test/scanners.test.ts. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { test, type TestContext } from 'node:test'
import type { Finding } from '#mail/findings'
import { openRspamd } from './rspamd.ts'

const letter = Buffer.from('From: bea@example.org\r\n\r\nRed ones.\r\n')
const envelope = {
  mailFrom: 'bea@example.org',
  recipients: ['anna@zegel.test'],
  client: { address: '192.0.2.1', heloName: 'mail.example.org' },
}

type Act = (response: ServerResponse, request: IncomingMessage) => void

async function peer(t: TestContext, act: Act): Promise<string> {
  const server = createServer((request, response) => act(response, request)).listen(0, '127.0.0.1')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const saying =
  (answer: unknown): Act =>
  (response) =>
    void response.end(typeof answer === 'string' ? answer : JSON.stringify(answer))
const check = async (t: TestContext, act: Act, asked: typeof envelope | object = envelope): Promise<Finding[]> =>
  openRspamd(await peer(t, act), 500).check(letter, { ...envelope, ...asked })

const answer = { score: 0, required_score: 15, action: 'no action', symbols: {} }
const ACTIONS: readonly [what: string, change: object, finding: string | undefined][] = [
  ['finds nothing', {}, undefined],
  ['would reject', { score: 16, action: 'reject' }, 'rspamdReject'],
  ['would mark', { score: 7, action: 'add header' }, 'rspamdJunk'],
  ['would change the subject', { score: 9, action: 'rewrite subject' }, 'rspamdJunk'],
  ['would put off', { score: 4, action: 'greylist' }, 'rspamdSuspicious'],
  ['was told to look at nothing', { is_skipped: true }, undefined],
  ['says a word of its operator, and little', { score: 1, action: 'tag' }, undefined],
  ['says a word of its operator, and much', { score: 20, action: 'quarantine' }, 'rspamdReject'],
  ['says a word that every object has', { score: 7, action: 'constructor' }, 'rspamdJunk'],
]
for (const [what, change, finding] of ACTIONS)
  test(`rspamd that ${what}`, async (t) => {
    const found = await check(t, saying({ ...answer, ...change }))
    assert.deepEqual(
      found.map(({ name }) => name),
      finding === undefined ? [] : [finding],
    )
  })

test('the strongest few of what it found are named, by nothing but their names', async (t) => {
  const symbols = Object.fromEntries(
    Array.from({ length: 3000 }, (_, i) => [
      `SYMBOL_${i}<b>${'X'.repeat(200)}`,
      { score: i, options: ['bea@example.org'] },
    ]),
  )
  const [finding] = await check(t, saying({ ...answer, action: 'reject', score: 15.04, symbols }))
  assert.equal(finding?.values?.['score'], '15')
  const names = finding?.values?.['symbols']?.split(', ') ?? []
  assert.equal(names.length, 6)
  assert.match(names[0] ?? '', /^SYMBOL_2999bX+$/)
  assert.ok(names.every((name) => /^\w{1,50}$/.test(name)))
})

test('it is told the envelope and the client, and of our own people only that they are ours', async (t) => {
  const asked: [headers: NodeJS.Dict<string[]>, body: string, path: string][] = []
  const url = await peer(t, (response, request) => {
    void buffer(request).then((body) => {
      asked.push([request.headersDistinct, body.toString(), request.url ?? ''])
      saying(answer)(response, request)
    })
  })
  const rspamd = openRspamd(url, 5000)
  const heloName = 'mail.example.org\r\nUser: evil'
  await rspamd.check(letter, { ...envelope, mailFrom: 'zoë@example.org', client: { address: '2001:db8::1', heloName } })
  await rspamd.check(letter, { ...envelope, recipients: ['a@example.org', 'b@example.org'], client: undefined })
  await rspamd.check(letter, { ...envelope, client: 'unknown' })
  const none: [NodeJS.Dict<string[]>, string, string] = [{}, '', '']
  const [[arriving, body, path] = none, [leaving] = none, [collected] = none] = asked
  assert.deepEqual([body, path], [letter.toString(), '/checkv2'])
  assert.equal(Buffer.from(arriving['from']?.[0] ?? '', 'latin1').toString(), 'zoë@example.org')
  assert.deepEqual([arriving['rcpt'], arriving['deliver-to']], [['anna@zegel.test'], ['anna@zegel.test']])
  assert.deepEqual(
    [arriving['ip'], arriving['helo'], arriving['user']],
    [['2001:db8::1'], ['mail.example.orgUser: evil'], undefined],
  )
  assert.deepEqual([leaving['rcpt'], leaving['deliver-to']], [['a@example.org', 'b@example.org'], undefined])
  assert.deepEqual([leaving['ip'], leaving['helo'], leaving['user']], [undefined, undefined, ['account']])
  assert.deepEqual(
    [collected['deliver-to'], collected['ip'], collected['helo'], collected['user']],
    [['anna@zegel.test'], undefined, undefined, undefined],
    'of what lay elsewhere before nobody says that it is ours',
  )
})

const NONSENSE: Record<string, Act> = {
  'hangs up': (response) => response.destroy(),
  'says no JSON': saying('nothing'),
  'says half of it': saying(JSON.stringify(answer).slice(0, 40)),
  'breaks off': (response) => {
    response.writeHead(200, { 'content-length': '1000' })
    response.write(JSON.stringify(answer))
    setImmediate(() => response.destroy())
  },
  'gives no score': saying({ ...answer, score: undefined }),
  'gives a score that is none': saying({ ...answer, score: '15' }),
  'gives no action': saying({ ...answer, action: null }),
  'has an error': (response, request) =>
    saying({ error: 'invalid command' })(Object.assign(response, { statusCode: 500 }), request),
  'sends elsewhere': (response, request) =>
    saying(answer)(response.writeHead(302, { location: 'http://127.0.0.1:1/' }), request),
  'never stops': (response) => {
    const more = (): void => {
      while (!response.destroyed && response.write(' '.repeat(65_536))) continue
    }
    response.on('drain', more)
    more()
  },
  'says nothing': () => undefined,
}
for (const [what, act] of Object.entries(NONSENSE))
  test(`a peer that ${what} has not looked at anything`, async (t) => {
    await assert.rejects(check(t, act), { reason: 'scannerSilent' })
  })
