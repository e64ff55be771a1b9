import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { OpenAccount } from '#storage'
import { Refusal } from '#system'
import { openTestStorage } from '#test/database'
import { addPerson } from '#test/people'
import {
  addItem,
  copyItems,
  createFolder,
  DELETED,
  expungeItems,
  FLAG,
  flagItems,
  moveItems,
  openView,
} from './index.ts'

const KIND = 'note'
const storage = await openTestStorage({ after })

async function openNotes() {
  const account = await storage.openAccount((await addPerson(storage)).id)
  const folders = await account.write(async (tx) => [
    await createFolder(tx, { kind: KIND, name: 'one' }),
    await createFolder(tx, { kind: KIND, name: 'two' }),
    await createFolder(tx, { kind: KIND, name: 'three' }),
  ])
  /** Threads are told apart by `thread`. */
  const add = async (folderId: number, { thread = '', flags = 0, keywords = [] as string[] } = {}): Promise<number> => {
    const blob = await account.blobs.prepare(account.id, Buffer.from('note'))
    const common = { kind: KIND, folders: [folderId], blob, size: 4, flags, keywords, receivedAt: new Date() }
    const item = { ...common, summary: '{"a":1}', threadKeys: thread === '' ? [] : [thread] }
    return (await account.write((tx) => addItem(tx, item))).id
  }
  return { account, folders: folders as [number, number, number], add }
}

const itemsIn = async (account: OpenAccount, folderId: number): Promise<[uid: number, item: number][]> => {
  const { rows } = await account.sql<{ uid: number; item_id: number }>`
    select uid, item_id from placement where account_id = ${account.id} and folder_id = ${folderId} order by uid`
  return rows.map((row) => [row.uid, row.item_id])
}

const flagged = (account: OpenAccount, folderId: number, items: number[], set: number, isDeleted?: boolean) =>
  account.write((tx) =>
    flagItems(tx, KIND, folderId, items, { set, clear: 0, add: [], remove: [], replace: false, isDeleted }),
  )

/** What is kept about folders, conversations and changes, and what it is when it is counted. */
async function compareCounts(account: OpenAccount): Promise<void> {
  const { rows: kept } = await account.sql`
    select folder_id, total, unread, threads, unread_threads, unseen_drafts from folder
    where account_id = ${account.id} and kind = ${KIND} order by folder_id`
  const { rows: counted } = await account.sql`
    with thread as (
      select p.folder_id, i.thread_id, count(*)::int as total, (count(*) filter (where i.flags & 9 = 0))::int as unread,
        (count(*) filter (where i.flags & 9 = 8))::int as unseen_drafts
      from placement p join item i on i.account_id = p.account_id and i.item_id = p.item_id
      where p.account_id = ${account.id} group by 1, 2
    )
    select f.folder_id, coalesce(sum(t.total), 0)::int as total, coalesce(sum(t.unread), 0)::int as unread,
      count(t.thread_id)::int as threads, (count(*) filter (where t.unread > 0))::int as unread_threads,
      coalesce(sum(t.unseen_drafts), 0)::int as unseen_drafts
    from folder f left join thread t on t.folder_id = f.folder_id
    where f.account_id = ${account.id} and f.kind = ${KIND} group by 1 order by 1`
  assert.deepEqual(kept, counted)
  const { rows: threads } = await account.sql`
    select folder_id, thread_id, total, unread, latest_item from folder_thread where account_id = ${account.id} order by 1, 2`
  const { rows: countedThreads } = await account.sql`
    select p.folder_id, i.thread_id, count(*)::int as total, (count(*) filter (where i.flags & 9 = 0))::int as unread,
      (array_agg(i.item_id order by p.received_at desc, i.item_id desc))[1] as latest_item
    from placement p join item i on i.account_id = p.account_id and i.item_id = p.item_id
    where p.account_id = ${account.id} group by 1, 2 order by 1, 2`
  assert.deepEqual(threads, countedThreads)
  const { rows: adrift } = await account.sql`
    select from item i where i.account_id = ${account.id}
      and (i.deleted_at is null) <> exists (select from placement p where p.account_id = i.account_id and p.item_id = i.item_id)`
  assert.equal(adrift.length, 0, 'an item is deleted when it is in no folder, and only then')
  const { rows: untold } = await account.sql`
    select from item i where i.account_id = ${account.id} and not exists (
      select from item_change c where c.account_id = i.account_id and c.kind = i.kind and c.change >= i.change and i.item_id = any(c.items))`
  assert.equal(untold.length, 0, 'the list of changes names the last change of every item')
}

test('a copy into another folder is the same item; into one that has it, a new item with the same blob', async () => {
  const { account, folders, add } = await openNotes()
  const [one, two] = folders
  const item = await add(one, { flags: FLAG.seen, keywords: ['label'] })
  await flagged(account, one, [item], 0, true)
  const copy = (fromId: number, toId: number, uids: number[]) =>
    account.write((tx) => copyItems(tx, KIND, { fromId, toId, uids, mustAllBeThere: true }))
  assert.deepEqual((await copy(one, two, [1])).to, [1])
  assert.deepEqual(await itemsIn(account, two), [[1, item]])
  await copy(one, two, [1])
  await copy(one, one, [1])
  const [, second] = await itemsIn(account, two)
  const [, third] = await itemsIn(account, one)
  assert.deepEqual([second?.[0], third?.[0]], [2, 2])
  const { rows } = await account.sql<{ item_id: number; blob_id: string; sealed: Buffer }>`
    select item_id, thread_id, blob_id, size, flags, keywords, received_at, sealed from item join item_summary using (account_id, item_id)
    where account_id = ${account.id} order by item_id`
  assert.equal(rows.length, 3)
  const bare = rows.map(({ item_id, sealed, ...rest }) => {
    assert.equal(account.open('item', item_id, sealed).toString(), '{"a":1}')
    return rest
  })
  assert.deepEqual(bare[1], bare[0])
  assert.deepEqual(bare[2], bare[0])
  const { rows: marked } = await account.sql`select from placement where account_id = ${account.id} and is_deleted`
  assert.equal(marked.length, 1, '\\Deleted stays with the placement')
  await compareCounts(account)
})

