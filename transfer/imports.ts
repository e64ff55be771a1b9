import { newId, type OpenAccount, type Sql, type Transaction } from '#storage'
import { now, Refusal, type Config } from '#system'
import { removeParts } from './parts.ts'
import { checkPort, type Origin } from './provider/origin.ts'
import { lettersOf, UNREAD, type ProviderPosition } from './provider/read.ts'
import type { Progress } from './run.ts'
import { LEASE_MS } from './runners.ts'
import { BEGINNING, type Damage, type Position } from './source.ts'

/** Where letters are brought from: a file, or an account at another provider. */
export type ImportSource = 'file' | 'imap'

export type ImportState = 'uploading' | 'waiting' | 'running' | 'done' | 'stopped' | 'failed'

/** An import as its owner sees it. */
export interface Import extends Omit<Progress, 'position'> {
  id: number
  source: ImportSource
  /** Of the file, or of whoever signs in at the other provider. */
  name: string
  /** The other provider's. */
  host: string | undefined
  /** Folders of it, and those of them that are read. */
  folders: number
  foldersDone: number
  /** Names of the mailbox that was chosen, from the top. */
  folder: string[] | undefined
  state: ImportState
  /** Why it failed. */
  reason: string | undefined
  /** Bytes of the file, and those of them that are here; letters at the other provider. */
  size: number
  received: number
  createdAt: Date
  changedAt: Date
  /** The other provider was not reached: when it is tried again. */
  retryAt: Date | undefined
}

/** What is sealed in its row. */
interface Detail {
  name: string
  folder?: string[] | undefined
  position: Position | ProviderPosition
  damages: Damage[]
  reason?: string | undefined
  /** Its password is here until the import is over. */
  origin?: Omit<Origin, 'password'> & Partial<Pick<Origin, 'password'>>
}

interface Row {
  transfer_id: number
  source: ImportSource
  state: ImportState
  size: number
  received: number
  done: number
  added: number
  known: number
  damaged: number
  skipped: number
  created_at: Date
  changed_at: Date
  due_at: Date | null
  sealed: Buffer
}

/** Imports of one account that are not over, and that are shown. */
const MOST_OPEN = 3
const MOST_SHOWN = 50

const LONGEST_NAME = 255

export const isOver = (state: ImportState): boolean => state === 'done' || state === 'stopped' || state === 'failed'

/** Bytes of one file. */
export const mostBytes = ({ transfer }: Pick<Config, 'transfer'>): number => transfer.maxMegabytes * 1024 * 1024

const sealDetail = (account: OpenAccount, id: number, detail: Detail): Buffer =>
  account.seal('transfer', id, JSON.stringify(detail))

const openDetail = (account: OpenAccount, id: number, sealed: Buffer): Detail =>
  JSON.parse(account.open('transfer', id, sealed).toString()) as Detail

/**
 * Begins an import: its file is uploaded then, in parts.
 * @throws Refusal 'invalid' for the size or the name, 'tooLarge', 'tooManyItems'
 */
export async function createImport(
  config: Pick<Config, 'transfer'>,
  account: OpenAccount,
  { name, size, folder }: { name: string; size: number; folder?: string[] | undefined },
): Promise<number> {
  if (!Number.isSafeInteger(size) || size < 1) throw new Refusal('invalid', { fields: ['size'] })
  if (size > mostBytes(config)) throw new Refusal('tooLarge', { fields: ['size'] })
  const detail = { name: name.slice(0, LONGEST_NAME), folder, position: BEGINNING, damages: [] }
  return insertImport(account, { source: 'file', state: 'uploading', size }, detail)
}

/**
 * Begins an import from another provider.
 * @throws Refusal 'invalid' for a port at which nobody speaks IMAP, 'tooManyItems'
 */
export async function createProviderImport(
  config: Pick<Config, 'fetch'>,
  account: OpenAccount,
  { origin, folder }: { origin: Origin; folder?: string[] | undefined },
): Promise<number> {
  checkPort(config, origin.port, 'imap')
  const detail = { name: origin.user, folder, position: UNREAD, damages: [], origin }
  return insertImport(account, { source: 'imap', state: 'waiting', size: 0 }, detail)
}

async function insertImport(
  account: OpenAccount,
  { source, state, size }: { source: ImportSource; state: ImportState; size: number },
  detail: Detail,
): Promise<number> {
  const id = newId()
  await account.write(async ({ sql }) => {
    await refuseMore(sql, account)
    await sql`
      insert into transfer (account_id, transfer_id, source, state, size, created_at, changed_at, sealed)
      values (${account.id}, ${id}, ${source}, ${state}, ${size}, ${now()}, ${now()}, ${sealDetail(account, id, detail)})`
  })
  return id
}

