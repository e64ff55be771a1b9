import { after, beforeEach, test } from 'node:test'
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { createServer as createAuthority } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createDomain, keepCertificates, openCertificates } from '#accounts'
import { loadCertificate, openDns, shiftClock, type Certificate, type Config } from '#system'
import { silent } from '#test/cluster'
import { testDatabase } from '#test/database'
import { dialImap } from '#test/imap'
import { startNameServer } from '#test/name-server'
import { reservePebble } from '#test/pebble'
import { startServer, type TestServer } from '#test/server'
import { dialSmtp } from '#test/smtp'

type Address = TestServer['smtp']

const HOUR = 3600
const DAY = 24 * HOUR
const undo = { after }
const HERE = { A: ['127.0.0.1'] }
const dns = await startNameServer(undo, {})
const { config: settings } = await testDatabase()
const pebble = await reservePebble(undo, settings)
const server = await startServer(undo, { tls: { acme: pebble.settings }, dns: { servers: [dns.address] } }, [
  'smtp',
  'http',
  'imap',
  'pop3',
  'desk',
])
await pebble.start({ httpPort: Number(new URL(server.http).port), nameServer: dns.address })
const { config, storage } = server
const { sql } = storage.database
const names = openDns(config)
await createDomain(storage, 'zegel.test')
const keep = (differing: Partial<Config> = {}) => keepCertificates(storage, { ...config, ...differing }, names)

beforeEach(async () => {
  shiftClock(0)
  dns.zone = { 'zegel.test': HERE }
  dns.questions = []
  await sql`delete from certificate`
  await sql`delete from tls_key`
  await sql`select pg_notify('zegel_certificate', '')`
  await until(async () => isSelfMade(await shownAt(addressOf(server.https))))
})

const addressOf = (url: string): Address => ({ host: '127.0.0.1', port: Number(new URL(url).port) })

async function shownAt({ host, port }: Address, servername?: string): Promise<X509Certificate> {
  const name = servername === undefined ? {} : { servername }
  const socket = connectTls({ host, port, rejectUnauthorized: false, ...name })
  await once(socket, 'secureConnect')
  const certificate = socket.getPeerX509Certificate() as X509Certificate
  socket.destroy()
  return certificate
}

/** By STARTTLS, without asking for a name, as most mail servers come. */
async function shownBySmtp(t: { after(undo: () => void): void }): Promise<X509Certificate> {
  const smtp = await dialSmtp(t, server.smtp)
  await smtp.say('STARTTLS')
  return (await smtp.startTls()).getPeerX509Certificate() as X509Certificate
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (await isSo()) return
    await sleep(25)
  }
  assert.fail('not within ten seconds')
}

interface State {
  trouble: string | null
  trouble_names: string[]
  names: string[]
  change: number
  failures: number
}

async function stateOf(purpose = 'server', subject = 'zegel.test'): Promise<State> {
  const { rows } = await sql<State>`
    select trouble, trouble_names, names, change, failures from certificate where purpose = ${purpose} and subject = ${subject}`
  assert.ok(rows[0], 'it is looked after')
  return rows[0]
}

const isSelfMade = (certificate: X509Certificate): boolean => certificate.issuer === certificate.subject

test('once names lead here an authority is asked, and every port shows what it issued, without a restart', async (t) => {
  dns.zone['mta-sts.zegel.test'] = HERE
  const https = addressOf(server.https)
  assert.deepEqual(await keep(), { looked: 2, issued: 2, failed: 0 })
  for (const at of [https, addressOf(server.desk), server.imaps, server.pop3s, server.submissions])
    await until(async () => (await shownAt(at)).subjectAltName === 'DNS:zegel.test')
  await until(async () => (await shownBySmtp(t)).subjectAltName === 'DNS:zegel.test')
  assert.equal((await shownAt(https, 'MTA-STS.zegel.test')).subjectAltName, 'DNS:mta-sts.zegel.test')
  assert.equal((await shownAt(https, 'other.example')).subjectAltName, 'DNS:zegel.test')
  const believing = connectTls({ ...https, servername: 'zegel.test', ca: await pebble.root() })
  t.after(() => void believing.destroy())
  await once(believing, 'secureConnect')
  assert.ok(believing.authorized)
})

