import { randomUUID } from 'node:crypto'
import { now, Refusal, type Config, type Log } from '#system'
import { fragment as f, newestMigration, type Snapshot, type Storage } from '#storage'
import { packedBefore, queryOf, tablesWith, writeAccount, type AccountBefore, type Run } from './account.ts'
import { contentsOf, packContents } from './contents.ts'
import { endBackups, endKilled } from './end.ts'
import { keepKeys } from './keys.ts'
import { limitsAt, isPast, type BackupSettings } from './limits.ts'
import {
  listBackups,
  objectsOf,
  readManifest,
  writeManifest,
  type AccountEntry,
  type JournalDay,
  type Manifest,
} from './manifest.ts'
import { openObjectWriter } from './objects.ts'
import { readHeadIfWhole, writePart, type Part } from './part.ts'
import type { WithService } from './tables.ts'
import type { Target } from './target/target.ts'

/** What backups are made of and by. */
export interface BackupContext {
  storage: Pick<Storage, 'database' | 'blobs' | 'keys'>
  config: BackupSettings & Pick<Config, 'keyFile'>
  target: Target
  log: Log
  /** Whether nothing may be destroyed now, for the clock cannot be trusted: then no backup ends. */
  isHeld?: () => Promise<boolean>
  /** Gives up when the process has to end: what was written is removed. */
  signal?: AbortSignal
}

/** What a backup came to. */
export interface Made {
  id: string
  at: Date
  /** Written by this one; all else stands where an earlier one has put it. */
  objects: number
  bytes: number
  accounts: number
  /** Accounts that had changed. */
  changed: number
  /** Backups that have ended. */
  ended: number
}

/**
 * Makes a backup of one moment, and ends those that have lived long enough. A kill at any point leaves what was there before;
 * what was being written is removed by the next.
 * @throws Refusal 'exists' while another is being made
 */
export async function makeBackup(context: BackupContext): Promise<Made> {
  return context.storage.database.snapshot(async (snapshot) => {
    const { rows } = await snapshot.sql<{ got: boolean }>`select pg_try_advisory_lock(hashtext('zegel backup')) as got`
    if (rows[0]?.got !== true) throw new Refusal('exists', { fields: ['a backup is being made already'] })
    await endKilled(context)
    const made = await write(context, snapshot).catch(async (error: unknown) => {
      // On a full disk its room is needed. What cannot be removed now is by the next.
      await endKilled(context).catch(() => undefined)
      throw error
    })
    const isHeld = (await context.isHeld?.()) === true
    return { ...made, ended: isHeld ? 0 : await endBackups(context) }
  })
}

async function write(context: BackupContext, snapshot: Snapshot): Promise<Omit<Made, 'ended'>> {
  const { storage, target, config } = context
  const { sql } = storage.database
  const id = randomUUID()
  const at = now()
  await sql`insert into backup (backup_id, started_at) values (${id}, ${at})`
  const key = await storage.keys.newBackupKey(id)
  const objects = openObjectWriter(target, id, context.signal)
  const run: Run = {
    target,
    snapshot,
    storage,
    objects,
    limits: limitsAt(at, config),
    columns: await columnsOf(snapshot),
  }
  const database = await databaseOf(snapshot)
  const before = await findBefore(context, database)
  const dropped = new Set<string>()

  const writing = writeParts(run, before, at, dropped)
  // Nothing may still be on its way to the target when what was written is removed, or is named.
  await Promise.allSettled([writing])
  await objects.settled()
  const { changed, ...written } = await writing
  await keepKeys(storage, config, target)
  await writeManifest(target, key, {
    zegel: 'backup',
    version: 1,
    id,
    database,
    at: at.getTime(),
    migration: newestMigration(),
    ...written,
    dropped: [...dropped],
  })
  await sql`update backup set finished_at = ${now()}, bytes = ${objects.written.bytes} where backup_id = ${id}`
  return { id, at, ...objects.written, accounts: written.accounts.length, changed }
}

async function writeParts(
  run: Run,
  before: Manifest | undefined,
  at: Date,
  dropped: Set<string>,
): Promise<Pick<Manifest, 'service' | 'journal' | 'accounts'> & { changed: number }> {
  const service = await writeService(run, before?.service)
  drop(dropped, before === undefined ? [] : [before.service], [service])
  const journal = await writeJournal(run, before?.journal ?? [], at)
  drop(
    dropped,
    before?.journal.map(({ part }) => part) ?? [],
    journal.map(({ part }) => part),
  )
  return { service, journal, ...(await writeAccounts(run, before?.accounts ?? [], dropped)) }
}

/** Notes what the parts before named and those now do not. */
function drop(dropped: Set<string>, before: readonly Part[], after: readonly Part[]): void {
  const kept = new Set(after.flatMap(objectsOf).map(({ name }) => name))
  for (const { name } of before.flatMap(objectsOf)) if (!kept.has(name)) dropped.add(name)
}

