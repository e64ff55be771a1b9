import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { shiftClock } from '../../../system/index.ts'
import { asAdministrator } from '../../../test/cluster.ts'
import { openTestStorage, testDatabase } from '../../../test/database.ts'
import { addPerson } from '../../../test/people.ts'
import {
  BY,
  checkChain,
  digestsFrom,
  FIELDS,
  ownAccesses,
  publishedHeads,
  publishHead,
  recordAccess,
  type Access,
} from '../../../trust/access/index.ts'
import { PURPOSES } from '../../../policy/index.ts'
import words from '../../ui/texts/en.json' with { type: 'json' }
import { readDigests, verifyChain } from './chain.ts'

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

test('a chain that nobody has touched holds, with the entries that its owner is shown', async () => {
  const account = await person()
  assert.ok((await asSeen(account)).holds, 'also one without a link')
  await recordAccess(storage, [account.id], look)
  const [own] = await ownAccesses(storage, account, { limit: 10 })
  const seen = await asSeen(account)
  assert.ok(own && seen.holds && seen.links >= own.number)
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

test('a chain that somebody has computed anew from a changed link on is not the one that was published and seen', async () => {
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
})

test('a chain longer than one answer is read to its end', async () => {
  const account = await person()
  for (let count = 0; count < 7; count++) await recordAccess(storage, [account.id], look)
  const asked: number[] = []
  const digests = await readDigests((from) => {
    asked.push(from)
    return digestsFrom(storage, from, 3)
  })
  assert.ok(asked.length >= 4)
  assert.deepEqual(Buffer.from(digests), await digestsFrom(storage, 1))
})

test('a look that is shown otherwise than it was recorded is told', async () => {
  const account = await person()
  await recordAccess(storage, [account.id], look)
  const digests = await digestsFrom(storage, 1)
  const [own] = await ownAccesses(storage, account, { limit: 1 })
  assert.ok(own)
  for (const shown of [
    { ...own, text: own.text.replace('support', 'payments') },
    { ...own, number: own.number + 1 },
    { ...own, salt: Buffer.alloc(16).toString('base64url') },
  ])
    assert.deepEqual(verifyChain(digests, { heads: [], shown: [shown], seen: undefined }), {
      holds: false,
      why: 'entry',
      number: shown.number,
    })
})

test('whatever can be looked at, by whom and for what has its words', () => {
  const wanted = [
    ...BY.map((name) => `accesses.by.${name}`),
    ...PURPOSES.map((name) => `accesses.purpose.${name}`),
    ...FIELDS.map((name) => `accesses.field.${name}`),
  ]
  assert.deepEqual(
    wanted.filter((key) => !Object.hasOwn(words, key)),
    [],
  )
})
