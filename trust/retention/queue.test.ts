import assert from 'node:assert/strict'
import { existsSync, utimesSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { enqueue, listQueue, prepareLetter, type PreparedLetter } from '#mail/outbound'
import { openTestStorage, testDatabase } from '#test/database'
import { RULES, sweepFiles } from './rules.ts'

const storage = await openTestStorage({ after })
const { config } = await testDatabase()

const prepare = (): Promise<PreparedLetter> =>
  prepareLetter(storage, {
    accountId: 7,
    mailFrom: '',
    recipients: [{ address: 'a@b.example' }],
    content: Buffer.from(`Subject: x\r\n\r\n${randomBytes(150_000).toString('base64')}\r\n`),
  })
const put = (letter: PreparedLetter): Promise<number> => storage.database.transaction((sql) => enqueue(sql, letter))
const fileOf = ({ blob }: PreparedLetter): string => join(config.dataFolder, 'blobs', '0', blob.ref.id)

test('the sweep leaves the files of waiting letters alone and removes those of letters that never were', async () => {
  const [kept, stray] = [await prepare(), await prepare()]
  await put(kept)
  const longAgo = Date.now() / 1000 - 3 * 86_400
  for (const letter of [kept, stray]) utimesSync(fileOf(letter), longAgo, longAgo)
  await sweepFiles(storage)
  assert.deepEqual([existsSync(fileOf(kept)), existsSync(fileOf(stray))], [true, false])
})

test('letters that wait for nobody are removed, with their files', async () => {
  const [done, waiting] = [await prepare(), await prepare()]
  for (const letter of [done, waiting]) await put(letter)
  await storage.database.sql`update queue_recipient set state = 'failed' where letter_id = ${done.id}`
  assert.equal(await RULES.find(({ name }) => name === 'queue')?.destroy(storage, config), 1)
  const left = (await listQueue(storage)).map(({ id }) => id)
  assert.deepEqual([left.includes(done.id), left.includes(waiting.id)], [false, true])
  assert.deepEqual([existsSync(fileOf(done)), existsSync(fileOf(waiting))], [false, true])
})
