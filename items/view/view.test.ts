/** A folder that somebody looks at: kept as the database has it, whatever happens, and shared. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  addMessage,
  createMailbox,
  createStandardMailboxes,
  destroyMessages,
  MAIL,
  prepareMessage,
  removeMailbox,
  updateMessages,
} from '#mail'
import type { OpenAccount } from '#storage'
import { openTestStorage } from '#test/database'
import { letter } from '#test/letters'
import { addPerson } from '#test/people'
import { DELETED, flagItems, FLAG, openView, type Delta, type FolderView } from '../index.ts'
import { loadRows } from './load.ts'
import { Rows } from './rows.ts'

const storage = await openTestStorage({ after })
const elsewhere = await openTestStorage({ after })

async function open(): Promise<{ account: OpenAccount; folder: number; add(count: number): Promise<number[]> }> {
  const { id } = await addPerson(storage, {}, createStandardMailboxes)
  const account = await storage.openAccount(id)
  const folder = await account.write((tx) => createMailbox(tx, { name: 'Seen by many' }))
  return {
    account,
    folder,
    async add(count) {
      const prepared = await Promise.all(Array.from({ length: count }, () => prepareMessage(account, letter())))
      return account.write(async (tx) => {
        const ids: number[] = []
        for (const one of prepared)
          ids.push((await addMessage(tx, one, { mailboxes: [folder], keywords: [], receivedAt: new Date() })).id)
        return ids
      })
    },
  }
}

/** All that a view says of its rows. */
const shown = ({ rows }: Pick<FolderView, 'rows'>) =>
  Array.from({ length: rows.length }, (_, i) => ({
    uid: rows.uids[i],
    item: rows.items[i],
    flags: rows.flags[i],
    change: rows.changes[i],
    receivedAt: rows.receivedAt[i],
    savedAt: rows.savedAt[i],
    size: rows.sizes[i],
    keywords: rows.keywordsAt(i),
  }))

test('whatever happens, a view is what the database has', async () => {
  const { account, folder, add } = await open()
  const ids = await add(30)
  const view = await openView(account, MAIL, folder)
  const deltas: Delta[] = []
  view.watch((delta) => deltas.push(delta))
  const flags = { set: 0, clear: 0, add: [], remove: [], replace: false, isDeleted: undefined }
  const trash = await account.write((tx) => createMailbox(tx, { name: 'Elsewhere' }))
  const some = (from: number, to: number): number[] => ids.slice(from, to)
  const steps: (() => Promise<unknown>)[] = [
    () => add(3),
    () => account.write((tx) => flagItems(tx, MAIL, folder, ids, { ...flags, set: FLAG.seen })),
    () =>
      account.write((tx) => flagItems(tx, MAIL, folder, some(3, 9), { ...flags, add: ['a', 'b'], isDeleted: true })),
    () => account.write((tx) => destroyMessages(tx, some(0, 3))),
    () =>
      account.write((tx) =>
        updateMessages(tx, new Map(some(5, 8).map((id) => [id, { mailboxes: { add: [trash], remove: [folder] } }]))),
      ),
    () =>
      account.write((tx) => flagItems(tx, MAIL, folder, some(8, 12), { ...flags, remove: ['a'], isDeleted: false })),
    () =>
      account.write(async (tx) => {
        await updateMessages(tx, new Map([[ids[5] as number, { mailboxes: { to: [folder] } }]]))
        await destroyMessages(tx, some(20, 25))
      }),
    () => add(200),
  ]
  for (const step of steps) {
    await step()
    await view.refresh()
    assert.deepEqual(shown(view), shown(await loadRows(account, folder)))
  }
  const uids = new Set(Array.from({ length: 30 }, (_, i) => i + 1))
  for (const { vanished, came } of deltas) {
    for (const uid of came) uids.add(uid)
    for (const uid of vanished) assert.ok(uids.delete(uid))
  }
  assert.deepEqual(
    [...uids].sort((a, b) => a - b),
    shown(view).map(({ uid }) => uid),
  )
  view.close()
})

