import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  countsOf,
  findFolderByRole,
  forgetWordsOf,
  indexNext,
  openVocabulary,
  updateItems,
  type IndexedItem,
} from '#items'
import { addMessage, createStandardMailboxes, FIELDS, MAIL, prepareMessage } from '#mail'
import { indexBatch } from '#mail/indexing'
import { fragment, type Sql } from '#storage'
import { shiftClock } from '#system'
import { openTestStorage, testDatabase } from '#test/database'
import { letter } from '#test/letters'
import { addPerson } from '#test/people'
import { eraseBatch, RULES } from './rules.ts'

const DAY_SECONDS = 86_400
const { config } = await testDatabase()
const storage = await openTestStorage({ after })

async function inDays(days: number): Promise<void> {
  shiftClock(days * DAY_SECONDS)
  try {
    for (const rule of RULES) await rule.destroy(storage, config)
  } finally {
    shiftClock(0)
  }
}

test('an erased letter takes its words along, and those that others have stay', async () => {
  const account = await storage.openAccount((await addPerson(storage, {}, createStandardMailboxes)).id)
  const inbox = (await findFolderByRole(account, MAIL, 'inbox')) as number
  const file = async (text: string): Promise<number> => {
    const message = await prepareMessage(account, letter({ text }))
    const filing = { mailboxes: [inbox], keywords: [], receivedAt: new Date() }
    return (await account.write((tx) => addMessage(tx, message, filing))).id
  }
  const gone = await file('quince jam')
  await file('jam alone')
  await indexBatch(storage, account.id)
  await account.write((tx) => updateItems(tx, MAIL, [gone], () => ({ folders: [] })))
  const counts = async (word: string) => countsOf(await openVocabulary(account), word)[FIELDS.body] ?? 0
  const rows = async (): Promise<number[]> => {
    const { rows } = await account.sql<{ words: number; erased: number }>`
      select (select count(*) from item_words where account_id = ${account.id}) as words,
        (select count(*) from erased_words where account_id = ${account.id}) as erased`
    return rows.flatMap(({ words, erased }) => [words, erased])
  }

  await inDays(44.9)
  assert.deepEqual([await counts('quince'), await counts('jam'), await rows()], [1, 2, [2, 0]])
  await inDays(45.1)
  assert.deepEqual(await rows(), [1, 1], 'its hashes wait for the vocabulary to be written anew')
  await inDays(45.2)
  assert.deepEqual(await rows(), [1, 0])
  assert.deepEqual([await counts('quince'), await counts('jam')], [0, 1])
  // What comes later is counted as before.
  await file('quince again')
  await indexBatch(storage, account.id)
  assert.deepEqual([await counts('quince'), await counts('jam')], [1, 1])
})

test('a letter that is erased while it is indexed leaves no word, and the others are indexed', async () => {
  const account = await storage.openAccount((await addPerson(storage, {}, createStandardMailboxes)).id)
  const inbox = (await findFolderByRole(account, MAIL, 'inbox')) as number
  const file = async (text: string): Promise<number> => {
    const message = await prepareMessage(account, letter({ text }))
    return (
      await account.write((tx) => addMessage(tx, message, { mailboxes: [inbox], keywords: [], receivedAt: new Date() }))
    ).id
  }
  const [before, during, stays] = [await file('a'), await file('b'), await file('c')]
  await account.write((tx) => updateItems(tx, MAIL, [before, during], () => ({ folders: [] })))
  const wordsOf = (itemId: number, word: string): IndexedItem => ({
    itemId,
    words: new Map([[FIELDS.body, new Set([word])]]),
    sequence: [],
  })
  const erase = (itemId: number): Promise<number> =>
    eraseBatch(storage, fragment`account_id = ${account.id} and item_id = ${itemId}`)
  let erasing: Promise<unknown> = Promise.resolve()
  await indexNext(storage, account, MAIL, 10, async function* () {
    await erase(before)
    const erased = Promise.withResolvers<void>()
    erasing = storage.database.transaction(async (sql) => {
      await sql`delete from item where account_id = ${account.id} and item_id = ${during}`
      erased.resolve()
      await untilSomebodyWaitsFor(sql)
    })
    await erased.promise
    yield [wordsOf(before, 'medlar'), wordsOf(during, 'sorb'), wordsOf(stays, 'pear')]
  })
  await erasing
  await forgetWordsOf(storage, account)
  const vocabulary = await openVocabulary(account)
  const counts = ['medlar', 'sorb', 'pear'].map((word) => countsOf(vocabulary, word)[FIELDS.body] ?? 0)
  assert.deepEqual(counts, [0, 0, 1])
})

async function untilSomebodyWaitsFor(sql: Sql): Promise<void> {
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`
  for (let asked = 0; asked < 500; asked++) {
    const waiting = await storage.database.sql`
      select from pg_stat_activity where datname = current_database() and ${rows[0]?.pid}::int = any(pg_blocking_pids(pid))`
    if (waiting.rowCount > 0) return
    await sleep(20)
  }
  throw new Error('nobody waits')
}
