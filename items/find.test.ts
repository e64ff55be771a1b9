import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { fragment as f } from '#storage'
import { openTestStorage } from '#test/database'
import { addPerson } from '#test/people'
import { countItems, createFolder, walkItems, type Search, type WordsQuery } from './index.ts'

const storage = await openTestStorage({ after })
const account = await storage.openAccount((await addPerson(storage)).id)
const COUNT = 7000

/** Every item has the hash 1, every third 3, every fiftieth 50, and the oldest ten 10; the even ones are in a folder. */
const folderId = await account.write(async (tx) => {
  const folderId = await createFolder(tx, { kind: 'thing', name: 'even' })
  await tx.sql`
    insert into item (account_id, item_id, kind, thread_id, blob_id, size, flags, received_at, created_change, change)
    select ${account.id}, n, 'thing', n / 2, gen_random_uuid(), 1, 0, '2026-01-01'::timestamptz + n / 3 * interval '1 minute', 1, 1
    from generate_series(1, ${COUNT}) as n`
  await tx.sql`
    insert into item_words (account_id, item_id, words, pairs)
    select ${account.id}, n, array_remove(array[1, case when n % 3 = 0 then 3 end, case when n % 50 = 0 then 50 end,
      case when n <= 10 then 10 end], null), '\\x00'
    from generate_series(1, ${COUNT}) as n`
  await tx.sql`
    insert into placement (account_id, folder_id, uid, item_id, received_at, change)
    select account_id, ${folderId}, item_id, item_id, received_at, 1 from item where account_id = ${account.id} and item_id % 2 = 0`
  return folderId
})

const has: Record<number, (n: number) => boolean> = {
  1: () => true,
  3: (n) => n % 3 === 0,
  50: (n) => n % 50 === 0,
  10: (n) => n <= 10,
}

/** From how few the index is asked at once to how many it never is. */
for (const most of [10, 2600, 6000, 19_000, 100_000, Infinity])
  for (const inFolder of [false, true])
    for (const hash of [1, 3, 50, 10])
      test(`items with the word ${hash}, thought to be ${most}${inFolder ? ', in a folder' : ''}, come newest first and once each`, async () => {
        const words: WordsQuery = { asks: { any: [hash] }, most }
        const search: Search = { kind: 'thing', where: f`true`, words, folderId: inFolder ? folderId : undefined }
        const expected = Array.from({ length: COUNT }, (_, index) => COUNT - index).filter(
          (n) => has[hash]?.(n) && (!inFolder || n % 2 === 0),
        )
        const found = (await Array.fromAsync(walkItems(account, search))).flat()
        assert.deepEqual(
          found.map(({ id }) => id),
          expected,
        )
        assert.equal(await countItems(account, search), expected.length)
        const threads = new Set([...expected.map((n) => Math.floor(n / 2)), -1])
        assert.equal(await countItems(account, search, [-1, Math.floor((expected[0] ?? 0) / 2)]), threads.size)
      })

test('what must not be there is asked of items that are indexed alone', async () => {
  const words: WordsQuery = { asks: { every: [{ any: [50] }, { no: { any: [3] } }] }, most: Infinity }
  const found = (await Array.fromAsync(walkItems(account, { kind: 'thing', where: f`true`, words }))).flat()
  assert.equal(found.length, COUNT / 50 - Math.floor(COUNT / 150))
})
