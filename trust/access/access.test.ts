import assert from 'node:assert/strict'
import { createPublicKey, verify } from 'node:crypto'
import { after, test } from 'node:test'
import { shiftClock } from '#system'
import { canonical } from '#trust/signing'
import { asAdministrator } from '#test/cluster'
import { openTestStorage, testDatabase } from '#test/database'
import { addPerson } from '#test/people'
import { verifyChain } from '../../web/app/privacy/chain.ts'
import {
  checkChain,
  countAccesses,
  digestsFrom,
  EVERYBODY,
  ownAccesses,
  publishedHeads,
  publishHead,
  recordAccess,
  type Access,
} from './index.ts'

const { config, url } = await testDatabase()
const storage = await openTestStorage({ after })
const look: Access = { by: 'commandLine', purpose: 'support', reference: 'Ticket 12', fields: ['addresses', 'state'] }

async function person() {
  const { id } = await addPerson(storage)
  return storage.openAccount(id)
}

/** As whoever has the database in hand, beside everything that the program may. */
const tamper = (statement: string): Promise<void> =>
  asAdministrator(url, statement, new URL(url).searchParams.get('db') ?? undefined)

/** What the person's browser makes of it. */
async function asSeen(account: Awaited<ReturnType<typeof person>>, seen?: { number: number; hash: string }) {
  return verifyChain(await digestsFrom(storage, 1), {
    heads: (await publishedHeads(storage, config)).heads,
    shown: await ownAccesses(storage, account, { limit: 100 }),
    seen,
  })
}

test('a look at somebody’s data is there for them at once, for nobody else, and in the chain', async () => {
  const [mareike, tom] = [await person(), await person()]
  await recordAccess(storage, [mareike.id], look)
  const [own] = await ownAccesses(storage, mareike, { limit: 10 })
  assert.ok(own)
  assert.deepEqual([own.purpose, own.reference, own.fields], ['support', 'Ticket 12', ['addresses', 'state']])
  assert.deepEqual(await ownAccesses(storage, tom, { limit: 10 }), [])
  assert.equal((await countAccesses(mareike)).count, 1)
  const seen = await asSeen(mareike)
  assert.ok(seen.holds && seen.links >= own.number)
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

test('the head of each day is signed, published, and never another', async () => {
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
  shiftClock(86_400)
  await publishHead(storage, config).finally(() => shiftClock(0))
  assert.equal((await publishedHeads(storage, config)).heads.length, 2)
})

test('an account that is gone takes its entries along, and the chain stands', async () => {
  const account = await person()
  await recordAccess(storage, [account.id], look)
  await storage.database.sql`delete from access_entry where account_id = ${account.id}`
  assert.equal((await checkChain(storage)).brokenAt, null)
})

/** What somebody with the database in hand might do, of which the program has no statement. */
const TAMPERINGS: [what: string, statement: string][] = [
  ['changes a digest', "update access_chain set digest = sha256('another') where number = $1"],
  ['changes a hash', "update access_chain set hash = sha256('another') where number = $1"],
  ['takes a link out', 'delete from access_chain where number = $1'],
  ['takes the last links out', 'delete from access_chain where number >= $1'],
]
for (const [what, statement] of TAMPERINGS)
  test(`the chain breaks when somebody ${what}`, async (t) => {
    const account = await person()
    await recordAccess(storage, [account.id], look)
    await recordAccess(storage, [account.id], look)
    const before = await asSeen(account)
    assert.ok(before.holds)
    const number = before.links - 1
    await tamper('create table kept as select * from access_chain')
    await tamper('alter table access_entry drop constraint access_entry_number_fkey')
    t.after(async () => {
      await tamper('delete from access_chain')
      await tamper('insert into access_chain select * from kept')
      await tamper('drop table kept')
      await tamper('alter table access_entry add foreign key (number) references access_chain')
    })
    await tamper(statement.replace('$1', String(number)))
    const checked = await checkChain(storage)
    // Whoever saw it before, or has an entry in it, notices; the server by itself unless the end was cut.
    if (!what.includes('last')) assert.equal(checked.brokenAt, number)
    if (!what.includes('hash'))
      assert.equal((await asSeen(account, { number: before.links, hash: before.hash })).holds, false)
  })

test('a chain that somebody has computed anew from a changed link on is not the one that was published and seen', async (t) => {
  const account = await person()
  await recordAccess(storage, [account.id], look)
  shiftClock(3 * 86_400)
  await publishHead(storage, config).finally(() => shiftClock(0))
  const before = await asSeen(account)
  assert.ok(before.holds)
  const digests = await digestsFrom(storage, 1)
  digests.set(Buffer.alloc(32, 7), digests.length - 64)
  const { heads } = await publishedHeads(storage, config)
  const forged = { shown: [], heads, seen: undefined }
  assert.deepEqual(verifyChain(digests, forged), { holds: false, why: 'head', number: before.links })
  const seen = { number: before.links, hash: before.hash }
  assert.deepEqual(verifyChain(digests, { ...forged, heads: [], seen }), {
    holds: false,
    why: 'seen',
    number: before.links,
  })
  t.diagnostic(`${before.links} links`)
})
