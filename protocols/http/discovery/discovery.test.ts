/** What mail programs ask when somebody types an address, as their logs show it, and what nobody should ask. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { createDomain } from '#accounts'
import { childOf, childrenOf, readXml, textOf, type XmlElement } from '#formats/xml'
import { startServer } from '#test/server'

const server = await startServer(
  { after },
  {
    submission: { port: 587, tlsPort: 465 },
    pop3: { port: 110, tlsPort: 995 },
    names: ['mail.zegel.test'],
    operator: { name: 'Tulips & Co', country: 'BE' },
  },
  ['http'],
)
await createDomain(server.storage, 'tulips.example')
await createDomain(server.storage, 'bücher.example')
await server.createAccount('lena')

/** Sends bytes, and reads until the server ends the connection. */
async function replay(request: string | Buffer, { isTls = true } = {}) {
  const { hostname: host, port } = new URL(isTls ? server.https : server.http)
  const socket = isTls
    ? connectTls({ host, port: Number(port), rejectUnauthorized: false })
    : connect({ host, port: Number(port) })
  await once(socket, isTls ? 'secureConnect' : 'connect')
  // What is too large is answered before it has all gone out.
  socket.on('error', () => undefined)
  socket.write(request)
  let text = ''
  for await (const piece of socket.setEncoding('utf8')) text += piece as string
  const [head = '', ...rest] = text.split('\r\n\r\n')
  const header = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1]
  return { status: Number(head.split(' ')[1]), header, text: unchunked(rest.join('\r\n\r\n'), header) }
}

const unchunked = (text: string, header: (name: string) => string | undefined): string =>
  header('Transfer-Encoding') === 'chunked' ? text.replace(/^[0-9a-f]+\r\n|\r\n0\r\n\r\n$/g, '') : text

const get = (host: string, path: string, ...headers: string[]): string =>
  [`GET ${path} HTTP/1.1`, `Host: ${host}`, ...headers, 'Connection: close', '', ''].join('\r\n')

// Thunderbird asks by XMLHttpRequest, first by https, then in clear; its setup log names the addresses in this order.
const THUNDERBIRD = [
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.5.0',
  'Accept: */*',
  'Accept-Language: de,en-US;q=0.7,en;q=0.3',
  'Accept-Encoding: gzip, deflate, br, zstd',
]
const AUTOCONFIG = '/mail/config-v1.1.xml'
const WELL_KNOWN = '/.well-known/autoconfig/mail/config-v1.1.xml'

const POX_REQUEST = 'http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006'
const POX_OUTLOOK = 'http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a'
const poxBody = (address: string, schema = POX_OUTLOOK): string =>
  `<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="${POX_REQUEST}"><Request><EMailAddress>${address}</EMailAddress><AcceptableResponseSchema>${schema}</AcceptableResponseSchema></Request></Autodiscover>`

const OUTLOOK = 'User-Agent: Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17726; Pro)'

/** As Outlook posts it. */
const outlook = (host: string, body: string, path = '/autodiscover/autodiscover.xml'): string =>
  [
    `POST ${path} HTTP/1.1`,
    'Connection: close',
    'Pragma: no-cache',
    'Content-Type: text/xml',
    OUTLOOK,
    'X-FeatureVersion: 1',
    'X-MapiHttpCapability: 1',
    'Depth: 0',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `Host: ${host}`,
    '',
    body,
  ].join('\r\n')

const children = (element: XmlElement, name: string): Record<string, string>[] =>
  childrenOf(element, name).map((one) => ({
    ...Object.fromEntries(one.attributes.map(({ name: key, value }) => [key, value])),
    ...Object.fromEntries(
      one.children.flatMap((child) => (typeof child === 'string' ? [] : [[child.name, textOf(child)]])),
    ),
  }))

const within = (element: XmlElement, ...names: string[]): XmlElement =>
  names.reduce((at, name) => {
    const found = childOf(at, name)
    assert.ok(found, `<${name}> is missing`)
    return found
  }, element)

const { imap } = server.config
const ways = (type: string, port: number, socketType = 'SSL') => ({
  type,
  hostname: 'zegel.test',
  port: String(port),
  socketType,
  authentication: 'password-cleartext',
  username: '%EMAILADDRESS%',
})

