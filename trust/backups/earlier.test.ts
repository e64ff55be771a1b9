/**
 * Backups that another version of the program has made. `corpus/schema-18` is what `./zegel backup` of commit 7d0b9ca wrote, the first
 * that could, of a server with three accounts; its master key lies beside it and opens nothing else.
 */
import assert from 'node:assert/strict'
import { cpSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createAccount, listAccounts, readSettings } from '#accounts'
import { findDeleted, listFolders, readDeleted, restoreThese } from '#items'
import { createStandardMailboxes, MAIL, readSummary } from '#mail'
import { newestMigration } from '#storage'
import { nowMs, shiftClock } from '#system'
import { addOwner, arrive, emptyMachine, lettersOf, newTarget, openStarted } from '#test/backups'
import { silent } from '#test/cluster'
import { openTestStorage, testDatabase, type Undo } from '#test/database'
import { measureAll } from '#trust/evidence'
import { readJournal } from '#trust/journal'
import { keepKeys, makeBackup, restoreBackup } from './index.ts'
import { listBackups, readManifest, writeManifest } from './manifest.ts'

/** When the backup of the corpus was made. */
const MADE_MS = Date.parse('2026-11-30T00:20:33.119Z')
const DAY_MS = 86_400_000

/** A copy of the corpus, an hour after it was made. */
function earlier(t: Undo & { after(undo: () => void): void }): ReturnType<typeof newTarget> & { keyFile: string } {
  shiftClock((MADE_MS + 3_600_000 - Date.now()) / 1000)
  t.after(() => shiftClock(0))
  const copy = newTarget(t)
  cpSync(join(import.meta.dirname, 'corpus/schema-18'), copy.folder, { recursive: true })
  return { ...copy, keyFile: join(copy.folder, 'master.key') }
}

test('a backup of the first program that made any is read back by this one: accounts, letters, what was deleted, what was recorded', async (t) => {
  const { target, keyFile } = earlier(t)
  const config = await emptyMachine(t, keyFile)
  const restored = await restoreBackup({ config, target, log: silent })
  assert.deepEqual([restored.at.getTime(), restored.accounts, restored.items], [MADE_MS, 3, 4])
  const there = await openStarted(t, config)
  const { rows } = await there.database.sql<{ newest: number }>`select max(number) as newest from migration`
  assert.equal(rows[0]?.newest, newestMigration())

  const accounts = new Map((await listAccounts(there)).map(({ address, id }) => [address, id]))
  assert.deepEqual([...accounts.keys()].toSorted(), ['anna@zegel.test', 'bert@zegel.test', 'operator@zegel.test'])
  const [anna, bert] = ['anna@zegel.test', 'bert@zegel.test'].map((address) => accounts.get(address) as number)
  assert.match((await lettersOf(there, bert as number)).join(), /Of another account\./)

  const account = await there.openAccount(anna as number)
  const folders = await listFolders(account, MAIL)
  assert.equal(folders.find(({ role }) => role === 'inbox')?.total, 2)
  assert.ok(folders.some(({ name }) => name === 'Projects'))
  assert.equal((await readSettings(account)).language, 'en')
  const since = new Date(nowMs() - 45 * DAY_MS)
  const gone = await findDeleted(account, {}, since, { limit: 10 })
  assert.deepEqual(
    (
      await readDeleted(
        account,
        gone.map(({ id }) => id),
        since,
      )
    ).map(({ summary }) => readSummary(summary).subject),
    ['Deleted'],
  )
  assert.equal((await restoreThese(account, gone, since)).items.size, 1)
  const [kept = '', large = '', deleted = '', ...more] = await lettersOf(there, anna as number)
  assert.deepEqual(more, [])
  assert.match(kept, /The first of two that stay\./)
  assert.ok(large.length > 66_000, 'the content of the file in the blob folder')
  assert.match(deleted, /To be found among what was deleted\./)

  const recorded = {
    from: new Date(MADE_MS - DAY_MS),
    to: new Date(MADE_MS),
    addresses: ['anna@zegel.test'],
    limit: 100,
  }
  const subjects = (await readJournal(there, recorded)).map(({ subject }) => subject)
  assert.ok(['Kept', 'Large', 'Deleted'].every((subject) => subjects.includes(subject)))
  assert.equal((await measureAll(there, config))['broken'], 0)

  // It goes on from there: a letter comes, the next backup is this program's own, and is read back in its turn.
  const person = { id: anna as number, address: 'anna@zegel.test', password: '' }
  await arrive(there, person, 'After the restore.')
  const next = await makeBackup({ storage: there, config, target, log: silent })
  assert.equal(next.changed, 3)
  const again = await emptyMachine(t, keyFile)
  assert.equal((await restoreBackup({ config: again, target, log: silent })).id, next.id)
  assert.match((await lettersOf(await openStarted(t, again), anna as number)).join(), /After the restore\./)
})

test('of an account erased since an earlier program made the backup nothing comes back, and its address is given to nobody', async (t) => {
  const { target, keyFile } = earlier(t)
  const [listed] = await listBackups(target)
  const config = await emptyMachine(t, keyFile)
  await restoreBackup({ config, target, log: silent })
  const there = await openStarted(t, config)
  const bert = (await listAccounts(there)).find(({ address }) => address === 'bert@zegel.test')
  await there.database.sql`delete from keys.wrap where place = ${`account/${bert?.id}/server`}`
  await keepKeys(there, config, target)

  const later = await emptyMachine(t, keyFile)
  const restored = await restoreBackup({ config: later, target, log: silent, backupId: listed?.id })
  assert.deepEqual([restored.accounts, restored.leftOut], [2, 1])
  const last = await openStarted(t, later)
  assert.ok(!(await listAccounts(last)).some(({ address }) => address === 'bert@zegel.test'))
  await assert.rejects(
    createAccount(last, { address: 'bert@zegel.test', password: 'a long enough password' }, createStandardMailboxes),
    { reason: 'addressFormer' },
  )
})

const storage = await openTestStorage({ after })
const { config } = await testDatabase()

const NEWER: [what: string, change: object][] = [
  ['of a newer schema', { migration: newestMigration() + 1 }],
  ['of another form', { version: 2 }],
]
for (const [what, change] of NEWER)
  test(`a backup ${what} is refused by its name, and nothing is touched`, async (t) => {
    const { target } = newTarget(t)
    await arrive(storage, await addOwner(storage))
    await makeBackup({ storage, config, target, log: silent })
    const [listed] = await listBackups(target)
    assert.ok(listed)
    const key = await storage.keys.backupKey(listed.id)
    const manifest = await readManifest(target, listed, key)
    await target.remove(listed.name)
    await writeManifest(target, key, { ...manifest, ...change })
    const empty = await emptyMachine(t, config.keyFile)
    await assert.rejects(restoreBackup({ config: empty, target, log: silent }), {
      reason: 'invalid',
      fields: [`${listed.name}: was made by a newer version of this program`],
    })
    assert.deepEqual(readdirSync(empty.dataFolder), [])
    // Without the mark of a restore a server starts on it.
    await openStarted(t, empty)
  })
