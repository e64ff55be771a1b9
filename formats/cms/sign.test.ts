import assert from 'node:assert/strict'
import { generateKeyPairSync, webcrypto } from 'node:crypto'
import { test } from 'node:test'
import { makeCertificate } from '#test/certificates'
import { opensslVerify } from '#test/openssl'
import * as x509 from '@peculiar/x509'
import { signData } from './sign.ts'

const content = Buffer.from('Tulpen\r\n– und mehr\n')
const root = await makeCertificate({ names: ['root'], isAuthority: true })
const between = await makeCertificate({ names: ['between'], isAuthority: true, issuer: root })
const own = await makeCertificate({ names: ['mail.tulips.example'], issuer: between })

test('openssl finds the content, and the chain up to who is believed (RFC 5652)', () => {
  const signed = signData(content, own, new Date()) as Buffer
  assert.deepEqual(opensslVerify(signed, root.cert), [content, content])
})

test('what was changed by one byte is not signed', () => {
  const signed = signData(content, own, new Date()) as Buffer
  signed[signed.indexOf('Tulpen')] = 'P'.charCodeAt(0)
  assert.deepEqual(opensslVerify(signed, root.cert), [undefined, undefined])
})

test('who believes somebody else believes nothing of it', async () => {
  const other = await makeCertificate({ names: ['root'], isAuthority: true })
  const signed = signData(content, own, new Date()) as Buffer
  assert.deepEqual(opensslVerify(signed, other.cert), [undefined, undefined])
})

test('a key of RSA signs as well, and so does what is empty or large', async () => {
  const algorithm = {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    publicExponent: new Uint8Array([1, 0, 1]),
    modulusLength: 2048,
  }
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: ['mail.bücher.example'] }, { O: ['Bücher & Söhne'] }],
    signingAlgorithm: algorithm,
    keys: keys as Parameters<typeof x509.X509CertificateGenerator.createSelfSigned>[0]['keys'],
  })
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  const signer = {
    cert: made.toString('pem'),
    key: `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`,
  }
  for (const bytes of [Buffer.alloc(0), Buffer.alloc(200_000, 'a')])
    assert.deepEqual(opensslVerify(signData(bytes, signer, new Date()) as Buffer, signer.cert), [bytes, bytes])
})

test('a key that has no usual signature here signs nothing', () => {
  const key = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  assert.equal(signData(content, { ...own, key }, new Date()), undefined)
})