for (const [what, host, path, domain, isTls] of [
  [
    'Thunderbird',
    'autoconfig.tulips.example',
    `${AUTOCONFIG}?emailaddress=lena%40tulips.example`,
    'tulips.example',
    true,
  ],
  [
    'Thunderbird, at the domain',
    'tulips.example',
    `${WELL_KNOWN}?emailaddress=lena%40tulips.example`,
    'tulips.example',
    true,
  ],
  [
    'Thunderbird, in clear',
    'autoconfig.tulips.example',
    `${AUTOCONFIG}?emailaddress=lena%40tulips.example`,
    'tulips.example',
    false,
  ],
  [
    'Thunderbird, by the domain of the MX',
    'autoconfig.zegel.test',
    `${AUTOCONFIG}?emailaddress=lena%40tulips.example`,
    'tulips.example',
    true,
  ],
  // K-9 and Thunderbird for Android never send the address.
  ['Thunderbird for Android', 'autoconfig.tulips.example', AUTOCONFIG, 'tulips.example', true],
  [
    'a domain in U-labels',
    'autoconfig.xn--bcher-kva.example',
    `${AUTOCONFIG}?emailaddress=lena%40b%C3%BCcher.example`,
    'xn--bcher-kva.example',
    true,
  ],
  [
    'a program that writes "+" as it is',
    'autoconfig.tulips.example',
    `${AUTOCONFIG}?emailaddress=lena+shop@TULIPS.example`,
    'tulips.example',
    true,
  ],
  [
    'the server by its own name',
    'zegel.test',
    `${WELL_KNOWN}?emailaddress=lena@tulips.example`,
    'tulips.example',
    true,
  ],
] as const)
  test(`autoconfig is answered: ${what}`, async () => {
    const answer = await replay(get(host, path, ...THUNDERBIRD), { isTls })
    assert.equal(answer.status, 200)
    assert.equal(answer.header('Content-Type'), 'application/xml; charset=utf-8')
    const root = readXml(answer.text)
    assert.equal(root.name, 'clientConfig')
    const provider = within(root, 'emailProvider')
    assert.equal(textOf(within(provider, 'domain')), domain)
    assert.equal(textOf(within(provider, 'displayName')), 'Tulips & Co')
    assert.deepEqual(children(provider, 'incomingServer'), [ways('imap', imap.tlsPort), ways('pop3', 995)])
    assert.deepEqual(children(provider, 'outgoingServer'), [ways('smtp', 465), ways('smtp', 587, 'STARTTLS')])
  })

test('autoconfig says the same of an address that exists and of one that does not', async () => {
  const [exists, missing] = await Promise.all(
    ['lena', 'nobody'].map((name) =>
      replay(get('autoconfig.zegel.test', `${AUTOCONFIG}?emailaddress=${name}%40zegel.test`)),
    ),
  )
  assert.equal(exists?.status, 200)
  assert.equal(exists.text, missing?.text)
})

for (const [what, host, path] of [
  ['another server’s domain', 'autoconfig.roses.example', `${AUTOCONFIG}?emailaddress=a%40roses.example`],
  ['a domain below one that is served', 'autoconfig.garden.tulips.example', AUTOCONFIG],
  [
    'an address of another server’s domain',
    'autoconfig.tulips.example',
    `${AUTOCONFIG}?emailaddress=a%40roses.example`,
  ],
  ['an address without a domain', 'autoconfig.tulips.example', `${AUTOCONFIG}?emailaddress=lena`],
  [
    'an address that ends a line',
    'autoconfig.tulips.example',
    `${AUTOCONFIG}?emailaddress=a%40tulips.example%0D%0ASet-Cookie:%20x=1`,
  ],
  ['an address with markup', 'autoconfig.tulips.example', `${AUTOCONFIG}?emailaddress=a%40%3Cscript%3E.tulips.example`],
  ['an address of a megabyte’s worth', 'autoconfig.tulips.example', `${AUTOCONFIG}?emailaddress=${'a'.repeat(30_000)}`],
  ['no domain and no address', 'mail.zegel.test', WELL_KNOWN],
  ['a name with a path', 'autoconfig.tulips.example/../x', AUTOCONFIG],
  ['a script for a name', 'autoconfig.<script>', AUTOCONFIG],
  ['the app under the name for settings', 'autoconfig.tulips.example', '/jmap/session'],
  ['a path that resembles it', 'autoconfig.tulips.example', '/mail/config-v1.1.xml/'],
] as const)
  test(`autoconfig is not answered: ${what}`, async () => {
    const answer = await replay(get(host, path))
    assert.ok([400, 404, 421].includes(answer.status), String(answer.status))
    assert.equal(answer.header('Set-Cookie'), undefined)
    assert.doesNotMatch(answer.text, /clientConfig|script/)
  })

/** The settings in an answer of Autodiscover; undefined for an error. */
function pox(text: string) {
  const root = readXml(text)
  assert.deepEqual(
    [root.name, root.namespace],
    ['Autodiscover', 'http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006'],
  )
  const response = within(root, 'Response')
  const error = childOf(response, 'Error')
  return {
    namespace: response.namespace,
    error: error === undefined ? undefined : textOf(within(error, 'ErrorCode')),
    protocols: error === undefined ? children(within(response, 'Account'), 'Protocol') : [],
  }
}

