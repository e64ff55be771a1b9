import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { testConfig } from '#test/cluster'
import { startNameServer } from '#test/name-server'
import { loadCertificate } from './certificate.ts'
import { openFetch, type FetchOrder } from './fetch.ts'
import { isPublicAddress } from './public-address.ts'

const folder = mkdtempSync(join(tmpdir(), 'zegel-fetch-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const config = testConfig({ dataFolder: folder, keyFile: join(folder, 'key') })
const names = await startNameServer({ after }, {})

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  after(() => server.close())
  return (server.address() as AddressInfo).port
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void
const answers: Record<string, Answer> = {
  '/picture': (_request, response) => response.setHeader('content-type', 'Image/PNG; x=y').end('picture'),
  '/echo': (request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () =>
      response.end(JSON.stringify({ ...request.headers, form: Buffer.concat(pieces).toString() })),
    )
  },
  '/drip': (_request, response) => {
    response.flushHeaders()
    const timer = setInterval(() => response.write('.'), 20)
    response.on('close', () => clearInterval(timer))
  },
  '/endless': (_request, response) => {
    const more = (): void => {
      while (response.write('x'.repeat(65_536)));
    }
    response.on('drain', more)
    more()
  },
  '/large': (_request, response) => response.setHeader('content-length', 10 ** 12).flushHeaders(),
  '/bomb': (_request, response) =>
    response.setHeader('content-encoding', 'gzip').end(gzipSync(Buffer.alloc(10_000_000))),
  '/header': (_request, response) => response.setHeader('x-long', 'x'.repeat(20_000)).end(),
  '/half': (_request, response) => {
    response.setHeader('content-length', 100)
    response.write('half')
    setImmediate(() => response.destroy())
  },
  '/round': (_request, response) => response.writeHead(302, { location: '/round' }).end(),
  '/away': (_request, response) => response.writeHead(302, { location: '/picture' }).end(),
}
const web = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x')
  const to = searchParams.get('to')
  if (to !== null) response.writeHead(307, { location: to.replace(/[^\x00-\x7f]/g, encodeURIComponent) }).end()
  else (answers[pathname] ?? ((_request, other) => other.writeHead(404).end()))(request, response)
})
const open = await listen(web)

let reached = 0
const secret = await listen(createServer((_request, response) => (reached++, response.end('secret'))))

const settings = { dns: { servers: [names.address] }, fetch: { allow: [`127.0.0.1:${open}`] } }
const guarded = openFetch(settings, 1000)
const order = (url: string, more: Partial<FetchOrder> = {}): FetchOrder => ({
  url,
  schemes: ['https:', 'http:'],
  accept: 'image/*',
  maxBytes: 100_000,
  maxRedirects: 3,
  ...more,
})
const here = (path: string): string => `http://127.0.0.1:${open}${path}`

test('what is asked for comes, and nothing of the person goes along', async () => {
  const { status, type, body } = await guarded(order(here('/picture')))
  assert.deepEqual([status, type, body.toString()], [200, 'image/png', 'picture'])
  const sent = JSON.parse((await guarded(order(here('/echo')))).body.toString()) as Record<string, string>
  assert.deepEqual(sent, {
    host: `127.0.0.1:${open}`,
    'user-agent': 'Zegel',
    accept: 'image/*',
    'accept-encoding': 'identity',
    connection: 'close',
    form: '',
  })
  const posted = JSON.parse((await guarded(order(here('/echo'), { form: 'a=b' }))).body.toString()) as Record<
    string,
    string
  >
  assert.deepEqual([posted['form'], posted['content-type']], ['a=b', 'application/x-www-form-urlencoded'])
  assert.equal((await guarded(order(here('/nothing')))).status, 404)
  assert.equal((await guarded(order(here('/away')))).body.toString(), 'picture')
})

test('what is posted in place of a form goes as it is, with its type', async () => {
  const content = { type: 'application/tlsrpt+gzip', bytes: Buffer.from('a\0b') }
  const sent = JSON.parse((await guarded(order(here('/echo'), { content }))).body.toString()) as Record<string, string>
  assert.deepEqual(
    [sent['content-type'], sent['content-length'], sent['form']],
    ['application/tlsrpt+gzip', '3', 'a\0b'],
  )
})

const inwards: [attack: string, host: string][] = [
  ['loopback', '127.0.0.1'],
  ['loopback elsewhere in its network', '127.9.9.9'],
  ['loopback as one number', '2130706433'],
  ['loopback in octal', '0177.0.0.1'],
  ['loopback in hexadecimal', '0x7f.0.0.1'],
  ['loopback in short', '127.1'],
  ['loopback by its name', 'localhost'],
  ['loopback by a name that is not ours', 'loop.example'],
  ['loopback in full-width digits', '１２７.0.0.1'],
  ['nowhere, which is here', '0.0.0.0'],
  ['loopback in IPv6', '[::1]'],
  ['nowhere in IPv6', '[::]'],
  ['loopback mapped into IPv6', '[::ffff:127.0.0.1]'],
  ['loopback compatible with IPv6', '[::127.0.0.1]'],
  ['loopback behind NAT64', '[64:ff9b::7f00:1]'],
  ['loopback within 6to4', '[2002:7f00:1::]'],
  ['loopback within Teredo', '[2001:0:7f00:1::]'],
  ['a private network', '10.0.0.1'],
  ['another private network', '172.31.255.255'],
  ['the network at home', '192.168.1.1'],
  ['the network of a provider', '100.100.100.100'],
  ['what a cloud tells its machines', '169.254.169.254'],
  ['link-local in IPv6', '[fe80::1]'],
  ['private in IPv6', '[fd00::1]'],
  ['multicast', '239.255.255.250'],
  ['multicast in IPv6', '[ff02::1]'],
  ['broadcast', '255.255.255.255'],
  ['a name that is public and private at once', 'both.example'],
]
names.zone = {
  'loop.example': { A: ['127.0.0.1'] },
  localhost: { A: ['127.0.0.1'] },
  'both.example': { A: ['192.0.43.8', '10.0.0.1'] },
}
for (const [attack, host] of inwards)
  test(`never goes to ${attack}, by itself or led there`, async () => {
    for (const url of [`http://${host}/`, `https://${host}/`, `http://${host}:${secret}/`]) {
      await assert.rejects(guarded(order(url)), { reason: 'forbidden' }, url)
      const led = here(`/?to=${encodeURIComponent(url)}`)
      await assert.rejects(guarded(order(led)), { reason: 'forbidden' }, led)
    }
    assert.equal(reached, 0)
  })

