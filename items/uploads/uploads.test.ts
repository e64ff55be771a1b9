import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { openTestStorage, testDatabase } from '#test/database'
import { addPerson } from '#test/people'
import { addUpload, dropUpload, findUpload, MOST_UPLOADS } from './index.ts'

async function open(t: TestContext) {
  const storage = await openTestStorage(t)
  const { id } = await addPerson(storage)
  const account = await storage.openAccount(id)
  const { config } = await testDatabase()
  return {
    storage,
    account,
    blobs: async (): Promise<number> =>
      (await storage.database.sql`select from blob where account_id = ${id}`).rowCount,
    files: async (): Promise<number> =>
      (await readdir(join(config.dataFolder, 'blobs', String(id))).catch(() => [])).length,
  }
}

test('an upload is found by its id, with the type it came with, by its account alone', async (t) => {
  const { storage, account } = await open(t)
  const ref = await addUpload(account, 'text/plain', Buffer.from('hello'))
  const found = await findUpload(account, ref.id)
  assert.deepEqual(found, { ref, type: 'text/plain' })
  assert.equal((await storage.blobs.read(account.sql, account.id, ref)).toString(), 'hello')
  const stranger = await storage.openAccount((await addPerson(storage)).id)
  assert.equal(await findUpload(stranger, ref.id), undefined)
})

test('neither the type nor the key of an upload stands readable in the database', async (t) => {
  const { storage, account } = await open(t)
  const ref = await addUpload(account, 'application/x-very-secret', Buffer.from('hello'))
  const { rows } = await storage.database.sql<{ row: string }>`
    select encode(sealed, 'escape') as row from upload where blob_id = ${ref.id}`
  assert.doesNotMatch(rows[0]?.row ?? '', /secret/)
  assert.ok(!rows[0]?.row.includes(ref.key))
})

test('what is used is no upload any more, and its blob stays', async (t) => {
  const { account, blobs } = await open(t)
  const ref = await addUpload(account, 'a/b', Buffer.from('x'))
  await account.write((tx) => dropUpload(tx, ref.id))
  assert.equal(await findUpload(account, ref.id), undefined)
  assert.equal(await blobs(), 1)
})

test('the oldest upload makes room when there are too many (RFC 8620 §6), with its blob and its file', async (t) => {
  const { storage, account, blobs, files } = await open(t)
  const first = await addUpload(account, 'a/b', randomBytes(100_000))
  assert.equal(await files(), 1)
  const later = await addUpload(account, 'a/b', Buffer.from('x'))
  await storage.database.sql`
    insert into upload (account_id, blob_id, size, sealed, created_at)
    select account_id, gen_random_uuid(), size, sealed, created_at + interval '1 second' from upload, generate_series(1, ${MOST_UPLOADS.files - 2})
    where account_id = ${account.id} and blob_id = ${later.id}`
  await addUpload(account, 'a/b', Buffer.from('y'))
  assert.equal(await findUpload(account, first.id), undefined)
  assert.ok(await findUpload(account, later.id))
  assert.equal(await files(), 0)
  assert.equal(await blobs(), 2)
})

test('the oldest makes room when there are too many bytes', async (t) => {
  const { storage, account } = await open(t)
  const [large, small] = [
    await addUpload(account, 'a/b', Buffer.from('x')),
    await addUpload(account, 'a/b', Buffer.from('y')),
  ]
  await storage.database
    .sql`update upload set size = ${MOST_UPLOADS.bytes - 1}, created_at = created_at - interval '1 hour' where blob_id = ${large.id}`
  await addUpload(account, 'a/b', Buffer.from('z'))
  assert.equal(await findUpload(account, large.id), undefined)
  assert.ok(await findUpload(account, small.id))
})

test('content that breaks off leaves nothing', async (t) => {
  const { account, blobs, files } = await open(t)
  async function* broken(): AsyncGenerator<Uint8Array> {
    for (let piece = 0; piece < 10; piece++) yield randomBytes(100_000)
    throw new Error('the line is dead')
  }
  await assert.rejects(addUpload(account, 'a/b', broken()), /the line is dead/)
  assert.deepEqual([await blobs(), await files()], [0, 0])
})