for (const [host, path] of [
  ['autodiscover.tulips.example', '/autodiscover/autodiscover.xml'],
  ['autodiscover.tulips.example', '/Autodiscover/Autodiscover.xml'],
  ['tulips.example', '/autodiscover/autodiscover.xml'],
  ['zegel.test', '/autodiscover/autodiscover.xml'],
] as const)
  test(`Outlook is told the settings at ${host}${path}`, async () => {
    const answer = await replay(outlook(host, poxBody('Lena@Tulips.example'), path))
    assert.equal(answer.status, 200)
    assert.equal(answer.header('Content-Type'), 'text/xml; charset=utf-8')
    assert.equal(answer.header('Cache-Control'), 'no-store')
    const { namespace, protocols } = pox(answer.text)
    assert.equal(namespace, POX_OUTLOOK)
    const common = { Server: 'zegel.test', DomainRequired: 'off', LoginName: 'Lena@tulips.example', SPA: 'off' }
    const secure = { SSL: 'on', Encryption: 'SSL', AuthRequired: 'on' }
    assert.deepEqual(protocols, [
      { Type: 'IMAP', Port: String(imap.tlsPort), ...common, ...secure },
      { Type: 'POP3', Port: '995', ...common, ...secure },
      { Type: 'SMTP', Port: '465', ...common, ...secure, UsePOPAuth: 'off', SMTPLast: 'off' },
    ])
  })

test('Autodiscover says the same of an address that exists and of one that does not', async () => {
  const [exists, missing] = await Promise.all(
    ['lena', 'nobody'].map(async (name) => {
      const { text } = await replay(outlook('autodiscover.zegel.test', poxBody(`${name}@zegel.test`)))
      return text.replaceAll(`${name}@`, '')
    }),
  )
  assert.equal(exists, missing)
})

test('Outlook, which asks in clear, is sent to the server by its own name and TLS', async () => {
  const path = '/autodiscover/autodiscover.xml'
  const answer = await replay(get('autodiscover.tulips.example', path, OUTLOOK), { isTls: false })
  assert.equal(answer.status, 302)
  assert.equal(answer.header('Location'), `https://zegel.test:${new URL(server.https).port}${path}`)
  const posted = await replay(outlook('autodiscover.tulips.example', poxBody('lena@tulips.example')), { isTls: false })
  assert.equal(posted.status, 403)
})

const bomb = `<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>`
const hostile: [what: string, body: string, error: string, status?: number][] = [
  [
    'ActiveSync, which is not offered',
    poxBody('lena@tulips.example', 'http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006'),
    '601',
  ],
  ['a domain that is not served here', poxBody('lena@roses.example'), '500'],
  ['an address literal', poxBody('lena@[127.0.0.1]'), '500'],
  ['nothing', '', '600'],
  ['no XML', 'EMailAddress=lena@tulips.example', '600'],
  ['an element that is not closed', poxBody('lena@tulips.example').slice(0, -3), '600'],
  ['another document', '<html xmlns="http://www.w3.org/1999/xhtml"><body/></html>', '600'],
  ['no address', poxBody(''), '600'],
  ['no schema', poxBody('lena@tulips.example', ''), '600'],
  ['no address at all', poxBody('lena'), '600'],
  ['two lines for an address', poxBody('lena@tulips.example&#13;&#10;Set-Cookie: x=1'), '600'],
  ['markup in the address', poxBody('&lt;script&gt;@tulips.example'), '600'],
  ['elements in the address', poxBody('<a>lena@tulips.example</a>'), '600'],
  ['entities that multiply', bomb + poxBody('&c;@tulips.example').replace(/<\?.*?\?>/, ''), '600'],
  [
    'a file of the server',
    `<!DOCTYPE a [<!ENTITY c SYSTEM "file:///etc/passwd">]>${poxBody('&c;')}`.replace(/<\?.*?\?>/, ''),
    '600',
  ],
  ['a thousand levels', '<Autodiscover>'.repeat(1000), '600'],
  ['a text of ten thousand characters', poxBody(`${'a'.repeat(10_000)}@tulips.example`), '600'],
  ['a megabyte', poxBody(`${'a'.repeat(1024 * 1024)}@tulips.example`), '600', 413],
]
for (const [what, body, error, status = 200] of hostile)
  test(`Autodiscover answers with error ${error}: ${what}`, async () => {
    const answer = await replay(outlook('autodiscover.tulips.example', body))
    assert.equal(answer.status, status)
    assert.equal(answer.header('Set-Cookie'), undefined)
    assert.equal(pox(answer.text).error, error)
    assert.doesNotMatch(answer.text, /script|root:|bbbb|aaaa/)
  })

