import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DECOY, fitsPassword, hashPassword } from './hash.ts'

test('a password fits its own hash and no other, and is hashed differently every time', async () => {
  const [one, two] = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')])
  assert.notEqual(one, two)
  assert.match(one, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
  assert.equal(await fitsPassword('correct horse', one), true)
  assert.equal(await fitsPassword('correct horse', two), true)
  assert.equal(await fitsPassword('Correct horse', one), false)
  assert.equal(await fitsPassword('', one), false)
})

test('a hash made elsewhere with other parameters is understood', async () => {
  // From the test suite of the reference implementation (phc-winner-argon2, src/test.c): argon2id, 256 KiB.
  const made = '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4'
  assert.equal(await fitsPassword('password', made), true)
  assert.equal(await fitsPassword('passwort', made), false)
})

test('an accent typed as one character or as two is the same password (RFC 8265 §4.2.2)', async () => {
  assert.equal(await fitsPassword('cafe\u0301 noir', await hashPassword('caf\u00e9 noir')), true)
})

test('the decoy costs what a password costs and fits nothing', async () => {
  assert.equal(DECOY.split('$')[3], (await hashPassword('x')).split('$')[3])
  assert.equal(await fitsPassword('', DECOY), false)
})

const broken = [
  '',
  'correct horse',
  '$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4',
  '$argon2id$v=19$m=99999999,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4',
  '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$',
]
for (const stored of broken) {
  test(`a stored value that is no argon2id hash fits nothing and is a fault: "${stored.slice(0, 24)}"`, async () => {
    await assert.rejects(fitsPassword('correct horse', stored), /not in PHC format/)
  })
}
