import assert from 'node:assert/strict'
import { createHook } from 'node:async_hooks'
import { after, before, test } from 'node:test'
import type { Storage } from '#storage'
import { Refusal } from '#system'
import { clockAtNoon } from '#test/clock'
import { countingQuestions } from '#test/counting'
import { openTestStorage } from '#test/database'
import { addAppPassword, addPerson, type Person } from '#test/people'
import { letProgramsIn, revokeAppPassword, signInClient, type NewAppPassword, type Scope } from '../index.ts'
import { checkPassword } from './check.ts'

let storage: Storage
before(async () => {
  storage = await openTestStorage({ after })
})

let networks = 0
const newNetwork = (): string => `198.18.${networks++}.0/24`

async function addOwner(
  choice: Partial<NewAppPassword> = {},
): Promise<Person & { secret: string; passwordId: number }> {
  const person = await addPerson(storage)
  const { id: passwordId, secret } = await addAppPassword(storage, person, choice)
  return { ...person, secret, passwordId }
}

const signIn = (
  { address }: Pick<Person, 'address'>,
  password: string,
  { network = newNetwork(), scope = 'mail' as Scope | undefined, through = storage } = {},
) => signInClient(through, { address, password, network, scope })

async function outcome(work: Promise<unknown>): Promise<string | number> {
  try {
    await work
    return 'in'
  } catch (error) {
    assert.ok(error instanceof Refusal, String(error))
    return error.reason === 'tooManyAttempts' ? (error.retryAfterSeconds ?? 0) : error.reason
  }
}

test('an app password signs in, however it is typed, and says what it may do', async () => {
  const me = await addOwner({ scopes: ['mail', 'contacts'], readOnly: true })
  for (const typed of [
    me.secret,
    me.secret.toUpperCase(),
    me.secret.replaceAll('-', ' '),
    me.secret.replaceAll('-', ''),
  ])
    assert.deepEqual(await signIn({ address: me.address.toUpperCase() }, typed), {
      accountId: me.id,
      isOperator: false,
      readOnly: true,
      scopes: ['mail', 'contacts'],
      door: { by: 'appPassword', id: me.passwordId },
    })
})

test('the main password signs in for everything', async () => {
  const me = await addOwner()
  const { door, ...rest } = await signIn(me, me.password)
  assert.deepEqual(rest, { accountId: me.id, isOperator: false, readOnly: false, scopes: undefined })
  assert.equal(door.by, 'password')
})

test('an app password opens what it is for', async () => {
  const me = await addOwner({ scopes: ['calendar'] })
  for (const [scope, expected] of [
    ['calendar', 'in'],
    ['mail', 'forbidden'],
    ['documents', 'forbidden'],
    [undefined, 'in'],
  ] as const)
    assert.equal(
      await outcome(signInClient(storage, { ...me, password: me.secret, network: newNetwork(), scope })),
      expected,
    )
})

test('it does not open the sign-in page, nor somebody else', async () => {
  const [me, other] = [await addOwner(), await addOwner()]
  const web = checkPassword(storage, { address: me.address, password: me.secret, network: newNetwork() })
  assert.equal(await outcome(web), 'badCredentials')
  assert.equal(await outcome(signIn(other, me.secret)), 'badCredentials')
})

test('a suspended account still reads, a closed one does not', async () => {
  const me = await addOwner()
  const set = (state: string) => storage.database.sql`update account set state = ${state} where account_id = ${me.id}`
  await set('suspended')
  assert.equal(await outcome(signIn(me, me.secret)), 'in')
  await set('closed')
  assert.equal(await outcome(signIn(me, me.secret)), 'badCredentials')
})

test('a main password that is forbidden to programs is to them a wrong one, and opens the sign-in page', async () => {
  const me = await addOwner()
  const network = newNetwork()
  assert.equal(await outcome(signIn(me, me.password, { network })), 'in')
  await letProgramsIn(storage, me.id, false)
  assert.equal(await outcome(signIn(me, me.password, { network })), 'badCredentials', 'also where it was remembered')
  assert.equal(await outcome(signIn(me, me.secret, { network })), 'in')
  assert.equal(await outcome(checkPassword(storage, { address: me.address, password: me.password, network })), 'in')
  await letProgramsIn(storage, me.id, true)
  assert.equal(await outcome(signIn(me, me.password, { network })), 'in')
})

