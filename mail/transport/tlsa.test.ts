import assert from 'node:assert/strict'
import { createHash, type X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import type { TlsaRecord } from '#system'
import { makeCertificate } from '#test/certificates'
import { faultOf, stringsOf, usableOf } from './tlsa.ts'

const root = await makeCertificate({ names: ['Root'], isAuthority: true })
const between = await makeCertificate({ names: ['Between'], isAuthority: true, issuer: root })
const good = await makeCertificate({ names: ['mx.one.example', '*.two.example'], issuer: between })
const ended = await makeCertificate({ names: ['mx.one.example'], issuer: between, days: [-90, -1] })
const early = await makeCertificate({ names: ['mx.one.example'], issuer: between, days: [2, 90] })
const other = await makeCertificate({ names: ['mx.one.example'] })
const signedByServer = await makeCertificate({ names: ['mx.one.example'], issuer: other })

const spki = ({ publicKey }: X509Certificate): Buffer => publicKey.export({ format: 'der', type: 'spki' })
const record = (usage: number, selector: number, matchingType: number, certificate: X509Certificate): TlsaRecord => {
  const part = selector === 0 ? certificate.raw : spki(certificate)
  const digest = [undefined, 'sha256', 'sha512'][matchingType]
  return { usage, selector, matchingType, data: digest === undefined ? part : createHash(digest).update(part).digest() }
}

const CHAIN = [good.x509, between.x509]
const NAMES = ['mx.one.example']

for (const selector of [0, 1])
  for (const matchingType of [0, 1, 2]) {
    const form = `${selector} ${matchingType}`
    test(`3 ${form}: the server’s own certificate, whatever its names and dates (RFC 7672 §3.1.1)`, () => {
      assert.equal(faultOf([record(3, selector, matchingType, good.x509)], CHAIN, NAMES), undefined)
      assert.equal(faultOf([record(3, selector, matchingType, good.x509)], CHAIN, ['elsewhere.example']), undefined)
      assert.equal(faultOf([record(3, selector, matchingType, ended.x509)], [ended.x509], NAMES), undefined)
      assert.equal(faultOf([record(3, selector, matchingType, other.x509)], CHAIN, NAMES), 'validation-failure')
    })
    test(`2 ${form}: an authority that signed it, with names and dates (RFC 7672 §3.1.2)`, () => {
      const records = [record(2, selector, matchingType, between.x509)]
      assert.equal(faultOf(records, CHAIN, NAMES), undefined)
      assert.equal(faultOf(records, CHAIN, ['elsewhere.example', 'a.two.example']), undefined)
      assert.equal(faultOf(records, CHAIN, ['elsewhere.example', 'a.b.two.example']), 'certificate-host-mismatch')
      assert.equal(faultOf(records, [ended.x509, between.x509], NAMES), 'certificate-expired')
      assert.equal(faultOf(records, [early.x509, between.x509], NAMES), 'certificate-expired')
      assert.equal(faultOf(records, [other.x509], NAMES), 'certificate-not-trusted')
    })
  }

test('an authority that stands in the DNS as a whole need not be shown; one that stands there as a digest must be', () => {
  for (const selector of [0, 1]) {
    assert.equal(faultOf([record(2, selector, 0, root.x509)], CHAIN, NAMES), undefined)
    assert.equal(faultOf([record(2, selector, 1, root.x509)], CHAIN, NAMES), 'certificate-not-trusted')
    assert.equal(faultOf([record(2, selector, 1, root.x509)], [...CHAIN, root.x509], NAMES), undefined)
  }
})

const forged: Record<string, [records: TlsaRecord[], chain: X509Certificate[]]> = {
  'an authority that is shown and has signed nothing': [[record(2, 0, 1, between.x509)], [other.x509, between.x509]],
  'a server’s certificate in the place of an authority': [
    [record(2, 1, 1, other.x509)],
    [signedByServer.x509, other.x509],
  ],
  'an authority beyond one that has signed nothing': [[record(2, 1, 1, root.x509)], [good.x509, other.x509, root.x509]],
  'nothing at all': [[record(2, 0, 1, between.x509)], []],
}
for (const [what, [records, chain]] of Object.entries(forged))
  test(`hostile: ${what} proves nothing`, () => assert.notEqual(faultOf(records, chain, NAMES), undefined))

test('one of several records is enough, as while a key is changed', () => {
  assert.equal(faultOf([record(3, 1, 1, other.x509), record(3, 1, 1, good.x509)], CHAIN, NAMES), undefined)
  assert.equal(faultOf([record(3, 1, 1, other.x509), record(2, 1, 1, between.x509)], CHAIN, NAMES), undefined)
})

const of = (usage: number, selector: number, matchingType: number, data: Buffer): TlsaRecord => ({
  usage,
  selector,
  matchingType,
  data,
})
const unusable: Record<string, TlsaRecord> = {
  'an authority of the web (RFC 7672 §3.1.3)': record(0, 0, 1, root.x509),
  'a certificate of the web (RFC 7672 §3.1.3)': record(1, 1, 1, good.x509),
  'a usage that nobody knows': record(4, 1, 1, good.x509),
  'for private use': record(255, 1, 1, good.x509),
  'a selector that nobody knows': of(3, 2, 1, Buffer.alloc(32)),
  'a digest that nobody knows': of(3, 1, 3, Buffer.alloc(32)),
  'a digest that is too short': of(3, 1, 1, Buffer.alloc(31)),
  'a digest that is too long': of(3, 1, 2, Buffer.alloc(65)),
  'nothing in it': of(3, 1, 0, Buffer.alloc(0)),
  'a certificate that is none': of(3, 0, 0, Buffer.from('certificate')),
  'a key that is none': of(2, 1, 0, Buffer.alloc(64, 0x30)),
}
for (const [what, one] of Object.entries(unusable))
  test(`not usable: ${what}`, () => {
    assert.deepEqual(usableOf([one]), [])
    const sound = record(3, 1, 1, good.x509)
    assert.deepEqual(usableOf([one, sound]), [sound])
  })

test('of digests of one kind the strongest counts alone (RFC 7671 §9)', () => {
  const [weak, strong, full] = [1, 2, 0].map((type) => record(3, 1, type, good.x509)) as [
    TlsaRecord,
    TlsaRecord,
    TlsaRecord,
  ]
  const elsewhere = record(2, 1, 1, between.x509)
  assert.deepEqual(usableOf([weak, strong, full, elsewhere]), [strong, full, elsewhere])
})

test('records are told as in a zone file', () => {
  assert.deepEqual(stringsOf([of(3, 1, 1, Buffer.from('ff', 'hex')), of(2, 0, 1, Buffer.from('0a', 'hex'))]), [
    '2 0 1 0a',
    '3 1 1 ff',
  ])
})
