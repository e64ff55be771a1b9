import assert from 'node:assert/strict'
import { copyFileSync, cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import { startDatabase } from '#storage'
import { addOwner, arrive, emptyMachine, lettersOf, newTarget, openStarted } from '#test/backups'
import { silent } from '#test/cluster'
import { openTestStorage, testDatabase } from '#test/database'
import { mountDisk, noDisks } from '#test/small-disk'
import { measureAll, readEvidence } from '#trust/evidence'
import { backupEvidence, drill, makeBackup, restoreBackup } from './index.ts'
import { openFolderTarget } from './target/folder.ts'

const storage = await openTestStorage({ after })
const { config } = await testDatabase()

const person = await addOwner(storage)
await arrive(storage, person, 'Small.')
await arrive(storage, person, `Large. ${'0123456789abcdef'.repeat(40_000)}`)
const original = newTarget({ after })
await makeBackup({ storage, config, target: original.target, log: silent })

function copied(t: { after(undo: () => Promise<void>): void }): ReturnType<typeof newTarget> {
  const copy = newTarget(t)
  cpSync(original.folder, copy.folder, { recursive: true })
  return copy
}

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))

function flipByte(path: string): void {
  const bytes = readFileSync(path)
  const at = bytes.length >> 1
  bytes[at] = (bytes[at] as number) ^ 1
  writeFileSync(path, bytes)
}

const DAMAGES: [what: string, damage: (path: string) => void][] = [
  ['a byte flipped', flipByte],
  ['cut off in the middle', (path) => truncateSync(path, readFileSync(path).length >> 1)],
  ['with something after its end', (path) => writeFileSync(path, Buffer.alloc(20), { flag: 'a' })],
  ['empty', (path) => truncateSync(path, 0)],
  ['missing', (path) => rmSync(path)],
]

/** One database for all that are refused: each attempt begins anew where the one before was broken off. */
const scratch = await emptyMachine({ after }, config.keyFile)

for (const [what, damage] of DAMAGES)
  test(`any part of a backup ${what} is refused by its name, and nothing of it is served`, async (t) => {
    for (const file of filesBelow(original.folder)) {
      const { folder, target } = copied(t)
      damage(join(folder, file))
      await assert.rejects(
        restoreBackup({ config: scratch, target, log: silent }),
        (error: Error & { fields?: string[] }) => {
          // A backup that is gone is none.
          const name = file.startsWith('backups/') && what === 'missing' ? 'there is no backup' : file
          assert.ok(
            error.fields?.some((field) => field.startsWith(name)),
            `${file}: ${error.message} ${error.fields?.join()}`,
          )
          return true
        },
      )
      await assert.rejects(
        // Refused before the database was touched, it is empty and may be started; else it carries the mark.
        file.startsWith('objects/') ? startDatabase(scratch, silent) : Promise.reject(new Error('not touched')),
        file.startsWith('objects/') ? { reason: 'invalid' } : /not touched/,
      )
    }
  })

test('after one that was broken off, the next begins anew and is whole', async (t) => {
  const restored = await restoreBackup({ config: scratch, target: original.target, log: silent })
  assert.equal(restored.items, 2)
  const there = await openStarted(t, scratch)
  assert.deepEqual(await lettersOf(there, person.id), await lettersOf(storage, person.id))
})

const CONFUSED: [what: string, confuse: (folder: string) => void][] = [
  [
    'two objects in each other’s place',
    (folder) => {
      const [a, b] = filesBelow(folder).filter((name) => name.startsWith('objects/')) as [string, string]
      copyFileSync(join(folder, a), join(folder, 'kept'))
      copyFileSync(join(folder, b), join(folder, a))
      copyFileSync(join(folder, 'kept'), join(folder, b))
    },
  ],
  [
    'a manifest under another id',
    (folder) => {
      const [name] = filesBelow(folder).filter((file) => file.startsWith('backups/')) as [string]
      cpSync(join(folder, name), join(folder, 'backups/20991231T000000.000Z-00000000-0000-4000-8000-000000000000'))
    },
  ],
]
for (const [what, confuse] of CONFUSED)
  test(`refused: ${what}`, async (t) => {
    const { folder, target } = copied(t)
    confuse(folder)
    const empty = await emptyMachine(t, config.keyFile)
    await assert.rejects(restoreBackup({ config: empty, target, log: silent }), { reason: 'invalid' })
  })

