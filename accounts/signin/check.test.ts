import assert from 'node:assert/strict'
import { createHook } from 'node:async_hooks'
import { after, before, test } from 'node:test'
import type { Storage } from '#storage'
import { Refusal } from '#system'
import { clockAtNoon } from '#test/clock'
import { countingQuestions } from '#test/counting'
import { openTestStorage } from '#test/database'
import { addPerson } from '#test/people'
import { checkPassword, type Credentials } from '../index.ts'

let storage: Storage
before(async () => {
  storage = await openTestStorage({ after })
})

/** Networks that no other test of this file counts for. */
let networks = 0
const newNetwork = (): string => `198.51.${networks++}.0/24`

/** What an attempt came to: 'in', the reason of its refusal, or the seconds it asks to wait. */
async function outcome(credentials: Credentials): Promise<string | number> {
  try {
    await checkPassword(storage, credentials)
    return 'in'
  } catch (error) {
    assert.ok(error instanceof Refusal)
    return error.reason === 'tooManyAttempts' ? (error.retryAfterSeconds ?? 0) : error.reason
  }
}

test('the right password signs in, at any address of the account in any case', async () => {
  const { id, address, password } = await addPerson(storage, { isOperator: true })
  const network = newNetwork()
  const signedIn = await checkPassword(storage, { address: address.toUpperCase(), password, network })
  const { passwordSetAt, ...who } = signedIn
  assert.deepEqual(who, { accountId: id, isOperator: true, asksFactor: false })
  assert.ok(passwordSetAt)
})

test('a wrong password, an unknown address, a closed account and nonsense get the same answer', async () => {
  const { address, password } = await addPerson(storage)
  const closed = await addPerson(storage)
  await storage.database.sql`update account set state = 'closed' where account_id = ${closed.id}`
  const [name, domain] = address.split('@')
  const attempts: Record<string, [address: string, password: string]> = {
    'a wrong password': [address, 'a wrong password'],
    'no password': [address, ''],
    'a password of a megabyte': [address, 'x'.repeat(1 << 20)],
    'an unknown address': ['nobody@zegel.test', password],
    'a detail, under which guesses would count apart': [`${name}+x@${domain}`, password],
    'a closed account': [closed.address, closed.password],
    'no address': ['', password],
    'a null byte': [`${address}\0`, password],
    'a megabyte': ['x'.repeat(1 << 20), password],
  }
  for (const [what, [address, password]] of Object.entries(attempts)) {
    const refused = checkPassword(storage, { address, password, network: newNetwork() })
    await assert.rejects(refused, { reason: 'badCredentials', fields: [] }, what)
  }
})

/** Node's own name for the work of one hash. */
const HASH = 'ARGON2REQUEST'

test('whoever has an address, and whether it has a password, changes nothing about the work of an attempt', async () => {
  const person = await addPerson(storage)
  const addresses: Record<string, string> = {
    'an unknown address': 'nobody@zegel.test',
    'an open account': person.address,
  }
  for (const state of ['suspended', 'closed']) {
    const { id, address } = await addPerson(storage)
    await storage.database.sql`update account set state = ${state} where account_id = ${id}`
    addresses[`a ${state} account`] = address
  }
  const { id, address } = await addPerson(storage)
  await storage.database.sql`delete from password where account_id = ${id}`
  addresses['an account without a password'] = address

  let hashes = 0
  const hook = createHook({ init: (_id, type) => void (type === HASH && hashes++) }).enable()
  for (const [what, address] of Object.entries(addresses)) {
    const counted = countingQuestions(storage)
    const network = newNetwork()
    const work: [hashes: number, questions: number][] = []
    for (let i = 0; i < 2; i++) {
      const [before, asked] = [hashes, counted.asked()]
      const attempt = checkPassword(counted.storage, { address, password: `guess ${i}`, network })
      await assert.rejects(attempt, { reason: 'badCredentials' }, what)
      work.push([hashes - before, counted.asked() - asked])
    }
    assert.deepEqual(
      work,
      [
        [1, 4],
        [1, 4],
      ],
      what,
    )
  }
  hook.disable()
})

test('a suspended account may still sign in, to read and take away what is its own', async () => {
  const { id, address, password } = await addPerson(storage)
  await storage.database.sql`update account set state = 'suspended' where account_id = ${id}`
  assert.equal(await outcome({ address, password, network: newNetwork() }), 'in')
})

