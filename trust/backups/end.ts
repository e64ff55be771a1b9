import { now, nowMs, Refusal, type Config, type Log } from '#system'
import { backupPlace, type Storage } from '#storage'
import { keepKeys } from './keys.ts'
import { endsBefore, type BackupSettings } from './limits.ts'
import { everyObject, listBackups, readManifest, type ListedBackup, type Manifest } from './manifest.ts'
import type { Target } from './target/target.ts'

interface Context {
  storage: Pick<Storage, 'database' | 'keys'>
  config: BackupSettings & Pick<Config, 'keyFile'>
  target: Target
  log: Log
}

/** Removes what killed backups have written: none of it is named by any. Called while nobody else can be making one. */
export async function endKilled({ storage, target }: Context): Promise<void> {
  const { sql } = storage.database
  const { rows } = await sql<{ backup_id: string }>`
    select backup_id from backup where finished_at is null and removed_at is null`
  if (rows.length === 0) return
  const whole = new Set((await listBackups(target)).map(({ id }) => id))
  for (const { backup_id: id } of rows) {
    // Killed after its last step, it is whole.
    if (whole.has(id)) {
      await sql`update backup set finished_at = started_at where backup_id = ${id}`
      continue
    }
    await target.clear(`objects/${id}/`)
    await forget(storage, id)
  }
}

/** A backup's key goes with it: what is left of it anywhere does not open, once the epoch has turned. */
async function forget({ database }: Pick<Storage, 'database'>, id: string): Promise<void> {
  await database.sql`delete from keys.wrap where place = ${backupPlace(id)}`
  await database.sql`update backup set removed_at = ${now()} where backup_id = ${id}`
}

/**
 * Ends the backups that have lived long enough: what only they named, then they themselves, then their keys. The newest stays
 * until there is a newer one, however old it is: its key ends by retention all the same.
 * @returns how many have ended
 */
export async function endBackups(context: Context): Promise<number> {
  const { storage, target, config } = context
  const all = await listBackups(target)
  await noteFound(storage, all)
  const isOver = ({ at }: ListedBackup): boolean => at < endsBefore(nowMs(), config)
  const over = all.slice(0, -1).filter(isOver)
  if (over.length === 0) return 0
  const living = all.slice(over.length)
  for (const listed of over) {
    await removeDropped(context, listed)
    await target.remove(listed.name)
    await forget(storage, listed.id)
  }
  if (living[0] !== undefined) await removeDropped(context, living[0])
  await keepKeys(storage, config, target)
  return over.length
}

/** Removes what a backup did not take over from those before it, which are all gone. */
async function removeDropped({ storage, target, log }: Context, listed: ListedBackup): Promise<void> {
  const manifest = await readIfPossible(storage, target, log, listed)
  for (const name of manifest?.dropped ?? []) await target.remove(`objects/${name}`)
}

async function readIfPossible(
  storage: Pick<Storage, 'keys'>,
  target: Target,
  log: Log,
  listed: ListedBackup,
): Promise<Manifest | undefined> {
  try {
    return await readManifest(target, listed, await storage.keys.backupKey(listed.id))
  } catch (error) {
    if (!(error instanceof Refusal) || error.reason === 'unavailable') throw error
    log.warn({ err: error, backup: listed.id }, 'a backup cannot be read')
    return undefined
  }
}

/** After a restore the database does not know of the backups that were made before. */
async function noteFound({ database }: Pick<Storage, 'database'>, all: readonly ListedBackup[]): Promise<void> {
  await database.sql`
    insert into backup (backup_id, started_at, finished_at)
    select id, at, at from unnest(${all.map(({ id }) => id)}::uuid[], ${all.map(({ at }) => at)}::timestamptz[]) as found (id, at)
    on conflict do nothing`
}

/**
 * Removes every object that no backup names: what is left when one could not be read, or a database was restored. Only while
 * each backup that is there can be read, for of another nobody knows what it names.
 * @returns how many
 */
export async function sweepObjects({ storage, target, log }: Context): Promise<number> {
  const named = new Set<string>()
  for (const listed of await listBackups(target)) {
    const manifest = await readIfPossible(storage, target, log, listed)
    if (manifest === undefined) return 0
    for await (const { name } of everyObject(target, manifest)) named.add(`objects/${name}`)
  }
  let removed = 0
  for await (const name of target.list('objects/')) {
    if (named.has(name)) continue
    await target.remove(name)
    removed++
  }
  return removed
}
