import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import pg from 'pg'
import { openKeyCopy, openSealed, openStream, readEpochs, type Storage } from '#storage'
import type { Config } from '#system'
import type { TestDatabase } from './database.ts'

/** Something that has an end: as it is sealed, and the key that opens it; without a key anybody can read it. */
export interface Piece {
  what: string
  bytes: Buffer
  key?: Buffer
  /** How it stands in a dump of a table, where that is not its bytes in hexadecimal. */
  text?: string
}

/** All that there is, and every key by which somebody could open it. */
export interface Everything {
  keys: ReadonlySet<string>
  /** The rows of every table, as text. */
  database: string
  /** The files of the blob folder, and those of the target, with their names. */
  blobs: Buffer[]
  backups: Buffer[]
  /** What of the target's files opens. */
  opened: Buffer[]
}

type Place = Pick<Storage, 'database'> & Partial<Pick<Storage, 'openAccount'>>

/** Every key that there still is: of the master key's file, the database, and the copy of the keys beside the backups. */
async function wrappedKeys(
  { database }: Place,
  { keyFile }: Pick<Config, 'keyFile'>,
  target: string,
): Promise<Buffer[]> {
  const epochs = readEpochs(keyFile)
  const { rows } = await database.sql<{ place: string; epoch: number; wrapped: Buffer }>`
    select place, epoch, wrapped from keys.wrap`
  const keys = rows.map(({ place, epoch, wrapped }) => openSealed(epochs.get(epoch) as Buffer, place, wrapped))
  try {
    const copy = openKeyCopy(readFileSync(join(target, 'keys')), { epochs })
    keys.push(...copy.wraps.map(({ place, wrapped }) => openSealed(copy.master, place, wrapped)))
  } catch {
    // Of an epoch that is no more.
  }
  return [...epochs.values(), ...keys]
}

export const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

const keyIn = (plain: Buffer): string[] =>
  Array.from(plain.toString('latin1').matchAll(/"key":"([\w-]{43})"/g), ([, found]) => found as string)

/**
 * Opens all files of a target that can be opened: tries each key on each, and goes on with the keys found in what has opened.
 * @returns what they hold, and every key that was met
 */
export async function openTargetFiles(
  storage: Place,
  config: Pick<Config, 'keyFile'>,
  target: string,
): Promise<{ opened: Buffer[]; keys: Set<string> }> {
  const keys = new Set((await wrappedKeys(storage, config, target)).map((key) => key.toString('base64url')))
  const shut = new Map(filesBelow(target).map((path) => [path, readFileSync(path)]))
  const opened: Buffer[] = []
  for (let known = 0; known < keys.size;) {
    const fresh = [...keys].slice(known)
    known = keys.size
    for (const [path, bytes] of shut)
      for (const key of fresh) {
        const plain = await tryKey(Buffer.from(key, 'base64url'), idOf(relative(target, path)), bytes)
        if (plain === undefined) continue
        shut.delete(path)
        opened.push(plain)
        for (const found of keyIn(plain)) keys.add(found)
        break
      }
  }
  return { opened, keys }
}

/** The id that is part of what is sealed: the end of a file's name. */
const idOf = (path: string): string => path.slice(-36)

async function tryKey(key: Buffer, id: string, bytes: Buffer): Promise<Buffer | undefined> {
  const pieces: Buffer[] = []
  try {
    const source = (async function* () {
      yield bytes
    })()
    for await (const piece of openStream(key, id, source)) pieces.push(piece)
    return Buffer.concat(pieces)
  } catch {
    return undefined
  }
}

/** Looks at everything: each row of each table, each file of the blob folder, and what of the target opens by any key. */
export async function gatherEverything(
  storage: Storage,
  { config, url }: TestDatabase,
  target: string,
): Promise<Everything> {
  const { opened, keys } = await openTargetFiles(storage, config, target)
  const { sql } = storage.database
  const { rows: summaries } = await sql<{ account_id: number; item_id: number; sealed: Buffer }>`
    select account_id, item_id, sealed from item_summary`
  for (const { account_id: id, item_id: item, sealed } of summaries) {
    // An account in the middle of its erasing has no key.
    const account = await storage.openAccount(id).catch(() => undefined)
    for (const key of account === undefined ? [] : keyIn(account.open('item', item, sealed))) keys.add(key)
  }
  const named = (below: string): Buffer[] =>
    filesBelow(below).map((path) => Buffer.concat([Buffer.from(`${relative(below, path)}\n`), readFileSync(path)]))
  const [blobs, backups] = [named(join(config.dataFolder, 'blobs')), named(target)]
  return { keys, database: await dump(url), blobs, backups, opened }
}

/** The rows of every table, as the owner of the database sees them. */
async function dump(url: string): Promise<string> {
  const { pathname: host, searchParams } = new URL(url)
  const client = new pg.Client({ host, user: 'zegel', database: searchParams.get('db') ?? 'zegel' })
  await client.connect()
  try {
    const { rows: tables } = await client.query<{ name: string }>(`
      select format('%I.%I', schemaname, tablename) as name from pg_tables
      where schemaname not in ('pg_catalog', 'information_schema')`)
    const dumps: string[] = []
    for (const { name } of tables)
      for (const { row } of (await client.query<{ row: string }>(`select t::text as row from ${name} t`)).rows)
        dumps.push(row)
    return dumps.join('\n')
  } finally {
    await client.end()
  }
}

/**
 * Where a piece is to be found, if it can be read: a place each. In the backups' files it may lie as long as no key opens it; in the
 * database and the blob folder not even then.
 */
export function placesOf({ what, bytes, key, text }: Piece, everything: Everything): string[] {
  const opens = key === undefined || everything.keys.has(key.toString('base64url'))
  const found = (buffers: readonly Buffer[]): boolean =>
    buffers.some((one) => one.includes(bytes) || (text !== undefined && one.includes(text)))
  const places = {
    database: everything.database.includes(text ?? bytes.toString('hex')),
    blobs: found(everything.blobs),
    backups: opens && found(everything.backups),
    opened: opens && found(everything.opened),
  }
  return Object.entries(places).flatMap(([place, isThere]) => (isThere ? [`${what}: ${place}`] : []))
}
