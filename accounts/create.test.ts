import assert from 'node:assert/strict'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { Gathering, Storage } from '#storage'
import { Refusal } from '#system'
import { openTestStorage } from '#test/database'
import { addPerson } from '#test/people'
import { createAccount, createDomain, findAccount, listAccounts } from './index.ts'

let storage: Storage
before(async () => {
  storage = await openTestStorage({ after })
  await createDomain(storage, 'example.org')
})

const password = 'a good enough password'
const nothing = async (): Promise<void> => undefined

async function counts(): Promise<unknown> {
  const { rows } = await storage.database.sql`
    select (select count(*) from account) as accounts, (select count(*) from address) as addresses,
           (select count(*) from password) as passwords, (select count(*) from keys.wrap) as wraps,
           (select count(*) from kind_state) as furniture`
  return rows[0]
}

test('a new account is listed and found by its address in any case, without showing more than it should', async () => {
  const account = { address: 'First.Person@Example.ORG', password, isOperator: true }
  const id = await createAccount(storage, account, nothing)
  const found = await findAccount(storage, 'first.person@example.org')
  assert.ok(found)
  const { createdAt, ...rest } = found
  assert.deepEqual(rest, {
    id,
    address: 'first.person@example.org',
    state: 'open',
    kind: 'person',
    isOperator: true,
    stoppedAt: null,
    stoppedFor: null,
  })
  assert.ok(createdAt instanceof Date)
  assert.deepEqual(
    (await listAccounts(storage)).find((entry) => entry.id === id),
    found,
  )
  assert.equal(await findAccount(storage, 'nobody@example.org'), undefined)
})

test('the private half of its key pair is sealed in the account and belongs to the public half', async () => {
  const { id } = await addPerson(storage)
  const { rows } = await storage.database.sql<{ public_key: Buffer; private_key: Buffer }>`
    select public_key, private_key from account where account_id = ${id}`
  const [row] = rows
  assert.ok(row)
  const account = await storage.openAccount(id)
  const half = (bytes: Buffer): string => bytes.toString('base64url')
  const d = half(account.open('account', 'private_key', row.private_key))
  const x = half(row.public_key)
  const privateKey = createPrivateKey({ format: 'jwk', key: { kty: 'OKP', crv: 'X25519', d, x } })
  assert.equal(createPublicKey(privateKey).export({ format: 'jwk' }).x, x)
})

test('what furnishes an account is part of its first change, and gatherings settle once', async () => {
  const seen: string[] = []
  const gathering: Gathering<string[]> = {
    start: () => [],
    settle: (tx, gathered) => {
      seen.push(`settled ${gathered.join(' and ')} in change ${tx.change}`)
      return [tx.sql`update account set vanished_floor = 1 where account_id = ${tx.account.id}`]
    },
  }
  const { id } = await addPerson(storage, {}, async (tx) => {
    tx.gather(gathering).push('one')
    tx.gather(gathering).push('two')
    await tx.sql`
      insert into kind_state (account_id, kind, folders_change, items_change)
      values (${tx.account.id}, 'mail', ${tx.change}, 0)`
  })
  assert.deepEqual(seen, ['settled one and two in change 1'])
  const { rows } = await storage.database.sql`
    select folders_change, vanished_floor, change from kind_state join account using (account_id) where account_id = ${id}`
  assert.deepEqual(rows, [{ folders_change: 1, vanished_floor: 1, change: 1 }])
  const account = await storage.openAccount(id)
  assert.equal(await account.write(async (tx) => tx.change), 2)
})

test('nothing remains of an account that could not be furnished', async () => {
  const before = await counts()
  const address = 'unfurnished@example.org'
  const furnish = async (): Promise<void> => {
    throw new Error('no furniture today')
  }
  await assert.rejects(createAccount(storage, { address, password }, furnish), /no furniture/)
  assert.deepEqual(await counts(), before)
  await createAccount(storage, { address, password }, nothing)
})

test('an address belongs to one account, however it is written', async () => {
  await createAccount(storage, { address: 'taken@example.org', password }, nothing)
  const before = await counts()
  for (const address of ['taken@example.org', 'TAKEN@EXAMPLE.org'])
    await assert.rejects(createAccount(storage, { address, password }, nothing), { reason: 'addressTaken' })
  assert.deepEqual(await counts(), before)
})

test('an address at a domain that is not hosted here is refused', async () => {
  const address = 'somebody@elsewhere.example'
  await assert.rejects(createAccount(storage, { address, password }, nothing), { reason: 'domainUnknown' })
})

const refused: Record<string, [account: { address: string; password: string; language?: 'en' }, field: string]> = {
  'no address at all': [{ address: '', password }, 'address'],
  'no domain': [{ address: 'somebody', password }, 'address'],
  'two addresses': [{ address: 'a@example.org, b@example.org', password }, 'address'],
  'a line break in the address': [{ address: 'a\r\nb@example.org', password }, 'address'],
  'a name around the address': [{ address: 'A <a@example.org>', password }, 'address'],
  'a path after the domain': [{ address: 'a@example.org/x', password }, 'address'],
  'a local part in quotes': [{ address: '"a b"@example.org', password }, 'address'],
  'a null byte in the address': [{ address: 'a\0@example.org', password }, 'address'],
  'an address of a megabyte': [{ address: `${'a'.repeat(1 << 20)}@example.org`, password }, 'address'],
  "a detail of somebody else's address": [{ address: 'first.person+shop@example.org', password }, 'address'],
  'a password of seven characters': [{ address: 'a@example.org', password: '1234567' }, 'password'],
  'four characters that are eight code units': [{ address: 'a@example.org', password: '🔑🔑🔑🔑' }, 'password'],
  'a password of 257 bytes': [{ address: 'a@example.org', password: 'x'.repeat(257) }, 'password'],
  'a password of a megabyte': [{ address: 'a@example.org', password: 'é'.repeat(1 << 20) }, 'password'],
  'a language we do not speak': [{ address: 'a@example.org', password, language: 'tlh' as 'en' }, 'language'],
}

for (const [what, [account, field]] of Object.entries(refused)) {
  test(`refused: ${what}`, async () => {
    const before = await counts()
    await assert.rejects(createAccount(storage, account, nothing), (error) => {
      assert.ok(error instanceof Refusal)
      assert.deepEqual([error.reason, error.fields], ['invalid', [field]])
      return true
    })
    assert.deepEqual(await counts(), before)
  })
}
