import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newLocalPart } from './local-part.ts'
import { WORDS } from './words.ts'

test('a local part has 41 bits of chance and the form of a name that every shop takes', () => {
  assert.equal(new Set(WORDS).size, 512)
  for (const word of WORDS) assert.match(word, /^[a-z]{3,9}$/)
  assert.ok(Math.log2(WORDS.length ** 2 * 10 ** 7) > 41)
  const made = new Set(Array.from({ length: 2000 }, () => newLocalPart()))
  assert.equal(made.size, 2000)
  for (const local of made) assert.match(local, /^[a-z]+\.[a-z]+\.\d{7}$/)
})

test('with the longest beginning it still is no more than SMTP lets it be (RFC 5321 §4.5.3.1.1)', () => {
  for (let tried = 0; tried < 1000; tried++) assert.ok(newLocalPart('a'.repeat(24)).length <= 64)
})
