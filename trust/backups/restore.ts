import { existsSync } from 'node:fs'
import { addressesOfAll, rememberFormer } from '#accounts'
import { startAnew } from '#items'
import { nowMs, Refusal, type Config, type Log } from '#system'
import {
  COPY_BEGINS,
  COPY_ENDS,
  copyRow,
  int8,
  timestamp,
  backupPlace,
  newestMigration,
  openSealed,
  serviceKeyOf,
  startRestoring,
  writeKeyFile,
  type OpenedCopy,
  type Paper,
  type Restoring,
  type ServiceKey,
} from '#storage'
import { fetchKeys } from './keys.ts'
import { listBackups, readManifest, type AccountEntry, type ListedBackup, type Manifest } from './manifest.ts'
import { damaged, fetchObject, readObject, type StoredObject } from './objects.ts'
import { readHead, readPart, type Content, type Part, type PartHead } from './part.ts'
import { TABLES, type Kept } from './tables.ts'
import type { Target } from './target/target.ts'

/** What was read back. */
export interface Restored {
  id: string
  at: Date
  accounts: number
  /** Accounts in the backup whose key was destroyed since: nothing of them came back. */
  leftOut: number
  items: number
  bytes: number
}

interface Order {
  config: Config
  target: Target
  log: Log
  /** Asked for when there is no key file. */
  paper?: () => Promise<Paper>
  /** The id of a backup; the newest when none is named. */
  backupId?: string | undefined
}

/**
 * Reads a backup into an empty database and an empty blob folder. What is damaged or missing is refused by its name, and
 * nothing is served of a backup that was not read to its end: the same command begins again.
 * @throws Refusal 'exists' when something is there already; 'invalid' for what is wrong with the backup or the keys
 */
export async function restoreBackup({ config, target, log, paper, backupId }: Order): Promise<Restored> {
  const hasKey = existsSync(config.keyFile)
  if (!hasKey && paper === undefined)
    throw new Refusal('invalid', { fields: [`${config.keyFile}: there is neither a master key nor a paper`] })
  // Nobody types the lines of a paper for a folder with nothing in it.
  const listed = choose(await listBackups(target), backupId)
  const keys = await fetchKeys(target, paper !== undefined && !hasKey ? { paper: await paper() } : config)
  const manifest = await readManifest(target, listed, keyOf(keys, listed))
  if (manifest.migration > newestMigration())
    throw new Refusal('invalid', { fields: [`${listed.name}: was made by a newer version of this program`] })

  const restoring = await startRestoring(config, log)
  try {
    await restoring.migrate(manifest.migration)
    const directory = directoryOf(keys)
    const { formerAddresses, ...restored } = await load(restoring, target, manifest, keys, directory)
    await restoring.migrate()
    // An older schema had no table for them.
    await rememberFormer(restoring.sql, directory, formerAddresses)
    await startAnew(restoring.sql, Math.floor(nowMs() / 1000))
    if (!hasKey) writeKeyFile(config.keyFile, keys)
    await restoring.finish()
    return { id: manifest.id, at: new Date(manifest.at), ...restored }
  } finally {
    await restoring.close()
  }
}

function choose(all: readonly ListedBackup[], id: string | undefined): ListedBackup {
  const chosen = id === undefined ? all.at(-1) : all.find((listed) => listed.id === id)
  if (chosen === undefined)
    throw new Refusal('notFound', { fields: [id === undefined ? 'there is no backup' : `there is no backup ${id}`] })
  return chosen
}

function keyOf({ wraps, master }: OpenedCopy, { name, id }: ListedBackup): Buffer {
  const place = backupPlace(id)
  const wrap = wraps.find((other) => other.place === place)
  if (wrap === undefined) throw damaged(name, 'its key is not in the copy of the keys: it has ended')
  return openSealed(master, place, wrap.wrapped)
}

function directoryOf({ wraps, master }: OpenedCopy): ServiceKey {
  const place = 'service/directory'
  const wrap = wraps.find((other) => other.place === place)
  if (wrap === undefined) throw damaged('keys', 'it has no key of the directory')
  return serviceKeyOf(openSealed(master, place, wrap.wrapped))
}

const ACCOUNT_KEY = /^account\/(\d+)\//

async function load(
  restoring: Restoring,
  target: Target,
  manifest: Manifest,
  keys: OpenedCopy,
  directory: ServiceKey,
): Promise<Omit<Restored, 'id' | 'at'> & { formerAddresses: string[] }> {
  const { sql } = restoring
  await restoring.putKeys(keys)
  const living = new Set(keys.wraps.flatMap(({ place }) => ACCOUNT_KEY.exec(place)?.[1] ?? []).map(Number))
  const read: Reading = { restoring, target, done: { bytes: 0, items: 0 }, known: new Set() }
  await readInto(read, manifest.service, () => true)
  const service = await readHead(target, manifest.service)
  const formerAddresses = await dropOthers(restoring, service, [...living], directory)
  await sql`update queue_recipient set lease = null, next_attempt_at = now() where state = 'waiting'`
  for (const { day, part } of manifest.journal) {
    await sql`select make_journal_day(${day}::date)`
    await readInto(read, part, () => true)
  }
  const accounts = manifest.accounts.filter(({ id }) => living.has(id))
  for (const account of accounts) await loadAccount({ ...read, known: new Set() }, account)
  await sql`
    delete from keys.wrap where place like 'account/%'
      and split_part(place, '/', 2)::bigint not in (select account_id from account)`
  const leftOut = manifest.accounts.length - accounts.length
  return { accounts: accounts.length, leftOut, formerAddresses, ...read.done }
}