test('a quoted address comes back as text, and not as markup', async () => {
  const answer = await replay(outlook('autodiscover.tulips.example', poxBody('"&lt;b&gt; &amp;"@tulips.example')))
  assert.equal(pox(answer.text).protocols[0]?.['LoginName'], '"<b> &"@tulips.example')
})

test('a body of unknown length is read no further than its bound', async () => {
  const chunk = `4000\r\n${'a'.repeat(0x4000)}\r\n`
  const head =
    'POST /autodiscover/autodiscover.xml HTTP/1.1\r\nHost: autodiscover.tulips.example\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n'
  const answer = await replay(`${head}${chunk.repeat(4)}0\r\n\r\n`)
  assert.equal(answer.status, 413)
})

test('looking at it with a browser says that this is no request, and leads nowhere', async () => {
  const answer = await replay(get('autodiscover.tulips.example', '/autodiscover/autodiscover.xml'))
  assert.equal(pox(answer.text).error, '600')
  assert.match(answer.header('Content-Security-Policy') ?? '', /^default-src 'none'/)
})

for (const body of [poxBody('lena@tulips.example'), 'x'])
  test(`another server’s name is not answered for, whatever is posted: ${body.length} bytes`, async () => {
    assert.equal((await replay(outlook('autodiscover.roses.example', body))).status, 421)
  })

const JSON_PATH = '/autodiscover/autodiscover.json'
const Url = `https://zegel.test:${new URL(server.https).port}/autodiscover/autodiscover.xml`
for (const [what, path, status, body] of [
  [
    'Outlook 2024',
    `${JSON_PATH}/v1.0/lena@tulips.example?Protocol=Autodiscoverv1&RedirectCount=1`,
    200,
    { Protocol: 'AutodiscoverV1', Url },
  ],
  [
    'Outlook 2019',
    `${JSON_PATH}?Email=lena%40tulips.example&Protocol=Autodiscoverv1&RedirectCount=1`,
    200,
    { Protocol: 'AutodiscoverV1', Url },
  ],
  [
    'capitals',
    `/Autodiscover/Autodiscover.json?Email=lena%40tulips.example&Protocol=AutodiscoverV1`,
    200,
    { Protocol: 'AutodiscoverV1', Url },
  ],
  [
    'Outlook for telephones',
    `${JSON_PATH}?Email=lena%40tulips.example&Protocol=ActiveSync&RedirectCount=1`,
    400,
    'InvalidProtocol',
  ],
  ['Outlook for Mac', `${JSON_PATH}?Email=lena%40tulips.example&Protocol=EWS&RedirectCount=1`, 400, 'InvalidProtocol'],
  ['no protocol', `${JSON_PATH}?Email=lena%40tulips.example`, 400, 'MandatoryParameterMissing'],
  ['no address', `${JSON_PATH}?Protocol=AutodiscoverV1`, 400, 'InvalidUserId'],
  ['markup for an address', `${JSON_PATH}/v1.0/%3Cscript%3E?Protocol=AutodiscoverV1`, 400, 'InvalidUserId'],
  [
    'two lines for an address',
    `${JSON_PATH}/v1.0/a%40tulips.example%0D%0Ax?Protocol=AutodiscoverV1`,
    400,
    'InvalidUserId',
  ],
  ['a broken escape', `${JSON_PATH}/v1.0/%E0%A4%A?Protocol=AutodiscoverV1`, 400, 'InvalidUserId'],
  ['markup for a protocol', `${JSON_PATH}?Email=lena%40tulips.example&Protocol=%3Cscript%3E`, 400, 'InvalidProtocol'],
  [
    'a domain that is not served here',
    `${JSON_PATH}/v1.0/a@roses.example?Protocol=AutodiscoverV1`,
    404,
    'UserNotFound',
  ],
] as const)
  test(`Autodiscover by JSON: ${what}`, async () => {
    const answer = await replay(get('autodiscover.tulips.example', path, OUTLOOK))
    assert.equal(answer.status, status)
    assert.match(answer.header('Content-Type') ?? '', /^application\/json/)
    const said = JSON.parse(answer.text) as Record<string, string>
    if (typeof body === 'string') assert.equal(said['ErrorCode'], body)
    else assert.deepEqual(said, body)
    assert.doesNotMatch(answer.text, /script/)
  })

test('behind a proxy the address for Outlook has the usual port', async (t) => {
  const proxied = await startServer(t, { proxies: ['127.0.0.1'] }, ['http'])
  const answer = await fetch(`${proxied.http}${JSON_PATH}/v1.0/lena@tulips.example?Protocol=AutodiscoverV1`, {
    headers: { 'x-forwarded-host': 'zegel.test', 'x-forwarded-proto': 'https' },
  })
  assert.equal(
    ((await answer.json()) as Record<string, string>)['Url'],
    'https://zegel.test/autodiscover/autodiscover.xml',
  )
})
