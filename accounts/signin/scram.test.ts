import assert from 'node:assert/strict'
import { createHmac, hash, pbkdf2Sync } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { Storage } from '#storage'
import { Refusal } from '#system'
import { clockAtNoon } from '#test/clock'
import { countingQuestions } from '#test/counting'
import { openTestStorage } from '#test/database'
import { addAppPassword, addPerson, type Person } from '#test/people'
import { listAppPasswords, revokeAppPassword, scramSignIn, type ScramSignIn } from '../index.ts'

let storage: Storage
before(async () => {
  storage = await openTestStorage({ after })
})

let networks = 0
const newNetwork = (): string => `198.19.${networks++}.0/24`

async function addOwner(count = 1): Promise<Person & { secrets: string[]; ids: number[] }> {
  const person = await addPerson(storage)
  const made = []
  for (let i = 0; i < count; i++) made.push(await addAppPassword(storage, person))
  return { ...person, secrets: made.map(({ secret }) => secret), ids: made.map(({ id }) => id) }
}

const AUTH_MESSAGE = 'n=user,r=abc,r=abcdef,s=c2FsdA==,i=4096,c=biws,r=abcdef'
const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/** What a client does (RFC 5802 §3), written once more. */
function client(secret: string, { salt, iterations }: ScramSignIn) {
  const salted = pbkdf2Sync(secret, salt, iterations, 32, 'sha256')
  const clientKey = hmac(salted, 'Client Key')
  const signature = hmac(hash('sha256', clientKey, 'buffer'), AUTH_MESSAGE)
  return {
    proof: Buffer.from(clientKey.map((byte, i) => byte ^ (signature[i] as number))),
    expects: hmac(hmac(salted, 'Server Key'), AUTH_MESSAGE),
  }
}

const begin = (address: string, { network = newNetwork(), through = storage } = {}) =>
  scramSignIn(through, { address, network, scope: 'mail', client: { name: 'mutt', country: 'NL' } })

async function outcome(work: Promise<unknown>): Promise<string | number> {
  try {
    await work
    return 'in'
  } catch (error) {
    assert.ok(error instanceof Refusal, String(error))
    return error.reason === 'tooManyAttempts' ? (error.retryAfterSeconds ?? 0) : error.reason
  }
}

async function attempt(address: string, secret: string, options: Parameters<typeof begin>[1] = {}) {
  const exchange = await begin(address, options)
  return exchange.finish({ proof: client(secret, exchange).proof, authMessage: AUTH_MESSAGE })
}

test('a client that has any of the app passwords proves it, and is shown that the server knows it too', async () => {
  const me = await addOwner(3)
  for (const [i, secret] of me.secrets.entries())
    for (const typed of [secret, secret.replaceAll('-', '')]) {
      const exchange = await begin(me.address.toUpperCase())
      const { proof, expects } = client(typed, exchange)
      const { serverSignature, ...signedIn } = await exchange.finish({ proof, authMessage: AUTH_MESSAGE })
      assert.deepEqual(serverSignature, expects)
      assert.deepEqual(signedIn, {
        accountId: me.id,
        isOperator: false,
        readOnly: false,
        scopes: ['mail'],
        door: { by: 'appPassword', id: me.ids[i] },
      })
    }
  const [used] = await listAppPasswords(storage, await storage.openAccount(me.id))
  assert.deepEqual([used?.client, used?.country], ['mutt', 'NL'])
})

test('the main password, a revoked app password and a closed account do not', async () => {
  const me = await addOwner()
  assert.equal(await outcome(attempt(me.address, me.password)), 'badCredentials')
  await storage.database.sql`update account set state = 'closed' where account_id = ${me.id}`
  assert.equal(await outcome(attempt(me.address, me.secrets[0] as string)), 'badCredentials')
  await storage.database.sql`update account set state = 'open' where account_id = ${me.id}`
  assert.equal(await outcome(attempt(me.address, me.secrets[0] as string)), 'in')
  await revokeAppPassword(storage, me.id, me.ids[0] as number)
  assert.equal(await outcome(attempt(me.address, me.secrets[0] as string)), 'badCredentials')
})

