import { newId, type OpenAccount, type Sql, type Transaction } from '#storage'
import { now, Refusal, type Config } from '#system'
import { removeParts } from './parts.ts'
import { NOTHING_DONE, type Progress } from './run.ts'
import type { Damage, Position } from './source.ts'

export type ImportState = 'uploading' | 'waiting' | 'running' | 'done' | 'stopped' | 'failed'

/** An import as its owner sees it. */
export interface Import extends Omit<Progress, 'position'> {
  id: number
  /** Of the file. */
  name: string
  /** Names of the mailbox that was chosen, from the top. */
  folder: string[] | undefined
  state: ImportState
  /** Why it failed. */
  reason: string | undefined
  /** Bytes of the file, and those of them that are here. */
  size: number
  received: number
  createdAt: Date
  changedAt: Date
}

/** What is sealed in its row. */
interface Detail {
  name: string
  folder?: string[] | undefined
  position: Position
  damages: Damage[]
  reason?: string | undefined
}

interface Row {
  transfer_id: number
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
  const id = newId()
  const detail = { name: name.slice(0, LONGEST_NAME), folder, position: NOTHING_DONE.position, damages: [] }
  await account.write(async ({ sql }) => {
    const { rows } = await sql<{ count: number }>`
      select count(*)::int as count from transfer
      where account_id = ${account.id} and state in ('uploading', 'waiting', 'running')`
    if ((rows[0]?.count ?? 0) >= MOST_OPEN) throw new Refusal('tooManyItems')
    await sql`
      insert into transfer (account_id, transfer_id, state, size, created_at, changed_at, sealed)
      values (${account.id}, ${id}, 'uploading', ${size}, ${now()}, ${now()}, ${sealDetail(account, id, detail)})`
  })
  return id
}

/** The newest first. @param ids  null for all */
export async function readImports(account: OpenAccount, ids: readonly number[] | null = null): Promise<Import[]> {
  const { rows } = await account.sql<Row>`
    select transfer_id, state, size, received, done, added, known, damaged, skipped, created_at, changed_at, sealed
    from transfer
    where account_id = ${account.id} and (${ids === null}::boolean or transfer_id = any(${[...(ids ?? [])]}::bigint[]))
    order by transfer_id desc limit ${MOST_SHOWN}`
  return rows.map((row) => {
    const { position: _, ...detail } = openDetail(account, row.transfer_id, row.sealed)
    const { transfer_id: id, created_at: createdAt, changed_at: changedAt, sealed: __, ...rest } = row
    return { ...rest, folder: undefined, reason: undefined, ...detail, id, createdAt, changedAt }
  })
}

/** Ends an import; what it has brought stays. @throws Refusal 'notFound' when it is not there or over */
export async function stopImport(account: OpenAccount, id: number): Promise<void> {
  const { rowCount } = await account.sql`
    update transfer set state = 'stopped', changed_at = ${now()}, leased_until = null
    where account_id = ${account.id} and transfer_id = ${id} and state in ('uploading', 'waiting', 'running')`
  if (rowCount === 0) throw new Refusal('notFound')
  await removeParts(account, id)
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

/** How long whoever runs an import may be silent before another one takes it over, in milliseconds. */
export const LEASE_MS = 20_000

const leaseEnd = (): Date => new Date(now().getTime() + LEASE_MS)

/** An import that somebody runs. */
export interface Claimed {
  accountId: number
  id: number
}

/** Takes an import that waits, or whose runner has gone; of an account one at a time. */
export async function claimImport(sql: Sql): Promise<Claimed | undefined> {
  const { rows } = await sql<{ account_id: number; transfer_id: number }>`
    update transfer t set state = 'running', leased_until = ${leaseEnd()}
    from (
      select account_id, transfer_id from transfer w
      where (state = 'waiting' or (state = 'running' and leased_until < ${now()}))
        and exists (select from account a where a.account_id = w.account_id and a.state in ('open', 'suspended'))
        and not exists (select from transfer r where r.account_id = w.account_id and r.transfer_id <> w.transfer_id
          and r.state = 'running' and r.leased_until >= ${now()})
      order by changed_at limit 1 for update skip locked
    ) as next
    where t.account_id = next.account_id and t.transfer_id = next.transfer_id
    returning t.account_id, t.transfer_id`
  const [row] = rows
  return row && { accountId: row.account_id, id: row.transfer_id }
}

/** That whoever runs it is still there. */
export async function renewLease(sql: Sql, { accountId, id }: Claimed): Promise<void> {
  await sql`
    update transfer set leased_until = ${leaseEnd()}
    where account_id = ${accountId} and transfer_id = ${id} and state = 'running'`
}

/** Gives an import back, for whoever goes on with it. @returns whether it was still running */
export async function releaseImport(sql: Sql, { accountId, id }: Claimed): Promise<boolean> {
  const { rowCount } = await sql`
    update transfer set state = 'waiting', leased_until = null
    where account_id = ${accountId} and transfer_id = ${id} and state = 'running'`
  return rowCount > 0
}

export interface Running extends Pick<Import, 'name' | 'folder' | 'size'> {
  progress: Progress
}

/** What to go on with. */
export async function loadRunning(account: OpenAccount, id: number): Promise<Running> {
  const { rows } = await account.sql<Row>`
    select size, done, added, known, damaged, skipped, sealed from transfer
    where account_id = ${account.id} and transfer_id = ${id} and state = 'running'`
  const [row] = rows
  if (row === undefined) throw new ImportEnded()
  const { name, folder, position, damages } = openDetail(account, id, row.sealed)
  const { size, done, added, known, damaged, skipped } = row
  return { name, folder, size, progress: { position, done, added, known, damaged, skipped, damages } }
}

/** Its owner has stopped it, or another one runs it: nothing more is written. */
export class ImportEnded extends Error {
  override name = 'ImportEnded'
}

/** Writes down how far it has come. @param from  what was written down before: nobody else may have gone on since. @throws ImportEnded */
export async function saveProgress(
  { sql, account }: Transaction,
  id: number,
  { name, folder }: Pick<Running, 'name' | 'folder'>,
  from: number,
  progress: Progress,
): Promise<void> {
  const { position, damages, done, added, known, damaged, skipped } = progress
  const { rowCount } = await sql`
    update transfer set done = ${done}, added = ${added}, known = ${known}, damaged = ${damaged}, skipped = ${skipped},
      changed_at = ${now()}, leased_until = ${leaseEnd()}, sealed = ${sealDetail(account, id, { name, folder, position, damages })}
    where account_id = ${account.id} and transfer_id = ${id} and state = 'running'
      and added + known + damaged + skipped = ${from}`
  if (rowCount === 0) throw new ImportEnded()
}

/** Writes down that it is over, and lets go of what was uploaded. @param reason  why it failed */
export async function endImport(account: OpenAccount, id: number, running: Running, reason?: string): Promise<void> {
  const { name, folder, progress } = running
  const { position, damages } = progress
  const sealed = sealDetail(account, id, { name, folder, position, damages, reason })
  const { rowCount } = await account.sql`
    update transfer set state = ${reason === undefined ? 'done' : 'failed'}, changed_at = ${now()}, leased_until = null, sealed = ${sealed},
      done = case when ${reason === undefined}::boolean then size else done end
    where account_id = ${account.id} and transfer_id = ${id} and state = 'running'`
  if (rowCount > 0) await removeParts(account, id)
}
