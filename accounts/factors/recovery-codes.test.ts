import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { bareRecoveryCode, newRecoveryCodes, recoveryCodeKey, showRecoveryCode } from './recovery-codes.ts'

test('ten codes, no two alike, are shown in two groups and read as they are shown', () => {
  const codes = newRecoveryCodes()
  assert.equal(new Set(codes).size, 10)
  for (const bare of codes) {
    assert.match(showRecoveryCode(bare), /^[a-km-np-z2-9]{5}-[a-km-np-z2-9]{5}$/)
    assert.equal(bareRecoveryCode(showRecoveryCode(bare)), bare)
  }
})

const TYPED: [what: string, typed: string, bare: string | undefined][] = [
  ['as shown', 'abcde-fghij', 'abcdefghij'],
  ['in capitals', 'ABCDE-FGHIJ', 'abcdefghij'],
  ['with spaces', ' abcde fghij ', 'abcdefghij'],
  ['with another dash', 'abcde–fghij', 'abcdefghij'],
  ['six digits from an app', '234567', undefined],
  ['a letter that no code has', 'abcde-fghil', undefined],
  ['too short', 'abcde-fghi', undefined],
  ['too long', 'abcde-fghijk', undefined],
  ['empty', '', undefined],
  ['endless', 'a'.repeat(100_000), undefined],
  ['with a NUL', 'abcde\0fghij', undefined],
]
for (const [what, typed, bare] of TYPED)
  test(`${what}: ${bare === undefined ? 'no code' : 'a code'}`, () => assert.equal(bareRecoveryCode(typed), bare))

test('the same code of two people is kept under two hashes', () => {
  const key = { hash: (text: string) => createHmac('sha256', 'a key').update(text).digest() }
  assert.notDeepEqual(recoveryCodeKey(key, 1, 'abcdefghij'), recoveryCodeKey(key, 2, 'abcdefghij'))
})