/** The newest backup of this same database, if it can be read. Without one, everything is written. */
async function findBefore({ storage, target, log }: BackupContext, database: string): Promise<Manifest | undefined> {
  // What a drill has found damaged must not be gone on from.
  const { rows } = await storage.database.sql<{ at: Date | null }>`
    select max(at) as at from backup_drill where damaged > 0`
  const foundDamagedAt = rows[0]?.at ?? new Date(0)
  for (const listed of (await listBackups(target)).toReversed()) {
    if (listed.at <= foundDamagedAt) return undefined
    try {
      const manifest = await readManifest(target, listed, await storage.keys.backupKey(listed.id))
      if (manifest.database === database) return manifest
    } catch (error) {
      if (!(error instanceof Refusal) || error.reason === 'unavailable') throw error
      log.warn({ err: error, backup: listed.id }, 'a backup cannot be read: what it holds is written anew')
    }
  }
  return undefined
}

async function databaseOf({ sql }: Snapshot): Promise<string> {
  const { rows } = await sql<{ id: string }>`select id from database_id`
  return (rows[0] as { id: string }).id
}

async function columnsOf({ sql }: Snapshot): Promise<Map<string, string[]>> {
  const { rows } = await sql<{ name: string; columns: string[] }>`
    select c.relname as name, array_agg(a.attname::text order by a.attnum) as columns
    from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0
      and not a.attisdropped and a.attgenerated = ''
    group by 1`
  return new Map(rows.map((row) => [row.name, row.columns]))
}

/** What stands apart from accounts, or does not follow their numbers. */
async function writeService(run: Run, before: Part | undefined): Promise<Part> {
  const packed = await packContents(run, contentsOf.service, await packedBefore(run, before))
  const tables = tablesWith<WithService>(run, 'service', (kept) => kept.rows?.(run.limits) ?? f`true`)
  return writePart(run.objects, run.snapshot, { tables, ...packed, oldest: {} })
}

const DAY_MS = 24 * 3_600_000

/** So long after its end, in days, nothing is written on a day of the journal any more: what waited for the database is there. */
const SETTLED_DAYS = 2

async function writeJournal(run: Run, before: readonly JournalDay[], at: Date): Promise<JournalDay[]> {
  const { rows } = await run.snapshot.sql<{ day: string }>`
    select substr(c.relname, 9, 4) || '-' || substr(c.relname, 13, 2) || '-' || substr(c.relname, 15, 2) as day
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'journal'::regclass order by 1`
  const columns = run.columns.get('journal') as string[]
  const days: JournalDay[] = []
  for (const { day } of rows) {
    const begin = new Date(`${day}T00:00:00Z`)
    const end = new Date(begin.getTime() + DAY_MS)
    const known = before.find((other) => other.day === day)
    const isSettled = end.getTime() + SETTLED_DAYS * DAY_MS < at.getTime()
    if (known !== undefined && isSettled && known.isSettled) {
      days.push(known)
      continue
    }
    const query = queryOf('journal', columns, f`time >= ${begin} and time < ${end}`)
    const part = await writePart(run.objects, run.snapshot, {
      tables: [{ name: 'journal', columns, query }],
      contents: [],
      packs: [],
      oldest: {},
    })
    days.push({ day, part, isSettled })
  }
  return days
}

async function writeAccounts(
  run: Run,
  before: readonly AccountEntry[],
  dropped: Set<string>,
): Promise<{ accounts: AccountEntry[]; changed: number }> {
  const { rows } = await run.snapshot.sql<{ id: number; change: number; lessons: number }>`
    select a.account_id as id, a.change, coalesce(s.lessons, 0) as lessons
    from account a left join spam_training s on s.account_id = a.account_id order by 1`
  const known = new Map(before.map((entry) => [entry.id, entry]))
  const accounts: AccountEntry[] = []
  let changed = 0
  for (const { id, change, lessons } of rows) {
    const entry = known.get(id)
    known.delete(id)
    const isSame = entry !== undefined && entry.change === change && entry.lessons === lessons
    if (isSame && !isPast(entry.part.oldest, run.limits)) {
      accounts.push(entry)
      continue
    }
    changed++
    const earlier = entry === undefined ? undefined : await readBefore(run, entry)
    const { part, pages } = await writeAccount(run, id, earlier)
    drop(dropped, partsOf(earlier), [part, ...pages.map((page) => page.part)])
    accounts.push({ id, change, lessons, part })
  }
  // Accounts that are gone.
  for (const entry of known.values()) drop(dropped, partsOf(await readBefore(run, entry)), [])
  return { accounts, changed }
}

/** Undefined when it is damaged: then all of the account is written anew, and the sweep finds what nobody names. */
async function readBefore({ target }: Run, { change, part }: AccountEntry): Promise<AccountBefore | undefined> {
  const head = await readHeadIfWhole(target, part)
  return head === undefined ? undefined : { change, part, head }
}

const partsOf = (account: AccountBefore | undefined): Part[] =>
  account === undefined ? [] : [account.part, ...(account.head.pages ?? []).map((page) => page.part)]