test('what is kept of certificates opens by the service key alone', async () => {
  await keep()
  const { rows } = await sql<{ sealed: Buffer }>`
    select private_key as sealed from tls_key union all select private_key from acme_account`
  assert.equal(rows.length, 3)
  // The name of the curve stands in every key of it.
  const curve = Buffer.from('06082a8648ce3d030107', 'hex')
  for (const { sealed } of rows) assert.ok(!sealed.includes(curve) && !sealed.includes('PRIVATE KEY'))
})

test('a renewal leaves a hundred open connections be, and shows the new certificate to those that come', async (t) => {
  await keep()
  const https = addressOf(server.https)
  await until(async () => !isSelfMade(await shownAt(https)))
  const before = (await shownAt(https)).serialNumber
  const imaps = await Promise.all(Array.from({ length: 34 }, () => dialImap(t, server.imaps, { tls: true })))
  const smtps = await Promise.all(Array.from({ length: 33 }, () => dialSmtp(t, server.smtp)))
  for (const smtp of smtps) {
    await smtp.say('STARTTLS')
    await smtp.startTls()
  }
  const webs = await Promise.all(Array.from({ length: 33 }, () => openWeb(t, https)))
  assert.ok((await Promise.all(webs.map((web) => web.ask()))).every((line) => line === 'HTTP/1.1 200 OK'))
  shiftClock(61 * DAY)
  assert.equal((await keep()).issued, 1)
  await until(async () => (await shownAt(https)).serialNumber !== before)
  await until(async () => (await shownBySmtp(t)).serialNumber !== before)
  await until(async () => (await shownAt(server.imaps)).serialNumber !== before)
  for (const imap of imaps) assert.match((await imap.say('NOOP')).tagged, /^OK/)
  for (const smtp of smtps) assert.match(await smtp.say('EHLO peer.example'), /^250/)
  for (const web of webs) assert.equal(await web.ask(), 'HTTP/1.1 200 OK')
})

/** A connection on which several requests are made. */
async function openWeb(t: { after(undo: () => void): void }, { host, port }: Address) {
  const socket = connectTls({ host, port, servername: 'zegel.test', rejectUnauthorized: false })
  t.after(() => void socket.destroy())
  await once(socket, 'secureConnect')
  return {
    async ask(): Promise<string> {
      socket.write('GET /healthz HTTP/1.1\r\nHost: zegel.test\r\n\r\n')
      const [data] = (await once(socket, 'data')) as [Buffer]
      return data.toString().split('\r\n', 1)[0] as string
    },
  }
}

test('renewed it is at two thirds of its time, under the same key, and not before', async () => {
  await keep()
  const keyOf = async () =>
    (await sql<{ key_id: string }>`select key_id from certificate where purpose = 'server'`).rows
  const key = await keyOf()
  shiftClock(59 * DAY)
  assert.equal((await keep()).issued, 0)
  shiftClock(61 * DAY)
  assert.equal((await keep()).issued, 1)
  assert.deepEqual(await keyOf(), key)
})

test('a name that comes to lead here is asked for at once', async () => {
  const differing = { names: ['webmail.zegel.test'] }
  assert.equal((await keep(differing)).issued, 1)
  assert.deepEqual([(await stateOf()).names, (await stateOf()).trouble_names], [['zegel.test'], ['webmail.zegel.test']])
  dns.zone['webmail.zegel.test'] = HERE
  shiftClock(HOUR)
  assert.equal((await keep(differing)).issued, 1)
  const { names: good, trouble } = await stateOf()
  assert.deepEqual([good, trouble], [['zegel.test', 'webmail.zegel.test'], null])
})

