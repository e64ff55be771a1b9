import { randomInt } from 'node:crypto'
import { now, Refusal } from '#system'
import type { Snapshot } from '#storage'
import type { BackupContext } from './backup.ts'
import type { DrillResult } from './evidence.ts'
import { limitsAt } from './limits.ts'
import { listBackups, objectsOf, readManifest, type AccountEntry, type Manifest } from './manifest.ts'
import { damaged, fetchObject, type StoredObject } from './objects.ts'
import { readHead, type Part } from './part.ts'
import { isTaken } from './tables.ts'
import type { Target } from './target/target.ts'

/** Accounts of a drill; objects of each, and of what stands apart from accounts. */
const ACCOUNTS = 20
const OBJECTS = 10

/**
 * Tries whether the newest backup could be read back: of a random sample the bytes are fetched and compared with what was
 * written, and of accounts that have not changed since the rows are counted. What is in them stays sealed: of an account only the
 * list of its pages is opened, which holds ids and sizes.
 * @returns undefined while there is no backup
 */
export async function drill({ storage, target, config, log }: BackupContext): Promise<DrillResult | undefined> {
  const newest = (await listBackups(target)).at(-1)
  if (newest === undefined) return undefined
  const found = { objects: 0, bytes: 0, accounts: 0, damaged: 0 }
  const tryIt = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof Refusal && (error.reason === 'invalid' || error.reason === 'notFound'))) throw error
      found.damaged++
      log.error({ err: error, backup: newest.id }, 'a drill found a backup damaged')
      return undefined
    }
  }
  const manifest = await tryIt(async () => readManifest(target, newest, await storage.keys.backupKey(newest.id)))
  if (manifest !== undefined) {
    for (const object of sample(
      [manifest.service, ...manifest.journal.map(({ part }) => part)].flatMap(objectsOf),
      OBJECTS,
    ))
      await tryIt(() => compare(target, object, found))
    await storage.database.snapshot(async (snapshot) => {
      for (const account of sample(manifest.accounts, ACCOUNTS))
        await tryIt(() => tryAccount({ target, snapshot, manifest, settings: config, found, tryIt }, account))
    })
  }
  const result = { at: now(), ...found }
  await storage.database.sql`
    insert into backup_drill (at, backup_id, objects, bytes, accounts, damaged)
    values (${result.at}, ${newest.id}, ${found.objects}, ${found.bytes}, ${found.accounts}, ${found.damaged})`
  return result
}

interface Found {
  objects: number
  bytes: number
  accounts: number
  damaged: number
}

async function compare(target: Target, object: StoredObject, found: Found): Promise<void> {
  found.objects++
  for await (const piece of fetchObject(target, object)) found.bytes += piece.length
}

interface Drill {
  target: Target
  snapshot: Snapshot
  manifest: Manifest
  settings: BackupContext['config']
  found: Found
  tryIt<T>(work: () => Promise<T>): Promise<T | undefined>
}

async function tryAccount(drill: Drill, { id, change, part }: AccountEntry): Promise<void> {
  const { target, found, tryIt } = drill
  await compare(target, part, found)
  const pages = ((await readHead(target, part)).pages ?? []).map((page) => page.part)
  for (const object of sample([...part.packs, ...pages.flatMap(objectsOf)], OBJECTS))
    await tryIt(() => compare(target, object, found))
  await tryIt(() => countRows(drill, { id, change, part }, pages))
}

/** Compares how many items an account has with how many were written, unless it has changed since. */
async function countRows(
  { snapshot, manifest, settings, found }: Drill,
  { id, change }: Pick<AccountEntry, 'id' | 'change' | 'part'>,
  pages: readonly Part[],
): Promise<void> {
  const limits = limitsAt(new Date(manifest.at), settings)
  const { rows } = await snapshot.sql<{ items: number; placements: number }>`
    select (select count(*) from item i where account_id = ${id} and ${isTaken(limits)}) as items,
      (select count(*) from placement where account_id = ${id}) as placements
    from account where account_id = ${id} and change = ${change}`
  const [now] = rows
  if (now === undefined) return
  found.accounts++
  const written = (table: string): number => pages.reduce((sum, page) => sum + (page.rows[table] ?? 0), 0)
  if (written('item') !== now.items || written('placement') !== now.placements)
    throw damaged(`backups/${manifest.id}`, 'an account has other items than it should')
}

/** Some of a list, at random. */
function sample<T>(all: readonly T[], count: number): T[] {
  const left = [...all]
  return Array.from({ length: Math.min(count, all.length) }, () => left.splice(randomInt(left.length), 1)[0] as T)
}