test('what another process does is seen, and told once', async () => {
  const { account, folder, add } = await open()
  const [first = 0] = await add(1)
  const view = await openView(await elsewhere.openAccount(account.id), MAIL, folder)
  const told = new Promise<Delta>((resolve) => view.watch(resolve))
  const flags = { set: FLAG.flagged, clear: 0, add: [], remove: [], replace: false, isDeleted: true }
  await account.write((tx) => flagItems(tx, MAIL, folder, [first], flags))
  assert.deepEqual(await told, { vanished: [], came: [], changed: [1], stamped: [] })
  assert.equal(view.rows.flags[0], FLAG.flagged | DELETED)
  view.close()
})

test('all who look share one view, and who comes back finds it', async () => {
  const { account, folder, add } = await open()
  await add(2)
  const [one, other] = await Promise.all([openView(account, MAIL, folder), openView(account, MAIL, folder)])
  assert.equal(one, other)
  one.close()
  other.close()
  await add(1)
  const again = await openView(account, MAIL, folder)
  assert.equal(again, one)
  assert.equal(again.rows.length, 3, 'what came meanwhile is there')
  again.close()
})

test('a folder that was removed is gone for those who look, and is not found again', async () => {
  const { account, folder } = await open()
  const view = await openView(account, MAIL, folder)
  const told = new Promise((resolve) => view.watch(resolve))
  await account.write((tx) => removeMailbox(tx, folder, true))
  await told
  assert.ok(view.isGone)
  view.close()
  await assert.rejects(openView(account, MAIL, folder), { reason: 'notFound' })
})

test('what vanished so long ago that nobody knows is found by reading everything anew', async () => {
  const { account, folder, add } = await open()
  const ids = await add(5)
  const view = await openView(account, MAIL, folder)
  view.close()
  await account.write((tx) => destroyMessages(tx, ids.slice(1, 3)))
  await storage.database.sql`delete from vanished where account_id = ${account.id}`
  await storage.database.sql`update account set vanished_floor = change where account_id = ${account.id}`
  const again = await openView(account, MAIL, folder)
  assert.deepEqual(
    shown(again).map(({ uid }) => uid),
    [1, 4, 5],
  )
  again.close()
})

test('flags change only where they differ, and not where somebody was faster', async () => {
  const { account, folder, add } = await open()
  const ids = await add(3)
  const view = await openView(account, MAIL, folder)
  const flag = (some: number[], unchangedSince?: number) =>
    account.write((tx) =>
      flagItems(
        tx,
        MAIL,
        folder,
        some,
        { set: FLAG.seen, clear: 0, add: [], remove: [], replace: false, isDeleted: undefined },
        unchangedSince,
      ),
    )
  const known = view.change
  assert.deepEqual(await flag([ids[0] as number]), { changed: [ids[0]], refused: [] })
  assert.deepEqual(await flag([ids[0] as number]), { changed: [], refused: [] })
  assert.deepEqual(await flag(ids, known), { changed: [ids[1], ids[2]], refused: [ids[0]] })
  const { rows } = await storage.database.sql<{ unread: number; counted: number }>`
    select unread, (select count(*) from placement join item using (account_id, item_id)
      where placement.folder_id = f.folder_id and item.flags & ${FLAG.seen} = 0) as counted
    from folder f where account_id = ${account.id} and folder_id = ${folder}`
  assert.deepEqual(rows[0], { unread: 0, counted: 0 })
  view.close()
})

test('a mailbox of 100,000 takes less than 10 MB while it is open', () => {
  const count = 100_000
  const before = process.memoryUsage().arrayBuffers
  // With the room that is left for what comes (load.ts).
  const rows = new Rows(count + 64 + (count >>> 3))
  assert.ok(process.memoryUsage().arrayBuffers - before < 10_000_000)
  assert.equal(rows.capacity, 112_564)
})