test('two processes at once order once', async () => {
  const both = await Promise.all([keep(), keep(), keep()])
  assert.equal(
    both.reduce((sum, { issued }) => sum + issued, 0),
    1,
  )
  assert.equal((await stateOf()).change, 1)
})

test('whoever wants to know at once waits for the process that orders', async () => {
  let isOver = false
  const ordering = keep().finally(() => (isOver = true))
  const claimed = async (): Promise<boolean> =>
    (await sql`select from certificate where purpose = 'server' and claimed_until is not null`).rows.length > 0
  while (!isOver && !(await claimed()));
  const only = { purpose: 'server', subject: config.hostname } as const
  assert.equal((await keepCertificates(storage, config, names, only)).issued, 0)
  assert.equal((await stateOf()).change, 1)
  assert.equal((await ordering).issued, 1)
})

test('what a killed process was about to order is ordered by another a few minutes later', async () => {
  await keep({ tls: { acme: { ...pebble.settings, directory: 'https://127.0.0.1:1/' } } })
  await sql`update certificate set claimed_until = ${new Date(Date.now() + 600_000)}, try_at = ${new Date(0)}`
  assert.equal((await keep()).looked, 0)
  shiftClock(11 * 60)
  assert.equal((await keep()).issued, 1)
})

for (const [what, zone, trouble] of [
  ['leads elsewhere', { 'zegel.test': { A: ['192.0.2.1'] } }, 'elsewhere'],
  ['leads here and elsewhere', { 'zegel.test': { A: ['127.0.0.1'], AAAA: ['2001:db8::1'] } }, 'elsewhere'],
  ['leads nowhere', {}, 'unknown'],
  ['is not told by the name servers', { 'zegel.test': 'SERVFAIL' }, 'dnsSilent'],
] as const)
  test(`a name that ${what} costs no order`, async (t) => {
    const authority = await startAuthority(t, () => undefined)
    dns.zone = { ...zone } as typeof dns.zone
    assert.deepEqual(await keep({ tls: { acme: authority.settings } }), { looked: 2, issued: 0, failed: 0 })
    assert.deepEqual([(await stateOf()).trouble, authority.asked], [trouble, 0])
  })

test('an address that a router passes on counts as ours when the settings say so', async () => {
  dns.zone['zegel.test'] = { A: ['192.0.2.1'], AAAA: ['2001:db8:0:0::1'] }
  // The authority of the test asks the same name server, and finds nobody there: it was asked, that is what matters.
  const kept = await keep({ addresses: ['192.0.2.1', '2001:DB8::1'] })
  assert.deepEqual([kept.issued, kept.failed, (await stateOf()).trouble], [0, 1, 'unreached'])
})

test('an authority that cannot reach us says for which name', async () => {
  dns.zone['webmail.zegel.test'] = HERE
  const first = keep({ names: ['webmail.zegel.test'] })
  // It asks later than we do.
  dns.zone = new Proxy(dns.zone, {
    get: (zone, name) =>
      name === 'webmail.zegel.test' && dns.questions.filter((one) => one.endsWith(name)).length > 2
        ? {}
        : zone[String(name)],
  })
  assert.equal((await first).failed, 1)
  const { trouble, trouble_names: about } = await stateOf()
  assert.deepEqual([trouble, about], ['unreached', ['webmail.zegel.test']])
})

test('an authority that wants to know whose customer one is, is told', async (t) => {
  const other = await reservePebble(t, settings)
  const key = Buffer.alloc(32, 7).toString('base64url')
  await other.start({
    httpPort: Number(new URL(server.http).port),
    nameServer: dns.address,
    bindings: { 'customer-1': key },
  })
  assert.equal((await keep({ tls: { acme: other.settings } })).failed, 1)
  assert.equal((await stateOf()).trouble, 'account')
  const keyFile = join(config.dataFolder, 'binding')
  writeFileSync(keyFile, `${key}\n`)
  shiftClock(2 * HOUR)
  const acme = { ...other.settings, binding: { keyId: 'customer-1', keyFile } }
  assert.equal((await keep({ tls: { acme } })).issued, 1)
})

