/** Marks whose certificates are made by authorities of the test, fetched from a server of the test. */
import 'reflect-metadata'
import assert from 'node:assert/strict'
import { hash, webcrypto, X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import * as x509 from '@peculiar/x509'
import { loadCertificate, openFetch, shiftClock } from '#system'
import { testDatabase } from '#test/database'
import { startNameServer } from '#test/name-server'
import { openIndicators, publishedIndicator, type Published } from './index.ts'

const FOR_MARKS = '1.3.6.1.5.5.7.3.31'
const LOGOTYPE = '1.3.6.1.5.5.7.1.12'
const DAY_MS = 86_400_000

const SVG =
  '<svg xmlns="http://www.w3.org/2000/svg" version="1.2" baseProfile="tiny-ps" viewBox="0 0 10 10"><title>Tulips</title><rect width="10" height="10" fill="#c00"/></svg>'

/** One value of DER. */
function der(tag: number, ...contents: readonly (Buffer | string)[]): Buffer {
  const content = Buffer.concat(contents.map((one) => Buffer.from(one)))
  const length =
    content.length < 128
      ? [content.length]
      : [0x83, content.length >> 16, (content.length >> 8) & 255, content.length & 255]
  return Buffer.concat([Buffer.from([tag, ...length]), content])
}
const SHA256 = der(0x30, der(0x06, Buffer.from('608648016503040201', 'hex')))

/** A picture within a certificate. RFC 3709 §4.1. */
function logotype(svg: string, hashed = svg): Buffer {
  const uri = `data:image/svg+xml;base64,${gzipSync(svg).toString('base64')}`
  const digest = Buffer.from(hash('sha256', hashed), 'hex')
  const details = der(
    0x30,
    der(0x16, 'image/svg+xml'),
    der(0x30, der(0x30, SHA256, der(0x04, digest))),
    der(0x30, der(0x16, uri)),
  )
  // subjectLogo [2] { direct [0] { image { LogotypeDetails } } }
  return der(0x30, der(0xa2, der(0xa0, der(0x30, der(0x30, details)))))
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const newKeys = async (): Promise<webcrypto.CryptoKeyPair> =>
  (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair

interface Made {
  pem: string
  name: string
  keys: webcrypto.CryptoKeyPair
}

interface Wish {
  name: string
  issuer?: Made
  /** Claims this issuer, and is signed by itself. */
  claims?: Made
  isAuthority?: boolean
  names?: string[]
  usage?: string
  picture?: Buffer
  days?: [from: number, to: number]
}

async function make({
  name,
  issuer,
  claims,
  isAuthority = false,
  names = [],
  usage = FOR_MARKS,
  picture,
  days = [-1, 100],
}: Wish): Promise<Made> {
  const keys = await newKeys()
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=${name}`,
    issuer: `CN=${(claims ?? issuer)?.name ?? name}`,
    publicKey: keys.publicKey as never,
    signingKey: (issuer ?? { keys }).keys.privateKey as never,
    signingAlgorithm: algorithm,
    notBefore: new Date(Date.now() + days[0] * DAY_MS),
    notAfter: new Date(Date.now() + days[1] * DAY_MS),
    extensions: [
      new x509.BasicConstraintsExtension(isAuthority, undefined, true),
      ...(isAuthority ? [new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true)] : []),
      ...(isAuthority ? [] : [new x509.ExtendedKeyUsageExtension([usage])]),
      ...(names.length > 0
        ? [new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns' as const, value })))]
        : []),
      ...(picture === undefined ? [] : [new x509.Extension(LOGOTYPE, false, picture)]),
    ],
  })
  return { pem: certificate.toString('pem'), name, keys }
}

const root = await make({ name: 'Marks Root', isAuthority: true })
const between = await make({ name: 'Marks Issuing', issuer: root, isAuthority: true })
const stranger = await make({ name: 'Stranger Root', isAuthority: true })
const names = ['example.org']
const picture = logotype(SVG)
const good = await make({ name: 'Mark', issuer: between, names, picture })

const PAGES: Record<string, string> = {
  good: good.pem + between.pem,
  'with the root': good.pem + between.pem + root.pem,
  'of a stranger': (await make({ name: 'Mark', issuer: stranger, names, picture })).pem + stranger.pem,
  'that only names an authority': (await make({ name: 'Mark', claims: root, names, picture })).pem,
  'without what lies between': good.pem,
  'given for another domain': (await make({ name: 'Mark', issuer: root, names: ['example.net'], picture })).pem,
  'given for a domain below': (await make({ name: 'Mark', issuer: root, names: ['mail.example.org'], picture })).pem,
  'given for this selector': (await make({ name: 'Mark', issuer: root, names: ['default._bimi.example.org'], picture }))
    .pem,
  'that has ended': (await make({ name: 'Mark', issuer: root, names, picture, days: [-10, -1] })).pem,
  'that is for web servers': (await make({ name: 'Mark', issuer: root, names, picture, usage: '1.3.6.1.5.5.7.3.1' }))
    .pem,
  'without a picture': (await make({ name: 'Mark', issuer: root, names })).pem,
  'with another picture than was signed': (
    await make({ name: 'Mark', issuer: root, names, picture: logotype(SVG, 'other') })
  ).pem,
  'with a picture that runs something': (
    await make({
      name: 'Mark',
      issuer: root,
      names,
      picture: logotype(SVG.replace('<rect', '<script>alert(1)</script><rect')),
    })
  ).pem,
  'with a picture from elsewhere': (
    await make({
      name: 'Mark',
      issuer: root,
      names,
      picture: logotype(SVG.replace('<rect', '<image xlink:href="https://evil.example/x"/><rect')),
    })
  ).pem,
  'that is text': 'no certificate',
  'with hundreds of certificates': good.pem + between.pem.repeat(300),
  'that is huge': 'x'.repeat(2_000_000),
}

const { config } = await testDatabase()
const tls = await loadCertificate(config)
const folder = mkdtempSync(join(tmpdir(), 'zegel-marks-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const authority = join(folder, 'authority.pem')
writeFileSync(authority, tls.cert)
let fetched = 0
const host = createServer(tls, ({ url }, response) => {
  fetched++
  const page = PAGES[decodeURIComponent((url ?? '').slice(1))]
  if (page === undefined) response.statusCode = 404
  response.end(page)
})
host.listen(0, '127.0.0.1')
await new Promise((resolve) => host.once('listening', resolve))
after(() => host.close())
const { port } = host.address() as AddressInfo
const dns = await startNameServer({ after }, { 'zegel.test': { A: ['127.0.0.1'] } })
const fetch = openFetch({ dns: { servers: [dns.address] }, fetch: { allow: [`127.0.0.1:${port}`], authority } })
const open = () => openIndicators(fetch, [new X509Certificate(root.pem)])
afterEach(() => shiftClock(0))

const at = (page: string): Published => ({
  domain: 'example.org',
  selector: 'default',
  authority: `https://zegel.test:${port}/${encodeURIComponent(page)}`,
})

const SHOWN = new Set(['good', 'with the root', 'given for this selector'])
for (const page of [...Object.keys(PAGES), 'that is not there'])
  test(`a mark whose certificate is one ${page} is ${SHOWN.has(page) ? '' : 'not '}shown`, async () => {
    const svg = await open().find(at(page))
    assert.equal(svg?.toString(), SHOWN.has(page) ? SVG : undefined)
  })

test('a mark is fetched once a day, and one that there is not once an hour', async () => {
  const indicators = open()
  const times = async (page: string, hours: number): Promise<number> => {
    shiftClock(hours * 3600)
    const before = fetched
    await Promise.all([indicators.find(at(page)), indicators.find(at(page))])
    return fetched - before
  }
  assert.deepEqual([await times('good', 0), await times('good', 23), await times('good', 25)], [1, 0, 1])
  assert.deepEqual([await times('nothing', 0), await times('nothing', 0.9), await times('nothing', 1.1)], [1, 0, 1])
})

const FOUND: [what: string, found: Parameters<typeof publishedIndicator>[0], published: Published | undefined][] = [
  ['a certificate', found({}), { domain: 'example.org', selector: 's', authority: 'https://marks.example/a.pem' }],
  ['a picture alone', { status: { result: 'pass', header: { selector: 's', d: 'example.org' } } }, undefined],
  ['a certificate in clear', found({ authority: 'http://marks.example/a.pem' }), undefined],
  ['an address without end', found({ authority: `https://marks.example/${'a'.repeat(1000)}` }), undefined],
  ['what does not pass', found({ result: 'fail' }), undefined],
  ['nothing', undefined, undefined],
]
for (const [what, from, published] of FOUND)
  test(`a domain that publishes ${what}: ${published === undefined ? 'no mark' : 'a mark'}`, () =>
    assert.deepEqual(publishedIndicator(from), published))

function found({
  result = 'pass',
  authority: url = 'https://marks.example/a.pem',
}: {
  result?: string
  authority?: string
}): NonNullable<Parameters<typeof publishedIndicator>[0]> {
  return { status: { result, header: { selector: 's', d: 'example.org' } }, authority: url }
}
