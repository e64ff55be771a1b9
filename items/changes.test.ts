import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { OpenAccount, Transaction } from '#storage'
import { openTestStorage } from '#test/database'
import { addPerson } from '#test/people'
import { addItem } from './add.ts'
import { itemChanges, kindState, threadChanges, type Point } from './changes.ts'
import { createFolder } from './folders/create.ts'
import { readPage } from './page.ts'
import { updateItems } from './update.ts'
import { writeKind } from './write.ts'

const KIND = 'note'
const storage = await openTestStorage({ after })

async function openNotes() {
  const { id } = await addPerson(storage)
  const account = await storage.openAccount(id)
  const folderId = await account.write((tx) => createFolder(tx, { kind: KIND, name: 'Notes' }))
  const otherId = await account.write((tx) => createFolder(tx, { kind: KIND, name: 'Others' }))
  const add = async (tx: Transaction, folders = [folderId]): Promise<number> => {
    const blob = await account.blobs.prepare(account.id, Buffer.from('note'))
    const item = { kind: KIND, folders, blob, size: 4, flags: 0, receivedAt: new Date(), summary: '{}' }
    return (await addItem(tx, item)).id
  }
  return { account, folderId, otherId, add }
}

/** Follows the changes in pieces of `most`, as a client does, and gives everything told. */
async function follow(account: OpenAccount, since: Point, most: number) {
  const told = { created: [] as number[], updated: [] as number[], destroyed: [] as number[], rounds: 0 }
  for (let point = since; ; told.rounds++) {
    const list = await itemChanges(account, KIND, point, most)
    for (const what of ['created', 'updated', 'destroyed'] as const) told[what].push(...list[what])
    if (!list.hasMore) return told
    point = list.upTo
  }
}

const stateOf = async (account: OpenAccount): Promise<Point> => ({ change: (await kindState(account, KIND)).items })

test('a transaction larger than a list is told in several, each thing once', async () => {
  const { account, add } = await openNotes()
  const since = await stateOf(account)
  const ids = await account.write(async (tx) => {
    const made: number[] = []
    for (let i = 0; i < 50; i++) made.push(await add(tx))
    return made
  })
  const told = await follow(account, since, 7)
  assert.deepEqual(told.created, ids)
  assert.equal(told.rounds, 7)
  const created = await stateOf(account)
  await account.write((tx) => updateItems(tx, KIND, ids, () => ({ flags: 1 })))
  const updated = await follow(account, created, 20)
  assert.deepEqual([updated.created, updated.updated], [[], ids])
})

test('what was created and has changed since is told as created, to whoever ends in between', async () => {
  const { account, add } = await openNotes()
  const since = await stateOf(account)
  const first = await account.write((tx) => add(tx))
  const second = await account.write((tx) => add(tx))
  await account.write((tx) => updateItems(tx, KIND, [first], () => ({ flags: 1 })))
  const list = await itemChanges(account, KIND, since, 1)
  assert.deepEqual([list.created, list.hasMore], [[first], true])
  const rest = await itemChanges(account, KIND, list.upTo, 5)
  assert.deepEqual([rest.created, rest.updated], [[second], [first]])
})

test('what leaves several folders at once is destroyed once, and what came and went is not told', async () => {
  const { account, folderId, otherId, add } = await openNotes()
  const id = await account.write((tx) => add(tx, [folderId, otherId]))
  const since = await stateOf(account)
  const brief = await account.write((tx) => add(tx))
  await account.write((tx) => updateItems(tx, KIND, [id, brief], () => ({ folders: [] })))
  const { created, updated, destroyed } = await itemChanges(account, KIND, since, 10)
  assert.deepEqual([created, updated, destroyed], [[], [], [id]])
  const threads = await threadChanges(account, KIND, since, 10)
  assert.deepEqual([threads.created, threads.updated, threads.destroyed], [[], [], [id]])
})

test('an update that changes nothing takes no number', async () => {
  const { account, folderId, add } = await openNotes()
  const id = await account.write((tx) => add(tx))
  const before = await stateOf(account)
  const outcomes = await account.write((tx) =>
    updateItems(tx, KIND, [id], () => ({ flags: 0, keywords: [], folders: [folderId] })),
  )
  assert.deepEqual([...outcomes], [[id, undefined]])
  assert.deepEqual(await stateOf(account), before)
})

test('a work that shares its transaction does not know the state before it; one that changes nothing does', async () => {
  const { account, add } = await openNotes()
  const before = await kindState(account, KIND)
  // The first runs alone, those that come meanwhile run together.
  const written = await Promise.all([
    writeKind(account, KIND, (tx) => add(tx)),
    writeKind(account, KIND, (tx) => add(tx)),
    writeKind(account, KIND, (tx) => add(tx)),
    writeKind(account, KIND, async () => 0),
  ])
  const [alone, second, third, nothing] = written
  assert.deepEqual(alone?.before, before)
  assert.equal(alone?.after.items, alone?.after.folders)
  assert.equal(second?.before, undefined)
  assert.equal(third?.before, undefined)
  assert.equal(second?.after.items, third?.after.items)
  assert.deepEqual(nothing?.before, alone?.after)
  assert.deepEqual(nothing?.after, alone?.after)
})

test('a page costs one statement and knows the length of the list', async () => {
  const { account, folderId, add } = await openNotes()
  const ids = await account.write(async (tx) => [await add(tx), await add(tx), await add(tx)])
  const page = await readPage(account, { folderId, collapseThreads: false }, { offset: 1, limit: 1 })
  assert.equal(page?.total, 3)
  assert.ok(ids.includes(page?.ids[0] as number))
  assert.equal(page?.state.uidNext, 4)
  assert.equal(await readPage(account, { folderId: 1, collapseThreads: true }, { offset: 0, limit: 1 }), undefined)
})

test('an item is not half added: of one for a folder that is missing, nothing is left in a transaction that goes on', async () => {
  const { account, folderId, add } = await openNotes()
  const before = await account.sql`select from blob where account_id = ${account.id}`
  const kept = await account.write(async (tx) => {
    await assert.rejects(add(tx, [folderId, 1]), { reason: 'notFound', fields: ['folders'] })
    return add(tx)
  })
  const { rows } = await account.sql<{ item_id: number }>`select item_id from item where account_id = ${account.id}`
  assert.deepEqual(rows, [{ item_id: kept }])
  const page = await readPage(account, { folderId, collapseThreads: false }, { offset: 0, limit: 9 })
  assert.deepEqual([page?.ids, page?.total, page?.state.uidNext], [[kept], 1, 2])
  const blobs = await account.sql`select from blob where account_id = ${account.id}`
  assert.equal(blobs.rowCount - before.rowCount, 1)
})