for (const [what, isKnown] of [
  ['an account', true],
  ['an address that nobody has', false],
] as const) {
  test(`delays grow with the failures for ${what}, and other networks do not feel them`, async (t) => {
    const pass = clockAtNoon(t)
    const person = await addPerson(storage)
    const address = isKnown ? person.address : 'guessed@zegel.test'
    const network = newNetwork()
    const guess = (number: number) => outcome({ address, password: `guess ${number}`, network })
    for (let i = 0; i < 6; i++) assert.equal(await guess(i), 'badCredentials', `guess ${i}`)
    const waits: number[] = []
    for (let i = 0; i < 11; i++) {
      const wait = await guess(100 + i)
      assert.ok(typeof wait === 'number')
      waits.push(wait)
      pass(wait)
      assert.equal(await guess(200 + i), 'badCredentials')
    }
    assert.deepEqual(waits, [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900])

    const right = { address: person.address, password: person.password }
    if (isKnown) assert.equal(await outcome({ ...right, network }), 900)
    assert.equal(await outcome({ ...right, network: newNetwork() }), 'in')
  })
}

test('the right password at the right time ends the delays of its account and network', async (t) => {
  const pass = clockAtNoon(t)
  const { address, password } = await addPerson(storage)
  const network = newNetwork()
  for (let i = 0; i < 6; i++) await outcome({ address, password: `guess ${i}`, network })
  assert.equal(await outcome({ address, password, network }), 2)
  pass(2)
  assert.equal(await outcome({ address, password, network }), 'in')
  for (let i = 0; i < 5; i++) assert.equal(await outcome({ address, password: `more ${i}`, network }), 'badCredentials')
  assert.equal(await outcome({ address, password, network }), 'in')
})

test('failures are forgiven with time', async (t) => {
  const pass = clockAtNoon(t)
  const { address, password } = await addPerson(storage)
  const network = newNetwork()
  for (let i = 0; i < 6; i++) await outcome({ address, password: `guess ${i}`, network })
  pass(2 * 3600 + 2)
  for (let i = 0; i < 3; i++) assert.equal(await outcome({ address, password: `late ${i}`, network }), 'badCredentials')
  assert.equal(await outcome({ address, password, network }), 'in')
})

test('a network that tries one password on many addresses is slowed down for all of them', async (t) => {
  clockAtNoon(t)
  const { address, password } = await addPerson(storage)
  const network = newNetwork()
  for (let i = 0; i < 31; i++) {
    const refused = await outcome({ address: `sprayed-${i}@zegel.test`, password: 'summer 2026', network })
    assert.equal(refused, 'badCredentials')
  }
  assert.equal(await outcome({ address, password, network }), 2)
  assert.equal(await outcome({ address, password, network: newNetwork() }), 'in')
})

test("a guesser's own account does not buy its network new attempts", async (t) => {
  clockAtNoon(t)
  const own = await addPerson(storage)
  const network = newNetwork()
  for (let i = 0; i < 31; i++) {
    await outcome({ address: `sprayed-${i}@zegel.test`, password: 'summer 2026', network })
    if (i % 5 === 0 && i < 30) assert.equal(await outcome({ ...own, network }), 'in')
  }
  assert.equal(await outcome({ ...own, network }), 2)
})

test('guesses that come all at once are counted one by one', async (t) => {
  clockAtNoon(t)
  const { address } = await addPerson(storage)
  const network = newNetwork()
  const guesses = Array.from({ length: 40 }, (_, i) => outcome({ address, password: `guess ${i}`, network }))
  const outcomes = await Promise.all(guesses)
  assert.equal(outcomes.filter((one) => one === 'badCredentials').length, 6)
  assert.equal(outcomes.filter((one) => one === 2).length, 34)
})

test('an attempt that could not be decided does not count', async (t) => {
  clockAtNoon(t)
  const { id, address, password } = await addPerson(storage)
  const network = newNetwork()
  const { rows } = await storage.database.sql<{ sealed: Buffer }>`select sealed from password where account_id = ${id}`
  const put = (sealed: Buffer | undefined): Promise<unknown> =>
    storage.database.sql`update password set sealed = ${sealed} where account_id = ${id}`
  await put(Buffer.alloc(100))
  for (let i = 0; i < 10; i++)
    await assert.rejects(checkPassword(storage, { address, password, network }), { name: 'SealBroken' })
  await put(rows[0]?.sealed)
  assert.equal(await outcome({ address, password, network }), 'in')
})

test('what is counted today cannot be matched to an address or a network tomorrow', async (t) => {
  const pass = clockAtNoon(t)
  const network = newNetwork()
  const rows = async (): Promise<number> => (await storage.database.sql`select from sign_in_attempt`).rowCount
  const guess = (number: number) => outcome({ address: 'nobody@zegel.test', password: `guess ${number}`, network })
  for (let i = 0; i < 2; i++) await guess(i)
  const before = await rows()
  await guess(3)
  assert.equal(await rows(), before)
  pass(86_400)
  await guess(4)
  assert.equal(await rows(), before + 2)
})