test('another master key is told apart, and nothing is written', async (t) => {
  const { folder, target } = newTarget(t)
  cpSync(original.folder, folder, { recursive: true })
  for (const [content, complaint] of [
    [`1 ${Buffer.alloc(32, 7).toString('base64url')}\n`, /^keys: is damaged, or sealed under another master key$/],
    [`9 ${Buffer.alloc(32, 7).toString('base64url')}\n`, /^keys: is sealed under epoch 1 of the master key/],
  ] as const) {
    const keyFile = join(folder, 'other.key')
    writeFileSync(keyFile, content)
    await assert.rejects(
      restoreBackup({ config: { ...scratch, keyFile }, target, log: silent }),
      (error: { fields: string[] }) => complaint.test(error.fields[0] ?? ''),
    )
  }
})

test('a drill finds a damaged object, opens no content, and the next backup writes everything anew', async (t) => {
  const { folder, target } = newTarget(t)
  const context = { storage, config, target, log: silent }
  await makeBackup(context)
  assert.equal((await drill(context))?.damaged, 0)
  for (const file of filesBelow(folder).filter((name) => name.startsWith('objects/'))) flipByte(join(folder, file))
  const found = await drill(context)
  assert.ok((found?.damaged ?? 0) > 0)
  const next = await makeBackup(context)
  assert.equal(next.changed, next.accounts)
  assert.equal((await drill(context))?.damaged, 0)
  const { lastDrill } = await backupEvidence(storage)
  assert.deepEqual([lastDrill?.damaged, (lastDrill?.accounts ?? 0) > 0], [0, true])
})

const NO_FOLDERS: [folder: string, why: string][] = [
  ['/proc/none/of/this', 'it is not there, and cannot be made'],
  ['/dev/null/folder', 'it is not a folder'],
]
for (const [folder, why] of NO_FOLDERS)
  test(`a target that can be no folder is told at once: ${why}`, async () => {
    const context = { storage, config, target: openFolderTarget(folder), log: silent }
    await assert.rejects(makeBackup(context), { reason: 'unavailable', fields: [`${folder}: ${why}`] })
  })

test(
  'a target without room: what is there stays good, the evidence says that an attempt failed, until one succeeds',
  { skip: noDisks },
  async (t) => {
    const disk = mountDisk(t, 4)
    cpSync(original.folder, disk.folder, { recursive: true })
    const target = openFolderTarget(disk.folder)
    const context = {
      storage,
      config: { ...config, backup: { ...config.backup, target: disk.folder } },
      target,
      log: silent,
    }
    const evidence = async () => {
      await measureAll(storage, context.config)
      const { backups } = await readEvidence(storage)
      return [backups?.state, typeof backups?.facts['failedAt']]
    }
    await makeBackup(context)
    assert.deepEqual(await evidence(), ['kept', 'object'])
    const before = filesBelow(disk.folder).toSorted()
    await arrive(storage, person, `No room for this one. ${randomBytes(400_000).toString('hex')}`)
    for (const left of [0, 5000, 300_000]) {
      disk.fill(left)
      await assert.rejects(makeBackup(context), {
        reason: 'unavailable',
        fields: [`${disk.folder}: there is no room left for a backup`],
      })
      disk.clear()
      assert.deepEqual(filesBelow(disk.folder).toSorted(), before)
      assert.deepEqual(await evidence(), ['late', 'string'])
    }
    const { rows } = await storage.database.sql`
    select from keys.wrap w join backup b on w.place = 'backup/' || b.backup_id where b.finished_at is null`
    assert.equal(rows.length, 0, 'the keys of those that failed are gone')
    await makeBackup(context)
    assert.deepEqual(await evidence(), ['kept', 'object'])
  },
)