test('an authority that has forgotten us is told anew who we are', async (t) => {
  const other = await reservePebble(t, settings)
  const options = { httpPort: Number(new URL(server.http).port), nameServer: dns.address }
  await other.start(options)
  assert.equal((await keep({ tls: { acme: other.settings } })).issued, 1)
  await other.stop()
  await other.start(options)
  shiftClock(61 * DAY)
  assert.equal((await keep({ tls: { acme: other.settings } })).failed, 1)
  shiftClock(62 * DAY)
  assert.equal((await keep({ tls: { acme: other.settings } })).issued, 1)
})

// ── an authority of ours, to answer what none should ──

type Reply = (response: ServerResponse, request: IncomingMessage) => void

async function startAuthority(
  t: { after(undo: () => Promise<void>): void },
  reply: (path: string, base: string) => Reply | undefined,
) {
  const certificate = await loadCertificate({ ...config, tls: {} })
  const file = join(config.dataFolder, 'tls/self-made.crt')
  const authority = { asked: 0, settings: { ...pebble.settings, directory: '', authority: file } }
  const https = createAuthority(certificate, (request, response) => {
    authority.asked++
    const base = `https://127.0.0.1:${(https.address() as AddressInfo).port}`
    request.resume()
    response.setHeader('replay-nonce', 'bm9uY2U')
    const path = request.url as string
    const answer = reply(path, base) ?? USUAL(base)[path]
    if (answer === undefined) response.writeHead(404).end()
    else answer(response, request)
  }).listen(0, '127.0.0.1')
  await once(https, 'listening')
  t.after(async () => {
    https.closeAllConnections()
    await new Promise((resolve) => https.close(resolve))
  })
  authority.settings.directory = `https://127.0.0.1:${(https.address() as AddressInfo).port}/dir`
  return authority
}

const json =
  (data: unknown, status = 200, headers: Record<string, string> = {}): Reply =>
  (response) =>
    void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(data))

const problem = (type: string, status: number, headers: Record<string, string> = {}): Reply =>
  json({ type: `urn:ietf:params:acme:error:${type}`, detail: '\u001b[2Jno\r\n' }, status, headers)

/** One that believes everything. */
const USUAL = (base: string): Record<string, Reply> => ({
  '/dir': json({ newNonce: `${base}/nonce`, newAccount: `${base}/account`, newOrder: `${base}/order` }),
  '/nonce': (response) => void response.end(),
  '/account': json({ status: 'valid' }, 201, { location: `${base}/account/1` }),
  '/order': json(order(base), 201, { location: `${base}/order/1` }),
  '/order/1': json(order(base)),
  '/finalize': json(order(base)),
})
const order = (base: string) => ({
  status: 'valid',
  authorizations: [],
  finalize: `${base}/finalize`,
  certificate: `${base}/certificate`,
})

const text =
  (body: string): Reply =>
  (response) =>
    void response.writeHead(200, { 'content-type': 'application/pem-certificate-chain' }).end(body)

const ownCertificate: Certificate = await loadCertificate({ ...config, tls: {} })