interface Reading {
  restoring: Restoring
  target: Target
  done: { bytes: number; items: number }
  /** Blobs that are there already, of the account that is read. */
  known: Set<string>
}

async function loadAccount(read: Reading, { part }: AccountEntry): Promise<void> {
  const isLast = (table: string): boolean => {
    const kept = (TABLES as Readonly<Record<string, Kept>>)[table]
    return kept !== undefined && 'isLast' in kept
  }
  await readInto(read, part, (table) => !isLast(table))
  for (const page of (await readHead(read.target, part)).pages ?? []) await readInto(read, page.part, () => true)
  const hasLast = Object.entries(part.rows).some(([table, rows]) => isLast(table) && rows > 0)
  if (hasLast) await readInto(read, part, isLast, false)
}

/** Reads a part's contents and rows. */
async function readInto(
  read: Reading,
  part: Part,
  wants: (table: string) => boolean,
  withContents = true,
): Promise<void> {
  const { restoring, target, done } = read
  await readPart(target, part, async (head, rowsOf) => {
    if (withContents) done.bytes += await readContents(read, head, part.packs)
    for (const { name, columns } of head.tables) {
      const rows = rowsOf(name)
      if (!wants(name)) {
        for await (const piece of rows) void piece
        continue
      }
      const count = await restoring.copy(name, columns, rows)
      if (count !== part.rows[name]) throw damaged(`objects/${part.name}`, `it has other rows than it should`)
      if (name === 'item') done.items += count
    }
  })
  if (withContents) done.bytes += part.size
}

/** Files that are written at the same time. */
const FILES_AT_ONCE = 4

async function readContents(
  { restoring, target, known }: Reading,
  { contents }: PartHead,
  packs: readonly StoredObject[],
): Promise<number> {
  let bytes = 0
  const files: Content[] = []
  for (const [number, of] of Map.groupBy(contents, ({ pack }) => pack)) {
    const pack = packs[number] as StoredObject
    bytes += pack.size
    // A copy shares its content, and may stand in another page.
    const fresh = of.filter(({ account, blob }) => !known.has(`${account}/${blob}`))
    for (const { account, blob } of fresh) known.add(`${account}/${blob}`)
    if (fresh[0]?.isFile === true) files.push(fresh[0])
    else if (fresh.length > 0) await restoring.copy('blob', BLOB_COLUMNS, blobRows(fresh, readObject(target, pack)))
  }
  const waiting = files[Symbol.iterator]()
  const writeFiles = async (): Promise<void> => {
    for (const file of waiting)
      await restoring.blobs.restoreFile(file.account, file.blob, fetchObject(target, packs[file.pack] as StoredObject))
  }
  await Promise.all(Array.from({ length: FILES_AT_ONCE }, writeFiles))
  await restoring.copy('blob', BLOB_COLUMNS, blobRows(files))
  return bytes
}

const BLOB_COLUMNS = ['account_id', 'blob_id', 'sealed_size', 'content', 'created_at']

/** Rows of blobs as COPY takes them; without `pack` those whose content is a file. */
async function* blobRows(contents: readonly Content[], pack?: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array, void> {
  let whole: Buffer | undefined
  if (pack !== undefined) {
    const pieces: Buffer[] = []
    for await (const piece of pack) pieces.push(piece)
    whole = Buffer.concat(pieces)
  }
  yield COPY_BEGINS
  for (const { account, blob, length, offset, createdAt } of contents)
    yield copyRow([
      int8(account),
      Buffer.from(blob.replaceAll('-', ''), 'hex'),
      int8(length),
      whole?.subarray(offset, offset + length),
      timestamp(createdAt),
    ])
  yield COPY_ENDS
}

/**
 * Takes out what belongs to accounts whose key is no more: what refers to an account goes before it.
 * @returns their addresses, which are given to nobody else, also where the backup is older than their end
 */
async function dropOthers(
  restoring: Restoring,
  { tables }: PartHead,
  living: number[],
  directory: ServiceKey,
): Promise<string[]> {
  const { rows } = await restoring.sql<{ account_id: number }>`
    select account_id from account where not account_id = any(${living}::bigint[])`
  const gone = rows.map((row) => row.account_id)
  if (gone.length === 0) return []
  const addresses = await addressesOfAll(restoring.sql, directory, gone)
  const theirs = tables.filter(({ columns }) => columns.includes('account_id')).map(({ name }) => name)
  for (const table of theirs.toReversed()) await restoring.remove(table, gone)
  return addresses
}