test('a port that is not of the web is not knocked at, on a public host either', async () => {
  for (const port of [22, 25, 3306, 5432, 6379, open])
    await assert.rejects(guarded(order(`http://192.0.43.8:${port}/`)), { reason: 'forbidden' })
})

test('a name server that changes its mind is asked once, and what it said then counts', async () => {
  let asked = 0
  names.zone = {
    get 'rebound.example'() {
      asked++
      return { A: asked <= 2 ? ['127.0.0.1'] : ['127.0.0.2'] }
    },
  }
  const { body } = await guarded(order(`http://rebound.example:${open}/picture`))
  assert.equal(body.toString(), 'picture')
  assert.equal(asked, 2, 'for A and AAAA')
  await assert.rejects(guarded(order(`http://rebound.example:${open}/picture`)), { reason: 'forbidden' })
})

const strange: [attack: string, url: string][] = [
  ['a file', 'file:///etc/passwd'],
  ['data', 'data:image/png;base64,AAAA'],
  ['FTP', 'ftp://example.org/x.png'],
  ['gopher, which speaks to anybody', 'gopher://127.0.0.1:6379/_INFO'],
  ['a script', 'javascript:alert(1)'],
  ['a name before the host', `http://public.example@127.0.0.1/`],
  ['a password before the host', `http://a:b@example.org/`],
  ['no host', 'http://'],
  ['no scheme', '//example.org/x.png'],
  ['nothing', ''],
  ['an URL without end', `https://example.org/${'x'.repeat(5000)}`],
]
for (const [attack, url] of strange)
  test(`refused as an URL: ${attack}`, async () => {
    await assert.rejects(guarded(order(url)), { reason: 'invalid' })
    if (URL.canParse(url)) {
      const led = here(`/?to=${encodeURIComponent(url.slice(0, 5000))}`)
      await assert.rejects(guarded(order(led)), { reason: 'invalid' })
    }
  })

const tiresome: [attack: string, path: string, reason: string][] = [
  ['a body that drips', '/drip', 'notFound'],
  ['a body without end', '/endless', 'tooLarge'],
  ['a body said to be a terabyte', '/large', 'tooLarge'],
  ['a body that would burst when unpacked', '/bomb', 'notFound'],
  ['a header without end', '/header', 'notFound'],
  ['a body that breaks off', '/half', 'notFound'],
  ['a round trip', '/round', 'notFound'],
]
for (const [attack, path, reason] of tiresome)
  test(`ends ${attack}`, async () => {
    await assert.rejects(guarded(order(here(path))), { reason })
  })

test('a form is not posted on, and https does not become http', async () => {
  await assert.rejects(guarded(order(here('/away'), { form: 'x', maxRedirects: 0 })), { reason: 'notFound' })
  await assert.rejects(guarded(order(here('/picture'), { schemes: ['https:'] })), { reason: 'invalid' })
})

test('what is no web server, or is not there, ends the same way', async () => {
  const port = await listen(createTcpServer((socket) => socket.end('220 mail.example.org ESMTP\r\n')))
  const silent = await listen(createTcpServer(() => undefined))
  const to = openFetch(
    { ...settings, fetch: { allow: [`127.0.0.1:${port}`, `127.0.0.1:${silent}`, '127.0.0.1:1'] } },
    300,
  )
  for (const url of [
    `http://127.0.0.1:${port}/`,
    `http://127.0.0.1:${silent}/`,
    'http://127.0.0.1:1/',
    'http://nowhere.example/',
  ])
    await assert.rejects(to(order(url)), { reason: 'notFound' }, url)
})

test('a certificate has to be that of the name, and of an authority that is believed', async () => {
  const certificate = await loadCertificate(config)
  const port = await listen(createTlsServer(certificate, (_request, response) => response.end('sealed')))
  names.zone = { 'zegel.test': { A: ['127.0.0.1'] }, 'other.example': { A: ['127.0.0.1'] } }
  const allow = [`127.0.0.1:${port}`]
  await assert.rejects(openFetch({ ...settings, fetch: { allow } })(order(`https://zegel.test:${port}/`)), {
    reason: 'notFound',
  })
  const authority = join(folder, 'authority.pem')
  writeFileSync(authority, certificate.cert)
  const believing = openFetch({ ...settings, fetch: { allow, authority } })
  assert.equal((await believing(order(`https://zegel.test:${port}/`))).body.toString(), 'sealed')
  await assert.rejects(believing(order(`https://other.example:${port}/`)), { reason: 'notFound' })
})

test('public is what the registries give out to everybody', () => {
  for (const address of ['1.1.1.1', '192.0.43.8', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a01:4f8::1'])
    assert.equal(isPublicAddress(address), true, address)
  for (const address of ['198.18.0.1', '203.0.113.9', '2001:db8::1', '5f00::1', '100::1', 'fec0::1', 'example.org', ''])
    assert.equal(isPublicAddress(address), false, address)
})