test('nothing is done when the folder or one of the items is not there', async () => {
  const { account, folders, add } = await openNotes()
  const [one, two] = folders
  await add(one)
  const refused = (field: string) => (error: Refusal) => error.reason === 'notFound' && error.fields[0] === field
  for (const act of [copyItems, moveItems]) {
    const run = (toId: number, uids: number[]) =>
      account.write((tx) => act(tx, KIND, { fromId: one, toId, uids, mustAllBeThere: true }))
    await assert.rejects(run(12345, [1]), refused('folders'))
    await assert.rejects(run(two, [1, 2]), refused('items'))
  }
  assert.equal((await itemsIn(account, one)).length, 1)
  assert.equal((await itemsIn(account, two)).length, 0)
})

test('of an item that is in two folders the one is expunged and the other stays; then it is deleted, and restorable', async () => {
  const { account, folders, add } = await openNotes()
  const [one, two] = folders
  const item = await add(one)
  await account.write((tx) => copyItems(tx, KIND, { fromId: one, toId: two, uids: [1], mustAllBeThere: true }))
  const expunge = (folderId: number, onlyMarked: boolean) =>
    account.write((tx) => expungeItems(tx, KIND, folderId, [1], { onlyMarked }))
  assert.deepEqual(await expunge(one, true), [], 'it is not marked')
  await flagged(account, one, [item], 0, true)
  assert.deepEqual(await expunge(one, true), [1])
  const deletedAt = async () =>
    (await account.sql`select deleted_at from item where account_id = ${account.id}`).rows[0]?.['deleted_at']
  assert.equal(await deletedAt(), null)
  assert.deepEqual(await expunge(two, false), [1])
  assert.ok((await deletedAt()) instanceof Date)
  await compareCounts(account)
})

/** A generator that gives the same numbers for the same seed. */
function dice(seed: number): (sides: number) => number {
  let state = seed
  return (sides) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * sides)
  }
}

for (const seed of [1, 2, 3]) {
  test(`after any operations the counts are what one counts, and a view is what one reads (seed ${seed})`, async () => {
    const { account, folders, add } = await openNotes()
    const roll = dice(seed)
    const views = await Promise.all(folders.map((folderId) => openView(account, KIND, folderId)))
    const folderAt = (): number => folders[roll(3)] as number
    const some = async (folderId: number): Promise<[number, number][]> =>
      (await itemsIn(account, folderId)).filter(() => roll(2) === 0)
    for (let step = 0; step < 60; step++) {
      const [fromId, toId] = [folderAt(), folderAt()]
      const chosen = await some(fromId)
      const uids = chosen.map(([uid]) => uid)
      const items = chosen.map(([, item]) => item)
      const placing = { fromId, toId, uids, mustAllBeThere: true }
      const acts = [
        () => add(fromId, { thread: `t${roll(4)}`, flags: roll(2) }),
        () => add(fromId, { thread: `t${roll(4)}` }),
        () => (items.length < 12 ? account.write((tx) => copyItems(tx, KIND, placing)) : undefined),
        () => account.write((tx) => moveItems(tx, KIND, placing)),
        () => flagged(account, fromId, items, roll(2) === 0 ? FLAG.seen : FLAG.flagged, roll(2) === 0),
        () => account.write((tx) => expungeItems(tx, KIND, fromId, uids, { onlyMarked: true })),
        // Several works that share a transaction.
        () =>
          Promise.all([
            add(toId),
            account.write((tx) => moveItems(tx, KIND, { ...placing, mustAllBeThere: false })),
            account.write((tx) => expungeItems(tx, KIND, fromId, uids, { onlyMarked: false })),
          ]),
      ]
      await (acts[roll(acts.length)] as () => unknown)()
      if (step % 6 === 5) await compareCounts(account)
    }
    await compareCounts(account)
    for (const [index, view] of views.entries()) {
      await view.refresh()
      const { rows } = await account.sql`
        select p.uid, p.item_id as item, i.flags | case when p.is_deleted then ${DELETED}::int else 0 end as flags,
          greatest(p.change, i.change) as change
        from placement p join item i using (account_id, item_id)
        where p.account_id = ${account.id} and p.folder_id = ${folders[index]} order by p.uid`
      const { rows: seen } = view
      const shown = Array.from({ length: seen.length }, (_, at) => ({
        uid: seen.uids[at],
        item: seen.items[at],
        flags: seen.flags[at],
        change: seen.changes[at],
      }))
      assert.deepEqual(shown, rows)
      for (const { change } of shown) assert.ok((change as number) <= view.change)
    }
    for (const view of views) view.close()
  })
}
