import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Storage } from '#storage'
import { openTestStorage } from '#test/database'
import { addPerson, type Person } from '#test/people'
import { addressesOf, createDomain, findAddressee } from '../index.ts'

let storage: Storage
let receiver: Storage
let ada: Person
before(async () => {
  storage = await openTestStorage({ after })
  receiver = await openTestStorage({ after }, 'zegel_receiver')
  ada = await addPerson(storage, { name: 'ada' })
})

const reaching = [
  'ada@zegel.test',
  'ADA@Zegel.Test',
  'ada+shop@zegel.test',
  'Ada+Shop+more@zegel.test',
  'ada+@zegel.test',
]
for (const address of reaching) {
  test(`mail for ${address} reaches ada, as the receiver's role can tell`, async () => {
    assert.equal(await findAddressee(receiver, address), ada.id)
  })
}

const strangers: Record<string, string> = {
  'another name': 'adam@zegel.test',
  'another domain': 'ada@example.org',
  'a detail without a user': '+ada@zegel.test',
  'a domain below ours': 'ada@sub.zegel.test',
  'no domain': 'ada',
  'a statement': "ada@zegel.test' or 1=1 --",
  'a path after the domain': 'ada@zegel.test/x',
  'a null byte': 'ada\0@zegel.test',
  'a megabyte': `ada+${'x'.repeat(1 << 20)}@zegel.test`,
  nothing: '',
}
for (const [what, address] of Object.entries(strangers)) {
  test(`reaches nobody: ${what}`, async () => {
    assert.equal(await findAddressee(receiver, address), undefined)
  })
}

test('a domain is reached by its name in its own letters and by its A-label', async () => {
  await createDomain(storage, 'bücher.example')
  const { id } = await addPerson(storage, { address: 'lena@bücher.example' })
  for (const address of ['lena@bücher.example', 'lena@BÜCHER.example', 'lena@xn--bcher-kva.example'])
    assert.equal(await findAddressee(receiver, address), id)
  assert.deepEqual(await addressesOf(storage, id), ['lena@xn--bcher-kva.example'])
})

test('a suspended account still receives, a closed one does not', async () => {
  const { id, address } = await addPerson(storage)
  const set = (state: string): Promise<unknown> =>
    storage.database.sql`update account set state = ${state} where account_id = ${id}`
  await set('suspended')
  assert.equal(await findAddressee(receiver, address), id)
  await set('closed')
  assert.equal(await findAddressee(receiver, address), undefined)
})

test('an account has its own addresses and nobody else does', async () => {
  assert.deepEqual(await addressesOf(storage, ada.id), ['ada@zegel.test'])
  assert.deepEqual(await addressesOf(storage, ada.id + 1), [])
})
