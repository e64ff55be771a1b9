import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { readSummaries } from '#items'
import { createStandardMailboxes, MAIL, readSummary } from '#mail'
import { fileMessage } from '#mail/inbound'
import { openStorage, startDatabase, type Storage } from '#storage'
import type { Config } from '#system'
import { openTarget, type Target } from '#trust/backups'
import { newFolder, removeFolder } from './child.ts'
import { asAdministrator, silent, testConfig } from './cluster.ts'
import { testDatabase, type Undo } from './database.ts'
import { letter } from './letters.ts'
import { addPerson, type Person } from './people.ts'

/** An empty folder for backups. */
export function newTarget(t: Undo): { folder: string; target: Target } {
  const folder = newFolder()
  t.after(async () => removeFolder(folder))
  return {
    folder,
    target: openTarget({ backup: { hours: 6, days: 14 }, dataFolder: '/nowhere/data' }, folder) as Target,
  }
}

/** Settings of another machine, with an empty database and an empty data folder. */
export async function emptyMachine(t: Undo, keyFile: string): Promise<Config> {
  const { url } = await testDatabase()
  const name = `test_${randomBytes(8).toString('hex')}`
  await asAdministrator(url, `create database ${name}`)
  const folder = newFolder()
  t.after(async () => {
    // A cluster that has ended took it along.
    await asAdministrator(url, `drop database ${name} with (force)`).catch(() => undefined)
    removeFolder(folder)
  })
  const dataFolder = join(folder, 'data')
  mkdirSync(dataFolder)
  return testConfig({ dataFolder, keyFile }, { database: { url: url.replace(/db=.*/, `db=${name}`) } })
}

/** Starts on what stands there, as a server does. */
export async function openStarted(t: Undo, at: Config): Promise<Storage> {
  const database = await startDatabase(at, silent)
  const opened = await openStorage(at, database.url, 'zegel_app', silent)
  t.after(() => opened.close())
  return opened
}

/** A person with mailboxes. */
export const addOwner = (storage: Storage): Promise<Person> => addPerson(storage, {}, createStandardMailboxes)

/** Has a letter arrive. */
export async function arrive(storage: Storage, person: Person, text = 'Hello.'): Promise<void> {
  const done = await fileMessage(storage, silent, {
    mailFrom: 'bea@example.org',
    trace: Buffer.alloc(0),
    content: letter({ text }),
    recipients: [{ accountId: person.id, address: person.address }],
    findings: [],
  })
  assert.deepEqual(done, [undefined])
}

/** All letters of an account, each opened whole, in the order in which they came. */
export async function lettersOf(storage: Storage, id: number): Promise<string[]> {
  const account = await storage.openAccount(id)
  const { rows } = await account.sql<{ item_id: number }>`select item_id from item where account_id = ${id} order by 1`
  const ids = rows.map((row) => row.item_id)
  const summaries = await readSummaries(account, MAIL, ids)
  const found: string[] = []
  for (const item of ids) {
    const { blob } = readSummary(summaries.get(item) as Buffer)
    found.push((await account.blobs.read(account.sql, id, blob)).toString('latin1'))
  }
  return found
}
