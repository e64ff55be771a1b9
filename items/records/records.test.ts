import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import type { OpenAccount, Storage } from '#storage'
import { openTestStorage } from '#test/database'
import { addPerson } from '#test/people'
import {
  accountsWithDue,
  addRecord,
  dueRecords,
  findRecord,
  isKnownRecord,
  readRecords,
  recordChanges,
  recordState,
  removeRecord,
  updateRecord,
} from './index.ts'

let storage: Storage
before(async () => {
  storage = await openTestStorage({ after })
})

const newAccount = async (): Promise<OpenAccount> => storage.openAccount((await addPerson(storage)).id)

test('a record is read as it was written, by its id and by its lookup, until it is removed', async () => {
  const account = await newAccount()
  const value = { name: 'Grüße', of: ['a', 1, null] }
  const id = await account.write((tx) => addRecord(tx, { kind: 'thing', value, lookup: 'here' }))
  assert.deepEqual((await readRecords(account, 'thing', [id]))[0]?.value, value)
  assert.equal((await findRecord(account, 'thing', 'here'))?.id, id)
  assert.equal(await isKnownRecord(account, 'thing', ['there', 'here']), true)
  await account.write((tx) => updateRecord(tx, 'thing', id, { value: 2, lookup: 'there' }))
  assert.equal(await findRecord(account, 'thing', 'here'), undefined)
  assert.equal((await findRecord(account, 'thing', 'there'))?.value, 2)
  await account.write((tx) => removeRecord(tx, 'thing', id))
  assert.deepEqual(await readRecords(account, 'thing', null), [])
  assert.equal(await isKnownRecord(account, 'thing', ['there']), false)
  await assert.rejects(
    account.write((tx) => updateRecord(tx, 'thing', id, { value: 3 })),
    { reason: 'notFound' },
  )
})

test('no two records of a kind share a lookup, and a removed one leaves it free', async () => {
  const account = await newAccount()
  const add = (kind: string) => account.write((tx) => addRecord(tx, { kind, value: 1, lookup: 'x' }))
  const id = await add('one')
  await add('two')
  await assert.rejects(add('one'), { reason: 'exists' })
  const other = await account.write((tx) => addRecord(tx, { kind: 'one', value: 2, lookup: 'y' }))
  await assert.rejects(
    account.write((tx) => updateRecord(tx, 'one', other, { lookup: 'x' })),
    { reason: 'exists' },
  )
  await account.write((tx) => removeRecord(tx, 'one', id))
  await account.write((tx) => updateRecord(tx, 'one', other, { lookup: 'x' }))
})

test("nobody finds another account's records", async () => {
  const [mine, theirs] = [await newAccount(), await newAccount()]
  const id = await mine.write((tx) => addRecord(tx, { kind: 'thing', value: 1, lookup: 'x' }))
  assert.deepEqual(await readRecords(theirs, 'thing', [id]), [])
  assert.equal(await findRecord(theirs, 'thing', 'x'), undefined)
  await assert.rejects(
    theirs.write((tx) => removeRecord(tx, 'thing', id)),
    { reason: 'notFound' },
  )
})

test('the receiver learns that a sender is known, and reads no record', async (t) => {
  const account = await newAccount()
  const id = await account.write((tx) => addRecord(tx, { kind: 'blocked', value: 1, lookup: 'x@example.org' }))
  const receiver = await openTestStorage(t, 'zegel_receiver')
  const seen = await receiver.openAccount(account.id)
  assert.equal(await isKnownRecord(seen, 'blocked', ['x@example.org']), true)
  await assert.rejects(readRecords(seen, 'blocked', [id]), { code: '42501' })
})

test('what is due is told, and nothing before its time', async () => {
  const account = await newAccount()
  const at = (ms: number): Date => new Date(Date.now() + ms)
  const due = await account.write((tx) => addRecord(tx, { kind: 'bell', value: 1, dueAt: at(-1000) }))
  const later = await account.write((tx) => addRecord(tx, { kind: 'bell', value: 1, dueAt: at(60_000) }))
  assert.deepEqual(
    (await dueRecords(storage, 'bell', 10)).map(({ id }) => id),
    [due],
  )
  await account.write((tx) => updateRecord(tx, 'bell', due, { dueAt: null }))
  await account.write((tx) => updateRecord(tx, 'bell', later, { dueAt: at(-2000) }))
  assert.deepEqual(
    (await dueRecords(storage, 'bell', 10)).map(({ id }) => id),
    [later],
  )
})

test('whoever follows the changes knows what a full reading says, wherever the lists end', async () => {
  const act = fc.record({ what: fc.constantFrom('add', 'update', 'remove'), which: fc.nat(20) })
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 25 }), fc.integer({ min: 1, max: 4 }), async (acts, most) => {
      const account = await newAccount()
      const known = new Map<number, unknown>()
      let point: { change: number; id?: number } = { change: await recordState(account, 'thing') }
      const follow = async (): Promise<void> => {
        for (let hasMore = true; hasMore;) {
          const list = await recordChanges(account, 'thing', point, most)
          for (const id of list.created) assert.ok(!known.has(id), 'created twice')
          for (const id of list.updated) assert.ok(known.has(id), 'never created')
          // RFC 8620 §5.2: what came and went in between may be told as destroyed.
          for (const id of list.destroyed) known.delete(id)
          for (const { id, value } of await readRecords(account, 'thing', [...list.created, ...list.updated]))
            known.set(id, value)
          // What was removed after the list ended is told in the next.
          for (const id of list.created) if (!known.has(id)) known.set(id, 'gone since')
          point = list.upTo
          hasMore = list.hasMore
        }
      }
      const ids: number[] = []
      for (const [step, { what, which }] of acts.entries()) {
        const id = ids[which % Math.max(1, ids.length)]
        if (what === 'add' || id === undefined)
          ids.push(await account.write((tx) => addRecord(tx, { kind: 'thing', value: step })))
        else {
          await account.write((tx) =>
            what === 'update' ? updateRecord(tx, 'thing', id, { value: step }) : removeRecord(tx, 'thing', id),
          )
          if (what === 'remove') ids.splice(ids.indexOf(id), 1)
        }
        if (step % 5 === 4) await follow()
      }
      await follow()
      const all = new Map((await readRecords(account, 'thing', null)).map(({ id, value }) => [id, value]))
      assert.deepEqual(new Map([...known].toSorted()), new Map([...all].toSorted()))
    }),
    { numRuns: 25 },
  )
})

test('what is due in a closed account does not stand before what is due in others', async () => {
  const [closed, open] = [await newAccount(), await newAccount()]
  const kind = 'closing'
  for (const account of [closed, open])
    await account.write((tx) => addRecord(tx, { kind, value: 1, dueAt: new Date(0) }))
  await storage.database.sql`update account set state = 'closed' where account_id = ${closed.id}`
  assert.deepEqual(
    (await dueRecords(storage, kind, 10)).map(({ accountId }) => accountId),
    [open.id],
  )
  assert.deepEqual(await accountsWithDue(storage, kind, 10), [open.id])
})
