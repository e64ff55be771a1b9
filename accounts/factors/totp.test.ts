import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newTotpSecret, NO_STEP, totpStep, totpUri } from './totp.ts'

/** The secret of RFC 6238, Appendix B, `12345678901234567890`, in Base32. */
const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'

/** Its table: seconds, and the last six of the eight digits, which are those of a code of six. */
const VECTORS: [seconds: number, code: string][] = [
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
]

for (const [seconds, code] of VECTORS)
  test(`at ${seconds} seconds the code is ${code} (RFC 6238, Appendix B)`, () => {
    assert.equal(totpStep(SECRET, code, { atMs: seconds * 1000, lastStep: NO_STEP }), Math.floor(seconds / 30))
  })

const at = 1_234_567_890_000
const step = Math.floor(at / 30_000)
const code = '005924'

const TAKEN: [what: string, typed: string, shiftSeconds: number, lastStep: number, taken: boolean][] = [
  ['in its own step', code, 0, NO_STEP, true],
  ['one step late', code, 30, NO_STEP, true],
  ['one step early', code, -30, NO_STEP, true],
  ['two steps late', code, 60, NO_STEP, false],
  ['two steps early', code, -60, NO_STEP, false],
  ['a second time', code, 0, step, false],
  ['a second time, one step late', code, 30, step, false],
  ['after a later one', code, 30, step + 1, false],
  ['after the one before', code, 0, step - 1, true],
  ['with a space, as apps show it', '005 924', 0, NO_STEP, true],
  ['in the digits of another keyboard', '００５９２４', 0, NO_STEP, true],
  ['one digit short', '05924', 0, NO_STEP, false],
  ['one digit long', '0059240', 0, NO_STEP, false],
  ['as a negative number', '-05924', 0, NO_STEP, false],
  ['wrong', '005925', 0, NO_STEP, false],
  ['empty', '', 0, NO_STEP, false],
  ['endless', '0'.repeat(100_000), 0, NO_STEP, false],
  ['as eight digits', '89005924', 0, NO_STEP, false],
]

for (const [what, typed, shiftSeconds, lastStep, taken] of TAKEN)
  test(`a code is ${taken ? 'taken' : 'refused'} ${what}`, () => {
    const found = totpStep(SECRET, typed, { atMs: at + shiftSeconds * 1000, lastStep })
    assert.equal(found, taken ? step : undefined)
  })

test('a secret has 160 bits, and no two are alike', () => {
  const secrets = new Set(Array.from({ length: 50 }, newTotpSecret))
  assert.equal(secrets.size, 50)
  for (const secret of secrets) assert.match(secret, /^[A-Z2-7]{32}$/)
})

test('an app is told account, service and secret, whatever characters they have', () => {
  const uri = new URL(totpUri(SECRET, { issuer: 'Post & Söhne', label: 'jan?x@zegel.test' }))
  assert.equal(uri.protocol, 'otpauth:')
  assert.equal(uri.searchParams.get('secret'), SECRET)
  assert.equal(uri.searchParams.get('issuer'), 'Post & Söhne')
  assert.match(decodeURIComponent(uri.pathname), /Post & Söhne:jan\?x@zegel\.test$/)
})