const AUTHORITIES: [what: string, path: string, reply: Reply, trouble: string][] = [
  ['refuses the name', '/order', problem('rejectedIdentifier', 400), 'refused'],
  ['is forbidden to issue by a CAA record', '/order', problem('caa', 403), 'forbidden'],
  ['has had too many orders', '/order', problem('rateLimited', 429, { 'retry-after': '999999999' }), 'limited'],
  ['fails', '/dir', (response) => void response.writeHead(503, { 'retry-after': '86400' }).end('x'), 'silent'],
  ['hangs up', '/order', (response) => void response.destroy(), 'silent'],
  ['has a page in place of a directory', '/dir', text('<html>'), 'nonsense'],
  [
    'sends what is no JSON',
    '/dir',
    (response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('{'),
    'nonsense',
  ],
  ['has a list for a directory', '/dir', json([1]), 'nonsense'],
  [
    'has a directory in clear',
    '/dir',
    json({ newNonce: 'http://127.0.0.1/n', newOrder: 'http://127.0.0.1/o', newAccount: 'http://127.0.0.1/a' }),
    'nonsense',
  ],
  [
    'sends on to elsewhere',
    '/dir',
    (response) => void response.writeHead(302, { location: 'https://127.0.0.1:1/' }).end(),
    'nonsense',
  ],
  [
    'sends without end',
    '/dir',
    (response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const more = (): void => {
        while (response.write('x'.repeat(65_536)));
        response.once('drain', more)
      }
      response.on('error', () => undefined)
      more()
    },
    'nonsense',
  ],
  ['always has another nonce', '/order', problem('badNonce', 400), 'refused'],
  ['answers an order with a number', '/order', json(7, 201), 'nonsense'],
  [
    'wants nothing that we can prove',
    '/order',
    json({ status: 'pending', authorizations: ['x'] }, 201, { location: 'https://127.0.0.1:1/' }),
    'nonsense',
  ],
  ['issues nothing', '/certificate', text(''), 'nonsense'],
  [
    'issues what is no certificate',
    '/certificate',
    text('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'),
    'nonsense',
  ],
  ['issues a certificate for another key', '/certificate', text(ownCertificate.cert), 'nonsense'],
  ['issues a thousand certificates', '/certificate', text(ownCertificate.cert.repeat(1000)), 'nonsense'],
]
for (const [what, path, reply, trouble] of AUTHORITIES)
  test(`an authority that ${what} is left alone for an hour, then for two; what is shown stays`, async (t) => {
    const before = (await shownAt(addressOf(server.https))).serialNumber
    const authority = await startAuthority(t, (asked) => (asked === path ? reply : undefined))
    const differing = { tls: { acme: authority.settings } }
    assert.deepEqual(await keep(differing), { looked: 2, issued: 0, failed: 1 })
    assert.equal((await stateOf()).trouble, trouble)
    const { asked } = authority
    shiftClock(HOUR - 60)
    await keep(differing)
    assert.equal(authority.asked, asked)
    shiftClock(HOUR + 60)
    await keep(differing)
    assert.ok(authority.asked > asked)
    const again = authority.asked
    shiftClock(3 * HOUR - 60)
    await keep(differing)
    assert.deepEqual([authority.asked, (await stateOf()).failures], [again, 2])
    assert.equal((await shownAt(addressOf(server.https))).serialNumber, before)
  })

test('the operator’s own files are shown anew when they change, and a pair that does not fit changes nothing', async (t) => {
  const [cert, key] = [join(config.dataFolder, 'own.crt'), join(config.dataFolder, 'own.key')]
  const make = (name: string) =>
    loadCertificate({ ...config, hostname: name, dataFolder: join(config.dataFolder, name), tls: {} })
  const [first, second] = [await make('first.example'), await make('second.example')]
  const write = (pair: Certificate): void => {
    writeFileSync(key, pair.key)
    writeFileSync(cert, pair.cert)
  }
  write(first)
  const live = await openCertificates({
    config: { ...config, tls: { certificate: cert, key } },
    log: silent,
    everyMs: 10,
  })
  t.after(() => live.close())
  const told: string[] = []
  live.hear((own) => void told.push(own.cert))
  const context = live.contextFor()
  writeFileSync(cert, second.cert)
  await live.look()
  assert.equal(live.own.cert, first.cert)
  assert.equal(live.contextFor(), context)
  writeFileSync(key, second.key)
  await until(async () => live.own.cert === second.cert)
  assert.notEqual(live.contextFor(), context)
  assert.deepEqual(told, [second.cert])
  writeFileSync(cert, '')
  await live.look()
  assert.deepEqual(live.own, second)
})