test('whose address it is, and how many app passwords there are, changes neither the first answer, nor the last, nor the work', async () => {
  const addresses = [
    (await addOwner()).address,
    (await addOwner(5)).address,
    (await addPerson(storage)).address,
    'nobody@zegel.test',
    'nobody@example.net',
    '\0',
    '',
    'x'.repeat(1 << 20),
  ]
  const seen: unknown[] = []
  for (const address of addresses) {
    const counted = countingQuestions(storage)
    const credentials = await storage.keys.serviceKey('credentials')
    let opened = 0
    const through: Storage = {
      ...counted.storage,
      keys: {
        ...storage.keys,
        serviceKey: async (purpose) =>
          purpose === 'credentials'
            ? { ...credentials, open: (place, sealed) => (opened++, credentials.open(place, sealed)) }
            : storage.keys.serviceKey(purpose),
      },
    }
    const exchange = await begin(address, { through })
    const { salt, iterations } = exchange
    const { proof } = client('aaaaa-aaaaa-aaaaa-aaaaa', exchange)
    const answer = await outcome(exchange.finish({ proof, authMessage: AUTH_MESSAGE }))
    seen.push({ salt: salt.toString('hex'), iterations, answer, asked: counted.asked(), opened })
  }
  assert.equal((seen[0] as { answer: string }).answer, 'badCredentials')
  for (const one of seen) assert.deepEqual(one, seen[0])
})

test('a wrong proof is an attempt like a wrong password', async (t) => {
  const pass = clockAtNoon(t)
  const me = await addOwner()
  const network = newNetwork()
  for (let i = 0; i < 6; i++)
    assert.equal(await outcome(attempt(me.address, `guess ${i}`, { network })), 'badCredentials')
  assert.equal(await outcome(attempt(me.address, me.secrets[0] as string, { network })), 2)
  assert.equal(await outcome(attempt(me.address, me.secrets[0] as string)), 'in', 'from elsewhere')
  pass(2)
  assert.equal(await outcome(attempt(me.address, me.secrets[0] as string, { network })), 'in')
})

test('proofs that come all at once are counted one by one', async (t) => {
  clockAtNoon(t)
  const me = await addOwner()
  const network = newNetwork()
  const guesses = Array.from({ length: 40 }, (_, i) => outcome(attempt(me.address, `guess ${i}`, { network })))
  const outcomes = await Promise.all(guesses)
  assert.equal(outcomes.filter((one) => one === 'badCredentials').length, 6)
})

const malformed: [what: string, last: (proof: Buffer) => { proof: Uint8Array; authMessage: string }][] = [
  ['no proof', () => ({ proof: new Uint8Array(), authMessage: AUTH_MESSAGE })],
  ['a proof cut short', (proof) => ({ proof: proof.subarray(1), authMessage: AUTH_MESSAGE })],
  ['a proof that is too long', (proof) => ({ proof: Buffer.concat([proof, proof]), authMessage: AUTH_MESSAGE })],
  ['a megabyte of proof', () => ({ proof: Buffer.alloc(1 << 20), authMessage: AUTH_MESSAGE })],
  ['a proof of nothing but zeros', () => ({ proof: Buffer.alloc(32), authMessage: AUTH_MESSAGE })],
  ['another exchange', (proof) => ({ proof, authMessage: `${AUTH_MESSAGE}x` })],
  ['no message', (proof) => ({ proof, authMessage: '' })],
  ['a megabyte of message', (proof) => ({ proof, authMessage: 'x'.repeat(1 << 20) })],
  ['a null byte in the message', (proof) => ({ proof, authMessage: `${AUTH_MESSAGE}\0` })],
  ['half a surrogate in the message', (proof) => ({ proof, authMessage: '\ud800' })],
]
for (const [what, last] of malformed)
  test(`refused like any wrong proof: ${what}`, async () => {
    const me = await addOwner()
    const exchange = await begin(me.address)
    const { proof } = client(me.secrets[0] as string, exchange)
    assert.equal(await outcome(exchange.finish(last(proof))), 'badCredentials')
  })