/** @throws Refusal 'tooManyItems' */
async function refuseMore(sql: Sql, account: OpenAccount): Promise<void> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from transfer
    where account_id = ${account.id} and state in ('uploading', 'waiting', 'running')`
  if ((rows[0]?.count ?? 0) >= MOST_OPEN) throw new Refusal('tooManyItems')
}

/** The newest first. @param ids  null for all */
export async function readImports(account: OpenAccount, ids: readonly number[] | null = null): Promise<Import[]> {
  const { rows } = await account.sql<Row>`
    select transfer_id, source, state, size, received, done, added, known, damaged, skipped, created_at, changed_at, due_at, sealed
    from transfer
    where account_id = ${account.id} and (${ids === null}::boolean or transfer_id = any(${[...(ids ?? [])]}::bigint[]))
    order by transfer_id desc limit ${MOST_SHOWN}`
  return rows.map((row) => {
    const { position, origin, ...detail } = openDetail(account, row.transfer_id, row.sealed)
    const { transfer_id: id, created_at: createdAt, changed_at: changedAt, due_at: dueAt, sealed: _, ...rest } = row
    const folders = 'folders' in position ? position.folders : []
    return {
      ...rest,
      folder: undefined,
      reason: undefined,
      ...detail,
      id,
      host: origin?.host,
      folders: folders.length,
      foldersDone: folders.filter(({ isOver }) => isOver).length,
      createdAt,
      changedAt,
      retryAt: row.state === 'waiting' ? (dueAt ?? undefined) : undefined,
    }
  })
}

/** Without what opens the other account. */
function forgetful({ origin, ...detail }: Detail): Detail {
  if (origin === undefined) return detail
  const { password: _, ...kept } = origin
  return { ...detail, origin: kept }
}

/** What is sealed of an import, while nobody else writes it. @throws Refusal 'notFound' when it is in none of these states */
async function lockDetail(
  { sql, account }: Transaction,
  id: number,
  states: readonly ImportState[],
): Promise<Detail & Pick<Row, 'source'>> {
  const { rows } = await sql<Pick<Row, 'sealed' | 'source'>>`
    select source, sealed from transfer
    where account_id = ${account.id} and transfer_id = ${id} and state = any(${[...states]}::text[]) for update`
  const [row] = rows
  if (row === undefined) throw new Refusal('notFound')
  return { source: row.source, ...openDetail(account, id, row.sealed) }
}

/** Ends an import; what it has brought stays. @throws Refusal 'notFound' when it is not there or over */
export async function stopImport(account: OpenAccount, id: number): Promise<void> {
  await account.write(async (tx) => {
    const { source: _, ...detail } = await lockDetail(tx, id, ['uploading', 'waiting', 'running'])
    await tx.sql`
      update transfer set state = 'stopped', changed_at = ${now()}, leased_until = null,
        sealed = ${sealDetail(account, id, forgetful(detail))}
      where account_id = ${account.id} and transfer_id = ${id}`
  })
  await removeParts(account, id)
}

/**
 * Goes on with an import from another provider that was stopped, or has failed, where it was.
 * @throws Refusal 'notFound' when there is none such, 'tooManyItems'
 */
export async function resumeImport(account: OpenAccount, id: number, password: string): Promise<void> {
  await account.write(async (tx) => {
    const { source, reason: _, origin, ...detail } = await lockDetail(tx, id, ['stopped', 'failed'])
    if (source !== 'imap' || origin === undefined) throw new Refusal('notFound')
    await refuseMore(tx.sql, account)
    await tx.sql`
      update transfer set state = 'waiting', attempts = 0, due_at = null, changed_at = ${now()},
        sealed = ${sealDetail(account, id, { ...detail, origin: { ...origin, password } })}
      where account_id = ${account.id} and transfer_id = ${id}`
  })
}

/** Forgets an import that is over. @throws Refusal 'notFound', 'forbidden' for one that is not over */
export async function removeImport(account: OpenAccount, id: number): Promise<void> {
  const [found] = await readImports(account, [id])
  if (found === undefined) throw new Refusal('notFound')
  if (!isOver(found.state)) throw new Refusal('forbidden')
  await removeParts(account, id)
  await account.sql`
    delete from transfer where account_id = ${account.id} and transfer_id = ${id} and state in ('done', 'stopped', 'failed')`
}

const leaseEnd = (): Date => new Date(now().getTime() + LEASE_MS)

/** An import that somebody runs. */
export interface Claimed {
  accountId: number
  id: number
  /** Whoever has another one has begun since. */
  run: number
}

/** Takes an import that waits, or whose runner has gone; of an account one at a time. */
export async function claimImport(sql: Sql, source: ImportSource): Promise<Claimed | undefined> {
  const { rows } = await sql<{ account_id: number; transfer_id: number; run: number }>`
    update transfer t set state = 'running', leased_until = ${leaseEnd()}, run = t.run + 1
    from (
      select account_id, transfer_id from transfer w
      where source = ${source} and (due_at is null or due_at <= ${now()})
        and (state = 'waiting' or (state = 'running' and leased_until < ${now()}))
        and exists (select from account a where a.account_id = w.account_id and a.state in ('open', 'suspended'))
        and not exists (select from transfer r where r.account_id = w.account_id and r.transfer_id <> w.transfer_id
          and r.state = 'running' and r.leased_until >= ${now()})
      order by changed_at limit 1 for update skip locked
    ) as next
    where t.account_id = next.account_id and t.transfer_id = next.transfer_id
    returning t.account_id, t.transfer_id, t.run`
  const [row] = rows
  return row && { accountId: row.account_id, id: row.transfer_id, run: row.run }
}

/** That whoever runs it is still there. */
export async function renewLease(sql: Sql, { accountId, id, run }: Claimed): Promise<void> {
  await sql`
    update transfer set leased_until = ${leaseEnd()}
    where account_id = ${accountId} and transfer_id = ${id} and run = ${run} and state = 'running'`
}

/**
 * Gives an import back, for whoever goes on with it.
 * @param dueAt  not before then: it was in vain
 * @returns whether it was still running
 */
export async function releaseImport(sql: Sql, { accountId, id, run }: Claimed, dueAt?: Date): Promise<boolean> {
  const { rowCount } = await sql`
    update transfer set state = 'waiting', leased_until = null, due_at = ${dueAt ?? null},
      attempts = attempts + ${dueAt === undefined ? 0 : 1}
    where account_id = ${accountId} and transfer_id = ${id} and run = ${run} and state = 'running'`
  return rowCount > 0
}

interface RunningOf<Source extends ImportSource, Where> extends Pick<Import, 'name' | 'folder' | 'size'> {
  source: Source
  progress: Progress<Where>
}

export type FileRunning = RunningOf<'file', Position>

export interface ProviderRunning extends RunningOf<'imap', ProviderPosition> {
  origin: Origin
  /** In vain, since something last came. */
  attempts: number
}

export type Running = FileRunning | ProviderRunning

/** What to go on with. @throws ImportEnded */
export async function loadRunning(account: OpenAccount, { id, run }: Claimed): Promise<Running> {
  const { rows } = await account.sql<Row & { attempts: number }>`
    select source, size, done, added, known, damaged, skipped, attempts, sealed from transfer
    where account_id = ${account.id} and transfer_id = ${id} and run = ${run} and state = 'running'`
  const [row] = rows
  if (row === undefined) throw new ImportEnded()
  const { name, folder, position, damages, origin } = openDetail(account, id, row.sealed)
  const { source, size, done, added, known, damaged, skipped, attempts } = row
  const running = { source, name, folder, size, attempts, origin }
  return { ...running, progress: { position, done, added, known, damaged, skipped, damages } } as Running
}

/** Its owner has stopped it, or another one runs it: nothing more is written. */
export class ImportEnded extends Error {
  override name = 'ImportEnded'
}

/** Writes down how far it has come. @throws ImportEnded */
export async function saveProgress(
  { sql, account }: Transaction,
  { id, run }: Claimed,
  running: Running,
  progress: Progress<Position | ProviderPosition>,
): Promise<void> {
  const { position, done, added, known, damaged, skipped } = progress
  const sealed = sealDetail(account, id, detailOf(running, progress))
  const size = 'folders' in position ? lettersOf(position) : running.size
  const { rowCount } = await sql`
    update transfer set size = ${size}, done = ${done}, added = ${added}, known = ${known}, damaged = ${damaged}, skipped = ${skipped},
      changed_at = ${now()}, leased_until = ${leaseEnd()}, attempts = 0, due_at = null, sealed = ${sealed}
    where account_id = ${account.id} and transfer_id = ${id} and run = ${run} and state = 'running'`
  if (rowCount === 0) throw new ImportEnded()
}

function detailOf(running: Running, { position, damages }: Progress<Position | ProviderPosition>): Detail {
  const { name, folder } = running
  return { name, folder, position, damages, ...('origin' in running ? { origin: running.origin } : {}) }
}

/**
 * Writes down that it is over, and lets go of what was uploaded and of the password.
 * @param reason  why it failed
 * @throws ImportEnded
 */
export async function endImport(
  account: OpenAccount,
  { id, run }: Claimed,
  running: Running,
  reason?: string,
): Promise<void> {
  const sealed = sealDetail(account, id, forgetful({ ...detailOf(running, running.progress), reason }))
  const { rowCount } = await account.sql`
    update transfer set state = ${reason === undefined ? 'done' : 'failed'}, changed_at = ${now()}, leased_until = null, sealed = ${sealed},
      done = case when ${reason === undefined}::boolean then size else done end
    where account_id = ${account.id} and transfer_id = ${id} and run = ${run} and state = 'running'`
  if (rowCount === 0) throw new ImportEnded()
  await removeParts(account, id)
}
