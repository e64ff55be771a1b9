import assert from 'node:assert/strict'
import { createPublicKey, verify } from 'node:crypto'
import { after, test } from 'node:test'
import { shiftClock } from '#system'
import { canonical } from '#trust/signing'
import { clockAtNoon } from '#test/clock'
import { openTestStorage, testDatabase } from '#test/database'
import { addPerson } from '#test/people'
import {
  checkChain,
  countAccesses,
  EVERYBODY,
  ownAccesses,
  publishedHeads,
  publishHead,
  recordAccess,
  type Access,
} from './index.ts'

const { config } = await testDatabase()
const storage = await openTestStorage({ after })
const look: Access = { by: 'commandLine', purpose: 'support', reference: 'Ticket 12', fields: ['addresses', 'state'] }

async function person() {
  const { id } = await addPerson(storage)
  return storage.openAccount(id)
}

test('a look at somebody’s data is there for them at once, for nobody else, and in the chain', async () => {
  const [mareike, tom] = [await person(), await person()]
  await recordAccess(storage, [mareike.id], look)
  const [own] = await ownAccesses(storage, mareike, { limit: 10 })
  assert.ok(own)
  assert.deepEqual([own.purpose, own.reference, own.fields], ['support', 'Ticket 12', ['addresses', 'state']])
  assert.deepEqual(await ownAccesses(storage, tom, { limit: 10 }), [])
  assert.equal((await countAccesses(mareike)).count, 1)
})

test('a look at everybody’s is shown to those who had an account then', async () => {
  const before = await person()
  await recordAccess(storage, EVERYBODY, { ...look, purpose: 'checks', reference: 'list' })
  shiftClock(60)
  const later = await person().finally(() => shiftClock(0))
  assert.deepEqual(
    (await ownAccesses(storage, before, { limit: 10 })).map(({ isAboutEverybody }) => isAboutEverybody),
    [true],
  )
  assert.deepEqual(await ownAccesses(storage, later, { limit: 10 }), [])
})

const UNREASONED: [what: string, change: object][] = [
  ['no purpose', { purpose: undefined }],
  ['a purpose that nobody promised', { purpose: 'advertising' }],
  ['no reference', { reference: '  ' }],
  ['a reference without end', { reference: 'x'.repeat(101) }],
  ['a reference that a terminal would obey', { reference: 'T\u001b[2J' }],
]
for (const [what, change] of UNREASONED)
  test(`nobody looks with ${what}`, async () => {
    const account = await person()
    const links = (await checkChain(storage)).links
    await assert.rejects(recordAccess(storage, [account.id], { ...look, ...change } as Access), { reason: 'invalid' })
    assert.equal((await checkChain(storage)).links, links)
  })

test('looks at the same time come one after the other', async () => {
  const accounts = await Promise.all(Array.from({ length: 8 }, person))
  const { links } = await checkChain(storage)
  await Promise.all(accounts.map(({ id }) => recordAccess(storage, [id, accounts[0]?.id as number], look)))
  assert.deepEqual(await checkChain(storage), { links: links + 16, brokenAt: null })
})

test('the head of each day is signed, published, and never another', async (t) => {
  const pass = clockAtNoon(t)
  const account = await person()
  await recordAccess(storage, [account.id], look)
  await publishHead(storage, config)
  await recordAccess(storage, [account.id], look)
  await publishHead(storage, config)
  const { host, heads, keys } = await publishedHeads(storage, config)
  assert.equal(heads.length, 1)
  const { signature, ...head } = heads[0] as (typeof heads)[number]
  const key = createPublicKey({ key: { ...keys[0] }, format: 'jwk' })
  assert.ok(verify(null, Buffer.from(canonical({ host, ...head })), key, Buffer.from(signature, 'base64url')))
  pass(86_400)
  await publishHead(storage, config)
  assert.equal((await publishedHeads(storage, config)).heads.length, 2)
})

test('an account that is gone takes its entries along, and the chain stands', async () => {
  const account = await person()
  await recordAccess(storage, [account.id], look)
  await storage.database.sql`delete from access_entry where account_id = ${account.id}`
  assert.equal((await checkChain(storage)).brokenAt, null)
})
