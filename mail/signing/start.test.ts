import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync } from 'node:crypto'
import { after, test } from 'node:test'
import type { SigningKey } from '#accounts'
import { silent } from '#test/cluster'
import { openSigning } from './index.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const ed25519 = generateKeyPairSync('ed25519').privateKey
const keyOf = (algorithm: SigningKey['algorithm'], key: SigningKey['key']): SigningKey => ({
  domain: 'example.org',
  selector: `z-${algorithm}`,
  algorithm,
  key,
})
const KEYS = [keyOf('rsa', rsa), keyOf('ed25519', ed25519)]

const signing = openSigning(silent)
after(() => signing.close())

async function* piecesOf(body: string): AsyncGenerator<Buffer> {
  const letter = Buffer.from(`From: anna@example.org\r\n\r\n${body}\r\n`)
  for (let at = 0; at < letter.length; at += 1000) yield letter.subarray(at, at + 1000)
}

const bodyHashOf = (fields: string): string[] => [...fields.matchAll(/^ bh=([^;]+);\r$/gm)].map(([, hash = '']) => hash)

test('letters that are signed at the same time, piece by piece, do not mix', async () => {
  const bodies = Array.from({ length: 40 }, (_, i) => `${i} `.repeat(1 + i * 100).trim())
  const signed = await Promise.all(bodies.map((body) => signing.sign(piecesOf(body), KEYS)))
  for (const [i, body] of bodies.entries()) {
    const hash = createHash('sha256').update(`${body}\r\n`).digest('base64')
    assert.deepEqual(bodyHashOf(signed[i] as string), [hash, hash], `${i}`)
  }
})

test('nothing is signed without a key', async () => {
  assert.equal(await signing.sign(piecesOf('Hello'), []), '')
})

test('a letter that cannot be read on ends with what reading it said, and the next one is signed', async () => {
  async function* broken(): AsyncGenerator<Buffer> {
    yield* piecesOf('x'.repeat(5000))
    throw new Error('the disk is gone')
  }
  await assert.rejects(signing.sign(broken(), KEYS), /the disk is gone/)
  assert.equal(bodyHashOf(await signing.sign(piecesOf('Hello'), KEYS)).length, 2)
})

test('a key that does not sign puts the letter off, and the next one is signed', async () => {
  await assert.rejects(signing.sign(piecesOf('Hello'), [keyOf('ed25519', rsa), keyOf('rsa', ed25519)]), {
    reason: 'unavailable',
  })
  assert.equal(bodyHashOf(await signing.sign(piecesOf('Hello'), KEYS)).length, 2)
})

test('what is asked for after the end, or is under way then, is put off', async () => {
  const ending = openSigning(silent)
  async function* endless(): AsyncGenerator<Buffer> {
    yield* piecesOf('Hello')
    await ending.close()
    yield* piecesOf('Hello')
  }
  await assert.rejects(ending.sign(endless(), KEYS))
  await assert.rejects(ending.sign(piecesOf('Hello'), KEYS), { reason: 'unavailable' })
})
