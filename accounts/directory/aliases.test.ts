import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { shiftClock } from '#system'
import type { OpenAccount, Storage } from '#storage'
import { openTestStorage } from '#test/database'
import { addPerson, type Person } from '#test/people'
import {
  addAlias,
  addressesOf,
  addressesOfAll,
  choosePrimary,
  createDomain,
  checkPassword,
  findAccount,
  findAddressee,
  findHolder,
  insertMasked,
  removeAlias,
  removeMasked,
  switchMasked,
} from '../index.ts'

let storage: Storage
let receiver: Storage
before(async () => {
  storage = await openTestStorage({ after })
  receiver = await openTestStorage({ after }, 'zegel_receiver')
})

interface Owner {
  person: Person
  account: OpenAccount
}

async function owner(): Promise<Owner> {
  const person = await addPerson(storage)
  return { person, account: await storage.openAccount(person.id) }
}

const owned = { by: 'owner', most: 3 } as const
let count = 0
const fresh = (): string => `alias${++count}@zegel.test`

test('mail for an alias is its owner’s, in capitals and with a detail too, and they sign in with it', async () => {
  const { person, account } = await owner()
  const alias = await addAlias(storage, account, ' Anna.Blum@ZEGEL.test ', owned)
  assert.equal(alias, 'anna.blum@zegel.test')
  for (const address of [alias, 'ANNA.Blum@zegel.test', 'anna.blum+shop@zegel.test'])
    assert.equal(await findAddressee(receiver, address), person.id)
  assert.deepEqual(await addressesOf(storage, person.id), [person.address, alias])
  const { password } = person
  const network = '192.0.2.1'
  assert.equal((await checkPassword(storage, { address: alias, password, network })).accountId, person.id)
})

test('an alias that was given up reaches nobody, nobody else gets it, and its owner may take it back', async () => {
  const [anna, bea] = [await owner(), await owner()]
  const alias = await addAlias(storage, anna.account, fresh(), owned)
  await removeAlias(storage, anna.account, alias)
  assert.equal(await findAddressee(receiver, alias), undefined)
  assert.equal(await findHolder(receiver, alias), anna.person.id)
  await assert.rejects(addAlias(storage, bea.account, alias, owned), { reason: 'addressTaken' })
  await assert.rejects(addPerson(storage, { address: alias }), { reason: 'addressTaken' })
  await assert.rejects(
    checkPassword(storage, { address: alias, password: anna.person.password, network: '192.0.2.2' }),
    {
      reason: 'badCredentials',
    },
  )
  await addAlias(storage, anna.account, alias, owned)
  assert.equal(await findAddressee(receiver, alias), anna.person.id)
})

test('of people who want the same alias at once one gets it', async () => {
  const owners = await Promise.all([owner(), owner(), owner(), owner()])
  const alias = fresh()
  const ended = await Promise.allSettled(owners.map(({ account }) => addAlias(storage, account, alias, owned)))
  assert.equal(ended.filter(({ status }) => status === 'fulfilled').length, 1)
  for (const one of ended) if (one.status === 'rejected') assert.equal(one.reason.reason, 'addressTaken')
})

test('an owner has so many at most, also at once, and gathers no names by leaving them', async () => {
  const { account, person } = await owner()
  const ended = await Promise.allSettled(Array.from({ length: 6 }, () => addAlias(storage, account, fresh(), owned)))
  assert.equal(ended.filter(({ status }) => status === 'fulfilled').length, 3)
  for (let round = 0; round < 3; round++) {
    await removeAlias(storage, account, (await addressesOf(storage, person.id))[1] as string)
    await addAlias(storage, account, fresh(), owned)
  }
  await removeAlias(storage, account, (await addressesOf(storage, person.id))[1] as string)
  await assert.rejects(addAlias(storage, account, fresh(), owned), { reason: 'tooManyItems' })
  // Whoever runs the service is not held to it.
  await addAlias(storage, account, fresh(), { by: 'operator' })
})

test('names are not tried out without end', async (t) => {
  t.after(() => shiftClock(0))
  const { account } = await owner()
  const taken = await addAlias(storage, (await owner()).account, fresh(), owned)
  for (let tried = 0; tried < 30; tried++)
    await assert.rejects(addAlias(storage, account, taken, owned), { reason: 'addressTaken' })
  await assert.rejects(addAlias(storage, account, taken, owned), { reason: 'tooManyAttempts' })
  shiftClock(86_400)
  await assert.rejects(addAlias(storage, account, taken, owned), { reason: 'addressTaken' })
})

