import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { Refusal } from '#system'
import { openAuthenticator, type Lie } from '#test/authenticator'
import { readAssertion, requestOptions, rpIdOf, verifyAssertion, verifyCreation } from './passkeys.ts'

const challenge = (): string => randomBytes(32).toString('base64url')
const here = () => ({ origin: 'https://mail.zegel.test', challenge: challenge() })
const isRefused = (error: unknown): boolean => error instanceof Refusal && error.reason === 'badCredentials'

test('a passkey that was made here signs here, with its number checked or without', async () => {
  for (const counts of [true, false]) {
    const authenticator = openAuthenticator({ counts })
    const made = here()
    const { counter, ...passkey } = await verifyCreation(made, authenticator.create(made))
    assert.equal(passkey.credentialId, authenticator.credentialId)
    assert.equal(passkey.rpId, 'mail.zegel.test')
    const first = here()
    const assertion = readAssertion(JSON.stringify(authenticator.get(first)))
    const next = await verifyAssertion(first, assertion, { passkey: { ...passkey, counter }, mustVerifyUser: true })
    assert.equal(next, counts ? 2 : 0)
  }
})

const LIES: [attack: string, lie: Lie][] = [
  ['a page of another host', { origin: 'https://mail.zegel.example' }],
  ['a page of another port', { origin: 'https://mail.zegel.test:8443' }],
  ['a page in clear', { origin: 'http://mail.zegel.test' }],
  ['a host below ours', { origin: 'https://x.mail.zegel.test' }],
  ['another host as the one it was made for', { rpId: 'zegel.example' }],
  ['the domain above ours', { rpId: 'zegel.test' }],
  ['the answer to another question', { challenge: challenge() }],
  ['no question at all', { challenge: '' }],
  ['the other ceremony', { type: 'webauthn.sign' }],
  ['nobody was there', { flags: 0 }],
]

for (const [attack, lie] of LIES) {
  test(`a new passkey is refused: ${attack}`, async () => {
    const ceremony = here()
    await assert.rejects(verifyCreation(ceremony, openAuthenticator().create(ceremony, lie)), isRefused)
  })

  test(`a passkey is refused: ${attack}`, async () => {
    const authenticator = openAuthenticator()
    const made = here()
    const passkey = await verifyCreation(made, authenticator.create(made))
    const ceremony = here()
    const assertion = readAssertion(JSON.stringify(authenticator.get(ceremony, lie)))
    await assert.rejects(verifyAssertion(ceremony, assertion, { passkey, mustVerifyUser: false }), isRefused)
  })
}

test('a passkey alone has to know its owner; beside the password it need not', async () => {
  const authenticator = openAuthenticator()
  const made = here()
  const passkey = await verifyCreation(made, authenticator.create(made, { flags: 1 }))
  const ceremony = here()
  const assertion = readAssertion(JSON.stringify(authenticator.get(ceremony, { flags: 1 })))
  await assert.rejects(verifyAssertion(ceremony, assertion, { passkey, mustVerifyUser: true }), isRefused)
  await verifyAssertion(ceremony, assertion, { passkey, mustVerifyUser: false })
})

for (const counter of [0, 4, 5])
  test(`a counter that stood at 5 and says ${counter} tells of a copy (§6.1.1)`, async () => {
    const authenticator = openAuthenticator()
    const made = here()
    const passkey = { ...(await verifyCreation(made, authenticator.create(made))), counter: 5 }
    const ceremony = here()
    const assertion = readAssertion(JSON.stringify(authenticator.get(ceremony, { counter })))
    await assert.rejects(verifyAssertion(ceremony, assertion, { passkey, mustVerifyUser: false }), isRefused)
  })

test('what another key has signed is refused, also under the right name', async () => {
  const [mine, other] = [openAuthenticator(), openAuthenticator()]
  const made = here()
  const passkey = await verifyCreation(made, mine.create(made))
  const ceremony = here()
  const assertion = readAssertion(JSON.stringify(other.get(ceremony, { id: mine.credentialId })))
  await assert.rejects(verifyAssertion(ceremony, assertion, { passkey, mustVerifyUser: false }), isRefused)
})

const whole = (): Record<string, unknown> => openAuthenticator().get(here())
const withResponse = (more: object): string => {
  const credential = whole()
  return JSON.stringify({ ...credential, response: { ...(credential['response'] as object), ...more } })
}
const BROKEN: [attack: string, json: () => string][] = [
  ['nothing', () => ''],
  ['no JSON', () => '{'],
  ['a list', () => '[]'],
  ['null', () => 'null'],
  ['JSON a thousand deep', () => '['.repeat(1000)],
  ['no response', () => JSON.stringify({ ...whole(), response: undefined })],
  ['another type', () => JSON.stringify({ ...whole(), type: 'password' })],
  ['an endless id', () => JSON.stringify({ ...whole(), id: 'a'.repeat(5000) })],
  ['an id that is an object', () => JSON.stringify({ ...whole(), id: { toString: 'x' } })],
  ['endless client data', () => withResponse({ clientDataJSON: 'a'.repeat(100_000) })],
  ['a signature with other characters', () => withResponse({ signature: '<script>' })],
]
for (const [attack, json] of BROKEN)
  test(`refused before it is looked into: ${attack}`, () => assert.throws(() => readAssertion(json()), isRefused))

const GARBLED: [attack: string, more: object][] = [
  ['client data that is no JSON', { clientDataJSON: 'AAAA' }],
  ['client data that is a number', { clientDataJSON: Buffer.from('5').toString('base64url') }],
  ['authenticator data cut short', { authenticatorData: 'AAAA' }],
  ['an empty signature', { signature: 'AA' }],
]
for (const [attack, more] of GARBLED)
  test(`refused, and no fault of ours: ${attack}`, async () => {
    const authenticator = openAuthenticator()
    const made = here()
    const passkey = await verifyCreation(made, authenticator.create(made))
    const assertion = readAssertion(withResponse(more))
    await assert.rejects(verifyAssertion(here(), assertion, { passkey, mustVerifyUser: false }), isRefused)
  })

for (const [attack, credential] of [
  ['nothing', undefined],
  ['text', 'passkey'],
  ['no attestation', { ...whole() }],
  ['CBOR that never ends', { ...whole(), response: { clientDataJSON: 'AAAA', attestationObject: 'v'.repeat(16_000) } }],
] as const)
  test(`a new passkey is refused: ${attack}`, async () => {
    await assert.rejects(verifyCreation(here(), credential), isRefused)
  })

test('a browser is asked for the passkeys of this host, and for who its owner is only where nothing else is asked for', async () => {
  const ceremony = here()
  assert.equal(rpIdOf('https://mail.zegel.test:8443'), 'mail.zegel.test')
  const alone = await requestOptions(ceremony, { mustVerifyUser: true })
  assert.deepEqual(
    [alone.rpId, alone.challenge, alone.userVerification],
    ['mail.zegel.test', ceremony.challenge, 'required'],
  )
  assert.equal(alone.allowCredentials, undefined)
  const beside = await requestOptions(ceremony, { known: [], mustVerifyUser: false })
  assert.equal(beside.userVerification, 'preferred')
})
