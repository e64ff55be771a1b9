import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Storage } from '#storage'
import { clockAtNoon } from '#test/clock'
import { openTestStorage } from '#test/database'
import { addPerson } from '#test/people'
import { changePassword, checkPassword } from '../index.ts'
import { checkBasic } from './check.ts'

let storage: Storage
let elsewhere: Storage
before(async () => {
  storage = await openTestStorage({ after })
  elsewhere = await openTestStorage({ after })
})

let networks = 0
const newNetwork = (): string => `203.0.${networks++}.0/24`

/** Makes a stored password unreadable, so that only who need not compare it gets in; gives how to mend it. */
async function hidePassword(id: number): Promise<() => Promise<unknown>> {
  const { rows } = await storage.database.sql<{ sealed: Buffer }>`select sealed from password where account_id = ${id}`
  await storage.database.sql`update password set sealed = '' where account_id = ${id}`
  return () => storage.database.sql`update password set sealed = ${rows[0]?.sealed} where account_id = ${id}`
}

test('a pair that was right is believed for five minutes, from its network only', async (t) => {
  const pass = clockAtNoon(t)
  const { id, address, password } = await addPerson(storage)
  const network = newNetwork()
  const { accountId, isOperator } = await checkBasic(storage, { address, password, network })
  assert.deepEqual({ accountId, isOperator }, { accountId: id, isOperator: false })
  const mend = await hidePassword(id)
  pass(299)
  assert.equal((await checkBasic(storage, { address, password, network })).accountId, id)
  await assert.rejects(checkBasic(storage, { address, password, network: newNetwork() }), { name: 'SealBroken' })
  await assert.rejects(checkPassword(storage, { address, password, network }), { name: 'SealBroken' })
  pass(2)
  await assert.rejects(checkBasic(storage, { address, password, network }), { name: 'SealBroken' })
  await mend()
  assert.equal((await checkBasic(storage, { address, password, network })).accountId, id)
})

test('a remembered pair is forgotten when the password changes, in this process and in others', async () => {
  const { id, address, password } = await addPerson(storage)
  const network = newNetwork()
  await checkBasic(storage, { address, password, network })
  await changePassword(elsewhere, id, 'quite another password')
  await assert.rejects(checkBasic(storage, { address, password, network }), { reason: 'badCredentials' })
  assert.equal((await checkBasic(storage, { address, password: 'quite another password', network })).accountId, id)
})

test('a remembered pair is forgotten when the account is closed', async () => {
  const { id, address, password } = await addPerson(storage)
  const network = newNetwork()
  await checkBasic(storage, { address, password, network })
  await storage.database.sql`update account set state = 'closed' where account_id = ${id}`
  await assert.rejects(checkBasic(storage, { address, password, network }), { reason: 'badCredentials' })
})

test('a remembered pair does not help to guess while a delay runs', async (t) => {
  clockAtNoon(t)
  const { address, password } = await addPerson(storage)
  const network = newNetwork()
  await checkBasic(storage, { address, password, network })
  for (let i = 0; i < 6; i++)
    await assert.rejects(checkBasic(storage, { address, password: `guess ${i}`, network }), {
      reason: 'badCredentials',
    })
  await assert.rejects(checkBasic(storage, { address, password, network }), {
    reason: 'tooManyAttempts',
    retryAfterSeconds: 2,
  })
})

test('a client that opens twenty connections at once gets in with each of them', async () => {
  const { id, address, password } = await addPerson(storage)
  const network = newNetwork()
  const all = await Promise.all(Array.from({ length: 20 }, () => checkBasic(storage, { address, password, network })))
  assert.ok(all.every(({ accountId }) => accountId === id))
})

test('a device that keeps trying an old password waits by itself and locks nobody out', async (t) => {
  const pass = clockAtNoon(t)
  const { id, address, password: old } = await addPerson(storage)
  const password = 'the new password'
  await changePassword(storage, id, password)
  const network = newNetwork()
  const device = () => checkBasic(storage, { address, password: old, network })
  for (let i = 0; i < 6; i++) await assert.rejects(device(), { reason: 'badCredentials' })
  await assert.rejects(device(), { reason: 'tooManyAttempts', retryAfterSeconds: 2 })
  pass(2)
  await assert.rejects(device(), { reason: 'badCredentials' })
  await assert.rejects(device(), { reason: 'tooManyAttempts', retryAfterSeconds: 4 })
  assert.equal((await checkBasic(storage, { address, password, network })).accountId, id)
  await changePassword(storage, id, old)
  assert.equal((await device()).accountId, id)
})

test('an address that nobody had can sign in once somebody has it', async () => {
  const network = newNetwork()
  const person = { address: 'newcomer@zegel.test', password: 'a good enough password' }
  await assert.rejects(checkBasic(storage, { ...person, network }), { reason: 'badCredentials' })
  const { id } = await addPerson(storage, person)
  assert.equal((await checkBasic(storage, { ...person, network })).accountId, id)
})