/** Node's own name for the work of one hash. */
const HASH = 'ARGON2REQUEST'
const GUESS = 'aaaaa-aaaaa-aaaaa-aaaaa'

test('what there is of an account changes neither the answer nor the work of a wrong secret', async () => {
  const me = await addOwner()
  const without = await addPerson(storage)
  const closed = await addOwner()
  await storage.database.sql`update account set state = 'closed' where account_id = ${closed.id}`
  const forbidden = await addOwner()
  await letProgramsIn(storage, forbidden.id, false)
  const revoked = await addOwner()
  await revokeAppPassword(storage, revoked.id, revoked.passwordId)
  const guesses: [what: string, address: string, secret: string][] = [
    ['an account with app passwords', me.address, GUESS],
    ['an account without', without.address, GUESS],
    ['an address that nobody has', 'nobody@zegel.test', GUESS],
    ['no address', '\0', GUESS],
    ['a closed account, with its app password', closed.address, closed.secret],
    ['an app password that was revoked', revoked.address, revoked.secret],
    ["somebody else's app password", without.address, me.secret],
    ['an account that lets no program in, with another secret', forbidden.address, GUESS],
  ]
  let hashes = 0
  const hook = createHook({ init: (_id, type) => void (type === HASH && hashes++) }).enable()
  const work: Record<string, unknown> = {}
  for (const [what, address, secret] of guesses) {
    const counted = countingQuestions(storage)
    const before = hashes
    const answer = await outcome(signIn({ address }, secret, { through: counted.storage }))
    work[what] = [answer, hashes - before, counted.asked()]
  }
  hook.disable()
  for (const [what, done] of Object.entries(work)) assert.deepEqual(done, ['badCredentials', 1, 6], what)
})

test('wrong app passwords are attempts like any other, and while a delay runs a right one waits too', async (t) => {
  const pass = clockAtNoon(t)
  const me = await addOwner()
  const network = newNetwork()
  const guess = (i: number) => outcome(signIn(me, GUESS.replace(/a$/, 'bcdefghijk'[i] as string), { network }))
  for (let i = 0; i < 6; i++) assert.equal(await guess(i), 'badCredentials')
  assert.equal(await outcome(signIn(me, me.secret, { network })), 2)
  assert.equal(await outcome(signIn(me, me.password, { network })), 2)
  assert.equal(await outcome(signIn(me, me.secret)), 'in', 'from elsewhere')
  pass(2)
  assert.equal(await outcome(signIn(me, me.secret, { network })), 'in')
})

test('a device that keeps a revoked app password waits by itself and locks nobody out', async (t) => {
  clockAtNoon(t)
  const me = await addOwner()
  await revokeAppPassword(storage, me.id, me.passwordId)
  const network = newNetwork()
  for (let i = 0; i < 6; i++) assert.equal(await outcome(signIn(me, me.secret, { network })), 'badCredentials')
  assert.equal(await outcome(signIn(me, me.secret, { network })), 2)
  assert.equal(await outcome(signIn(me, me.password, { network })), 'in')
})

test('twenty connections at once get in, and none of them costs a hash', async () => {
  const me = await addOwner()
  let hashes = 0
  const hook = createHook({ init: (_id, type) => void (type === HASH && hashes++) }).enable()
  const all = await Promise.all(Array.from({ length: 20 }, () => signIn(me, me.secret)))
  hook.disable()
  assert.ok(all.every(({ accountId }) => accountId === me.id))
  assert.equal(hashes, 0)
})

const hostile: [what: string, address: (own: string) => string, secret: string][] = [
  ['a megabyte of secret', (own) => own, 'a'.repeat(1 << 20)],
  ['a megabyte of dashes', (own) => own, `${GUESS}${'-'.repeat(1 << 20)}`],
  ['a null byte in the secret', (own) => own, `${GUESS}\0`],
  ['a null byte in the address', (own) => `${own}\0`, GUESS],
  ['a megabyte of address', () => `${'x'.repeat(1 << 20)}@zegel.test`, GUESS],
  ['half a surrogate', (own) => own, '\ud800'.repeat(20)],
  ['a statement', (own) => `${own}' or true --`, GUESS],
  ['nothing', () => '', ''],
]
for (const [what, addressOf, secret] of hostile)
  test(`refused like any wrong secret: ${what}`, async () => {
    const me = await addOwner()
    assert.equal(await outcome(signIn({ address: addressOf(me.address) }, secret)), 'badCredentials')
  })
