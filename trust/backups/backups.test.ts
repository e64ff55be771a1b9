import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createStandardMailboxes, MAIL, readSummary } from '#mail'
import { listFolders, readSummaries } from '#items'
import { fileMessage } from '#mail/inbound'
import { startDatabase, openStorage, type Storage } from '#storage'
import { asAdministrator, silent, testConfig } from '#test/cluster'
import type { Config } from '#system'
import { openTestStorage, testDatabase, type Undo } from '#test/database'
import { letter } from '#test/letters'
import { addPerson, type Person } from '#test/people'
import { makeBackup, openTarget, restoreBackup } from './index.ts'

const storage = await openTestStorage({ after })
const { config, url } = await testDatabase()

function newFolder(t: Undo): string {
  const folder = mkdtempSync(join(tmpdir(), 'zegel-backup-'))
  t.after(async () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Settings of another machine, with an empty database and an empty data folder. */
async function emptyMachine(t: Undo, keyFile: string): Promise<Config> {
  const name = `test_${randomBytes(8).toString('hex')}`
  await asAdministrator(url, `create database ${name}`)
  t.after(() => asAdministrator(url, `drop database ${name} with (force)`))
  const dataFolder = join(newFolder(t), 'data')
  mkdirSync(dataFolder)
  return testConfig({ dataFolder, keyFile }, { database: { url: url.replace(/db=.*/, `db=${name}`) } })
}

async function openStarted(t: Undo, at: Config): Promise<Storage> {
  const database = await startDatabase(at, silent)
  const opened = await openStorage(at, database.url, 'zegel_app', silent)
  t.after(() => opened.close())
  return opened
}

async function file(person: Person, content: Buffer): Promise<void> {
  const done = await fileMessage(storage, silent, {
    mailFrom: 'bea@example.org',
    trace: Buffer.alloc(0),
    content,
    recipients: [{ accountId: person.id, address: person.address }],
    findings: [],
  })
  assert.deepEqual(done, [undefined])
}

/** The texts of all letters of an account, each opened whole. */
async function contentsOf(from: Storage, id: number): Promise<string[]> {
  const account = await from.openAccount(id)
  const { rows } = await account.sql<{ item_id: number }>`select item_id from item where account_id = ${id} order by 1`
  const summaries = await readSummaries(
    account,
    MAIL,
    rows.map((row) => row.item_id),
  )
  const found: string[] = []
  for (const [, bytes] of summaries)
    found.push((await account.blobs.read(account.sql, id, readSummary(bytes).blob)).toString('latin1'))
  return found.toSorted()
}

test('what was backed up is read back on an empty machine, letters and large contents alike', async (t) => {
  const person = await addPerson(storage, {}, createStandardMailboxes)
  await file(person, letter({ text: 'Small one.' }))
  await file(person, letter({ text: 'Large one. '.concat('0123456789abcdef'.repeat(40_000)) }))
  const folder = newFolder(t)
  const target = openTarget(config, join(folder, 'target'))
  assert.ok(target)
  const made = await makeBackup({ storage, config, target, log: silent })
  assert.ok(made.objects > 3)

  const empty = await emptyMachine(t, config.keyFile)
  const restored = await restoreBackup({ config: empty, target, log: silent })
  assert.equal(restored.id, made.id)
  const there = await openStarted(t, empty)
  assert.equal((await contentsOf(there, person.id)).length, 2)
  assert.deepEqual(await contentsOf(there, person.id), await contentsOf(storage, person.id))
  const names = async (from: Storage) =>
    (await listFolders(await from.openAccount(person.id), MAIL)).map(({ name, total, threads }) => ({
      name,
      total,
      threads,
    }))
  assert.deepEqual(await names(there), await names(storage))
})