const hostile: Record<string, [address: string, reason: string]> = {
  'no address': ['anna', 'invalid'],
  nothing: ['', 'invalid'],
  'a detail': ['anna+shop@zegel.test', 'invalid'],
  'a quoted name': ['"anna b"@zegel.test', 'invalid'],
  'a name of another alphabet, which looks alike': ['аnna@zegel.test', 'invalid'],
  'the name of a role': ['postmaster@zegel.test', 'invalid'],
  'the name of a role, taken apart': ['web-master@zegel.test', 'invalid'],
  'what could be a masked address': ['maple.river.4821736@zegel.test', 'invalid'],
  'another domain': ['anna@example.org', 'domainUnknown'],
  'a served domain in which they have no address': ['anna@served.example', 'domainUnknown'],
  'a line break': ['anna\n@zegel.test', 'invalid'],
  'a null byte': ['an\0na@zegel.test', 'invalid'],
}
test('nobody takes what is not theirs to take', async (t) => {
  await createDomain(storage, 'served.example')
  const { account, person } = await owner()
  for (const [what, [address, reason]] of Object.entries(hostile))
    await t.test(what, async () => {
      await assert.rejects(addAlias(storage, account, address, owned), { reason })
      assert.deepEqual(await addressesOf(storage, person.id), [person.address])
    })
  await addAlias(storage, account, 'anna@served.example', { by: 'operator' })
  assert.equal(await addAlias(storage, account, 'anna.blum2@served.example', owned), 'anna.blum2@served.example')
})

test('another address becomes the first one, of which there is one, and the one before is an alias', async () => {
  const { account, person } = await owner()
  const alias = await addAlias(storage, account, fresh(), owned)
  await choosePrimary(storage, account, alias)
  assert.deepEqual(await addressesOf(storage, person.id), [alias, person.address])
  assert.equal((await findAccount(storage, person.address))?.address, alias)
  await assert.rejects(removeAlias(storage, account, alias), { reason: 'forbidden' })
  await Promise.all([choosePrimary(storage, account, person.address), choosePrimary(storage, account, alias)])
  assert.equal((await addressesOf(storage, person.id)).length, 2)
  await choosePrimary(storage, account, person.address)
  await removeAlias(storage, account, alias)
  await assert.rejects(choosePrimary(storage, account, alias), { reason: 'notFound' })
  const other = await owner()
  for (const act of [choosePrimary, removeAlias])
    await assert.rejects(act(storage, other.account, person.address), { reason: 'notFound' })
})

test('nothing is given to a closed account, and all it had is held back when it is erased', async () => {
  const { account, person } = await owner()
  const alias = await addAlias(storage, account, fresh(), owned)
  const given = await addAlias(storage, account, fresh(), owned)
  await removeAlias(storage, account, given)
  const directory = await storage.keys.serviceKey('directory')
  const limits = { most: 5, mostPerDay: 5 }
  const masked = ['one.1', 'two.2', 'three.3'].map((local) => ({ local: `${local}.${count}`, domain: 'zegel.test' }))
  for (const one of masked) assert.equal(await account.write((tx) => insertMasked(tx, directory, one, limits)), true)
  const [on, off, gone] = masked.map(({ local, domain }) => `${local}@${domain}`) as [string, string, string]
  await account.write((tx) => switchMasked(tx, directory, off, false))
  await account.write((tx) => removeMasked(tx, directory, gone))
  assert.equal(await findAddressee(receiver, on), person.id)
  for (const address of [off, gone]) assert.equal(await findAddressee(receiver, address), undefined)
  await assert.rejects(choosePrimary(storage, account, on), { reason: 'notFound' })
  assert.equal(await findAccount(storage, on), undefined, 'who looks for a person finds nobody by it')
  assert.equal((await findAccount(storage, on, { alsoMasked: true }))?.id, person.id)

  await storage.database.sql`update account set state = 'closed' where account_id = ${person.id}`
  for (const address of [alias, on]) assert.equal(await findAddressee(receiver, address), undefined)
  assert.deepEqual(
    new Set(await addressesOfAll(storage.database.sql, directory, [person.id])),
    new Set([person.address, alias, given, on, off, gone]),
  )
})
