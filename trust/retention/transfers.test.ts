import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, afterEach, test } from 'node:test'
import { shiftClock } from '#system'
import { addPart, createCollection, createImport, readCollections, readImports, stopImport } from '#transfer'
import { openTestStorage, testDatabase } from '#test/database'
import { addPerson } from '#test/people'
import { eraseOnRequest } from './index.ts'
import { RULES } from './rules.ts'

const DAY = 86_400
const storage = await openTestStorage({ after })
const { config } = await testDatabase()
afterEach(() => shiftClock(0))

const rule = RULES.find(({ name }) => name === 'transfers')
const erase = async (): Promise<number> =>
  (await rule?.destroy(storage, config)) ?? assert.fail('there is no such rule')

async function begun(size: number) {
  const { id } = await addPerson(storage)
  const account = await storage.openAccount(id)
  const number = await createImport(config, account, { name: 'a.mbox', size })
  await addPart(
    account,
    number,
    0,
    (async function* () {
      yield randomBytes(100_000)
    })(),
  )
  const files = async (): Promise<number> => (await readdir(join(config.dataFolder, 'blobs', String(id)))).length
  assert.equal(await files(), 1)
  return { account, number, files }
}

test('an upload that was given up goes after three days, with its file', async () => {
  const { account, files } = await begun(200_000)
  shiftClock(3 * DAY - 60)
  assert.equal(await erase(), 0)
  shiftClock(3 * DAY + 60)
  assert.equal(await erase(), 1)
  assert.deepEqual([await readImports(account), await files()], [[], 0])
})

test('what came of an import is told for 30 days, and one that waits for an open account is never taken before', async () => {
  const waiting = await begun(100_000)
  const stopped = await begun(200_000)
  await stopImport(stopped.account, stopped.number)
  assert.equal(await stopped.files(), 0)
  shiftClock(29 * DAY)
  assert.equal(await erase(), 0)
  assert.equal(await waiting.files(), 1)
  shiftClock(31 * DAY)
  assert.equal(await erase(), 2)
  assert.deepEqual([await readImports(stopped.account), await waiting.files()], [[], 0])
})

test('its owner has what is told of imports vanish at once, but for one that is under way', async () => {
  const waiting = await begun(100_000)
  assert.equal(await eraseOnRequest(storage, waiting.account, 'transfers'), 0)
  const uploading = await begun(200_000)
  assert.equal(await eraseOnRequest(storage, uploading.account, 'transfers'), 1)
  assert.equal(await uploading.files(), 0)
  assert.equal(await waiting.files(), 1)
})

test('accounts elsewhere that are collected vanish with their passwords when their owner asks for it', async () => {
  const [account, bystander] = await Promise.all(
    [1, 2].map(async () => storage.openAccount((await addPerson(storage)).id)),
  )
  assert.ok(account && bystander)
  for (const one of [account, bystander])
    await createCollection(config, one, {
      protocol: 'imap',
      origin: { host: 'imap.example.org', port: 993, security: 'tls', user: 'vera', password: 'elsewhere' },
      chosen: undefined,
      everyMinutes: 15,
      leavesThere: true,
    })
  assert.equal(await eraseOnRequest(storage, account, 'collections'), 1)
  assert.deepEqual([(await readCollections(account)).length, (await readCollections(bystander)).length], [0, 1])
})
