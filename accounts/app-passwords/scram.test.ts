import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fitsProof, scramKeys, serverSignature } from './scram.ts'

/** The exchange of RFC 7677 §3: user "user", password "pencil". */
const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64')
const nonce = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0'
const authMessage = [
  'n=user,r=rOprNGfwEbeRWgbNEkqO',
  `r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`,
  `c=biws,r=${nonce}`,
].join(',')
const proof = Buffer.from('dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=', 'base64')

test('the exchange of RFC 7677 §3', async () => {
  const keys = await scramKeys('pencil', salt, 4096)
  assert.equal(fitsProof(keys, proof, authMessage), true)
  assert.equal(serverSignature(keys, authMessage).toString('base64'), '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')
})

const wrong: [what: string, password: string, message: string, flipped: number | undefined][] = [
  ['another password', 'pen', authMessage, undefined],
  ['another exchange', 'pencil', authMessage.replace('i=4096', 'i=4097'), undefined],
  ['a proof with one bit changed', 'pencil', authMessage, 0],
  ['a proof with its last bit changed', 'pencil', authMessage, 31],
]
for (const [what, password, message, flipped] of wrong)
  test(`does not fit: ${what}`, async () => {
    const given = proof.map((byte, i) => (i === flipped ? byte ^ 1 : byte))
    assert.equal(fitsProof(await scramKeys(password, salt, 4096), given, message), false)
  })
