import { join } from 'node:path'
import { Refusal, type Config, type Log } from '#system'
import { accountWithKey, openAccount, type OpenAccount } from './account.ts'
import { openBlobStore, type BlobStore } from './blobs/store.ts'
import { openChanges, type Changes } from './changes.ts'
import { connectDatabase, target, type Database, type Role } from './database/connect.ts'
import { migrate } from './database/migrate.ts'
import { findPostgres, startPostgres } from './database/postgres.ts'
import { openKeyRing, prepareKeys, type KeyRing } from './keys/keyring.ts'
import { openSignal, type Signal } from './signal.ts'
import { openWriter } from './writer.ts'

/** Where the database is, and how to end it if it is our own. */
export interface DatabaseHandle {
  url: string
  stop(): Promise<void>
}

/** One part's view of what is kept: a database role of its own over the same blobs, keys and changes. */
export interface Storage {
  readonly database: Database
  readonly keys: KeyRing
  readonly blobs: BlobStore
  readonly changes: Changes
  /** By which it is told that somebody who was signed in no longer is. */
  readonly doors: Signal
  /** Opens an account by its wrap under the server's master key; opened accounts are remembered. @throws Refusal 'notFound' */
  openAccount(id: number): Promise<OpenAccount>
  /** An account whose key was just made. */
  accountWithKey(id: number, key: Buffer): OpenAccount
  /** Forgets an opened account, so that the next use needs its key again. */
  forget(id: number): void
  close(): Promise<void>
}

/** Opened accounts remembered by a part; each holds two derived keys. */
const REMEMBERED = 10_000

/**
 * Starts our own PostgreSQL unless the settings name one, migrates it and makes the keys it lacks.
 * @param passes  whether this is a command, and not the server
 */
export async function startDatabase(config: Config, log: Log, passes = false): Promise<DatabaseHandle> {
  const { url } = config.database
  const handle =
    url === undefined ? await startPostgres(config.dataFolder, log, passes) : { url, stop: async () => undefined }
  try {
    await migrate(target(handle.url), log)
    const owner = connectDatabase({ url: handle.url, log, shared: 1, transactions: 1 })
    await prepareKeys(owner, config.keyFile).finally(() => owner.close())
    return handle
  } catch (error) {
    await handle.stop()
    throw error
  }
}

/**
 * The database as it is, to be looked at by the app's role: nothing is started, migrated or made.
 * @returns undefined when it is our own and does not run
 */
export function lookAtDatabase(config: Pick<Config, 'database' | 'dataFolder'>, log: Log): Database | undefined {
  const url = config.database.url ?? findPostgres(config.dataFolder)
  return url === undefined ? undefined : connectDatabase({ url, role: 'zegel_app', log, shared: 2, transactions: 1 })
}

/** What the desk has of the database: it asks, and listens for answers. */
export type DeskDatabase = Pick<Database, 'sql' | 'listen' | 'close'>

/**
 * The database as the desk sees it: by its role, and with no key.
 * @param url  of a process that has all parts; without one the login of the settings, of which it is made sure that it can be nothing more
 * @throws Refusal 'invalid' when it can
 */
export async function openDeskDatabase({ desk }: Pick<Config, 'desk'>, log: Log, url?: string): Promise<DeskDatabase> {
  const own = desk.databaseUrl
  if (url === undefined && own === undefined)
    throw new Refusal('invalid', {
      fields: ['desk.databaseUrl: the desk in a process of its own wants a login of its own (docs/desk.md)'],
    })
  const opened = connectDatabase({ url: url ?? (own as string), role: 'zegel_desk', log, shared: 2, transactions: 1 })
  if (url !== undefined) return opened
  try {
    const { rows } = await opened.sql<{ more: boolean }>`
      select exists (select from pg_roles where rolname = session_user and (rolsuper or rolcreaterole or rolbypassrls))
        or pg_has_role(session_user, 'zegel_app', 'member') or pg_has_role(session_user, 'zegel_receiver', 'member') as more`
    if (rows[0]?.more !== false)
      throw new Refusal('invalid', {
        fields: ['desk.databaseUrl: this login can be more than zegel_desk; make one that cannot (docs/desk.md)'],
      })
    return opened
  } catch (error) {
    await opened.close()
    throw error
  }
}

/**
 * Opens a part's view.
 * @param beside  another part of this process, open for longer: what either does the other then hears at once, and not by
 * way of the database
 */
export async function openStorage(
  config: Config,
  url: string,
  role: Role,
  log: Log,
  beside?: Pick<Storage, 'changes' | 'doors'>,
): Promise<Storage> {
  const database = connectDatabase({ url, role, log })
  const keys = openKeyRing(database, config.keyFile)
  const blobs = openBlobStore(join(config.dataFolder, 'blobs'))
  const changes = beside?.changes ?? (await openChanges(database, log))
  const doors = beside?.doors ?? (await openSignal(database, 'zegel_door', log))
  const parts = { database, keys, blobs, changes, writer: openWriter(database, changes) }

  const opened = new Map<number, Promise<OpenAccount>>()
  const remember = (id: number, account: Promise<OpenAccount>): Promise<OpenAccount> => {
    opened.delete(id)
    opened.set(id, account)
    account.catch(() => opened.delete(id))
    if (opened.size > REMEMBERED) opened.delete(opened.keys().next().value as number)
    return account
  }

  // An account of which a door has closed is opened anew by who needs it next: its key may have been destroyed.
  const stopHearing = doors.hear((message) => void opened.delete(Number(message.split(' ', 1)[0])))

  return {
    ...parts,
    doors,
    openAccount: (id) => remember(id, opened.get(id) ?? openAccount(parts, id)),
    accountWithKey: (id, key) => accountWithKey(parts, id, key),
    forget: (id) => void opened.delete(id),
    async close() {
      stopHearing()
      if (beside === undefined) {
        await doors.close()
        await changes.close()
      }
      await database.close()
    },
  }
}
