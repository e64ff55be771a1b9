import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { accountsToIndex, countsOf, findFolderByRole, openVocabulary, updateItems } from '#items'
import { addMessage, createStandardMailboxes, FIELDS, MAIL, prepareMessage, queryMessages } from '#mail'
import type { OpenAccount, Storage } from '#storage'
import { openLog } from '#system'
import { openTestStorage, testDatabase } from '#test/database'
import { letter } from '#test/letters'
import { addPerson } from '#test/people'
import { indexBatch } from './batch.ts'
import { startIndexing } from './index.ts'
import { promised } from '#test/promises'

let storage: Storage
before(async () => {
  storage = await openTestStorage({ after })
})

async function openMailbox() {
  const account = await storage.openAccount((await addPerson(storage, {}, createStandardMailboxes)).id)
  const inbox = (await findFolderByRole(account, MAIL, 'inbox')) as number
  return {
    account,
    async file(text: string): Promise<number> {
      const message = await prepareMessage(account, letter({ text }))
      const filing = { mailboxes: [inbox], keywords: [], receivedAt: new Date() }
      return (await account.write((tx) => addMessage(tx, message, filing))).id
    },
  }
}

const indexAll = async ({ id }: OpenAccount): Promise<void> => {
  while (!(await indexBatch(storage, id, 7)).isDone);
}

/** Every letter has its row, and the vocabulary counts each of them once. */
async function checkIndex(account: OpenAccount, letters: number): Promise<void> {
  const { rows } = await account.sql<{ items: number; indexed: number }>`
    select (select count(*) from item where account_id = ${account.id}) as items,
      (select count(*) from item_words where account_id = ${account.id}) as indexed`
  assert.deepEqual(rows, [{ items: letters, indexed: letters }])
  assert.equal(countsOf(await openVocabulary(account), 'everywhere')[FIELDS.body], letters)
  assert.ok(!(await accountsToIndex(storage, MAIL)).includes(account.id))
}

test('letters that come, change and go while several indexers work are indexed once each', async () => {
  const { account, file } = await openMailbox()
  let isOver = false
  const indexers = [7, 3].map(async (most) => {
    while (!isOver) await indexBatch(storage, account.id, most)
  })
  const ids: number[] = []
  for (let count = 0; count < 60; count++) {
    ids.push(await file(`everywhere number${count}`))
    const other = ids[(count * 7) % ids.length] as number
    if (count % 3 === 0)
      await account.write((tx) => updateItems(tx, MAIL, [other], ({ flags }) => ({ flags: flags ^ 1 })))
    if (count % 10 === 9) await account.write((tx) => updateItems(tx, MAIL, [other], () => ({ folders: [] })))
  }
  isOver = true
  await Promise.all(indexers)
  await indexAll(account)
  await checkIndex(account, 60)
})

test('a transaction of many letters is indexed in parts', async () => {
  const { account, file } = await openMailbox()
  await Promise.all(Array.from({ length: 40 }, (_, count) => file(`everywhere ${count}`)))
  assert.deepEqual(await indexBatch(storage, account.id, 7), { indexed: 7, isDone: false })
  assert.ok((await accountsToIndex(storage, MAIL)).includes(account.id))
  await indexAll(account)
  await checkIndex(account, 40)
})

test('letters that came one by one are indexed in parts, and none is passed over', async () => {
  const { account, file } = await openMailbox()
  for (let count = 0; count < 30; count++) await file(`everywhere ${count}`)
  assert.deepEqual(await indexBatch(storage, account.id, 7), { indexed: 7, isDone: false })
  await indexAll(account)
  await checkIndex(account, 30)
})

test('a letter whose content is gone is indexed by what is known of it, and does not hold up the others', async () => {
  const { account, file } = await openMailbox()
  const id = await file('everywhere')
  await account.sql`update blob set content = '\\x00' where account_id = ${account.id}`
  await file('everywhere')
  await indexAll(account)
  const find = async (text: string) =>
    (
      await queryMessages(
        account,
        { filter: { text }, sort: [], collapseThreads: false },
        { position: 0, anchorOffset: 0, limit: 9, calculateTotal: false },
      )
    )?.ids
  assert.equal((await find('everywhere'))?.length, 1)
  assert.equal((await find('bea@example.org'))?.length, 2)
  assert.ok((await find('bea@example.org'))?.includes(id))
})

test('an indexer that is killed in the middle leaves nothing half done', async () => {
  const { account, file } = await openMailbox()
  await Promise.all(Array.from({ length: 150 }, (_, count) => file(`everywhere ${'word '.repeat(count)}`)))
  const { config, url } = await testDatabase()
  const script = `
    import { indexBatch } from '#mail/indexing'
    import { openStorage } from '#storage'
    import { openLog } from '#system'
    const { config, url, id } = JSON.parse(process.env.INDEX_TEST)
    const storage = await openStorage(config, url, 'zegel_app', openLog('silent'))
    for (let isDone = false; !isDone;) {
      isDone = (await indexBatch(storage, id, 5)).isDone
      process.stdout.write('.')
    }
    await storage.close()`
  for (const batches of [1, 4, 9]) {
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
      cwd: new URL('../..', import.meta.url),
      env: { ...process.env, INDEX_TEST: JSON.stringify({ config, url, id: account.id }) },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = new Promise((resolve) => child.once('exit', resolve))
    let seen = 0
    await new Promise((resolve) => {
      child.stdout.on('data', (data: Buffer) => {
        seen += data.length
        if (seen >= batches) resolve(undefined)
      })
      child.once('exit', resolve)
    })
    // Somewhere in the next one.
    await sleep(batches)
    child.kill('SIGKILL')
    await ended
  }
  await indexAll(account)
  await checkIndex(account, 150)
})

test(promised(13), async (t) => {
  const { account, file } = await openMailbox()
  const { config, url } = await testDatabase()
  await Promise.all(Array.from({ length: 20 }, (_, count) => file(`everywhere ${count}`)))
  const indexing = startIndexing({ config, storage, url, log: openLog('silent') })
  t.after(() => indexing.stop())
  const until = async (letters: number): Promise<void> => {
    for (let indexed = -1; indexed !== letters; await sleep(20)) {
      const { rows } = await account.sql<{ count: number }>`
        select count(*) as count from item_words where account_id = ${account.id}`
      indexed = rows[0]?.count ?? -1
    }
  }
  await until(20)
  await file('everywhere later')
  await until(21)
  await checkIndex(account, 21)
})
