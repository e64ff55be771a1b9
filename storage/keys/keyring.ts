import { existsSync } from 'node:fs'
import { createSecretKey, randomBytes } from 'node:crypto'
import { now, Refusal, today } from '#system'
import type { Database, Sql } from '../database/connect.ts'
import { deriveKey, KEY_BYTES, keyedHash, open, seal, sealAlike, SealBroken } from '../sealing/seal.ts'
import { newEpochKey, readEpochs, writeEpochs, type Epochs } from './masterkey.ts'

/** What each service key is for. A purpose never opens what another has sealed. */
const PURPOSES = [
  'directory',
  'credentials',
  'sessions',
  'queue',
  'tickets',
  'greylist',
  'reports',
  'receipts',
  'access',
  'legal',
  'staff',
  'support',
  'dkim',
  'domainReports',
  'forwarding',
  'transport',
  'certificates',
  'lists',
] as const
export type Purpose = (typeof PURPOSES)[number]

/** A key that seals and hashes for the service itself, not for a person. */
export interface ServiceKey {
  seal(place: string, value: string | Uint8Array): Buffer
  open(place: string, sealed: Uint8Array): Buffer
  hash(value: string | Uint8Array): Buffer
}

/** A day's key as the journal uses it: apart from what else is hashed with that day's key. */
export interface JournalKey extends Pick<ServiceKey, 'seal' | 'open'> {
  /** The same value in the same place looks the same (sealAlike). */
  sealAlike(place: string, value: Uint8Array): Buffer
}

/** Opens and makes the keys in the schema `keys`, each wrapped under an epoch of the master key. */
export interface KeyRing {
  /** Makes an account's key and its wrap under the master key, in the transaction that makes the account. */
  newAccountKey(sql: Sql, accountId: number): Promise<Buffer>
  /** @throws Refusal 'notFound' when the key was destroyed or never was */
  accountKey(accountId: number): Promise<Buffer>
  serviceKey(purpose: Purpose): Promise<ServiceKey>
  /** A key for what must not outlive its day by long. */
  dayKey(): Promise<ServiceKey>
  /** To write entries of the journal of a day, such as `2026-11-29`; made where it is missing. */
  journalKey(day: string): Promise<JournalKey>
  /** To read them: those that have not been destroyed. */
  journalKeys(days: readonly string[]): Promise<Map<string, JournalKey>>
  /** Makes the key of a backup, which ends with it. */
  newBackupKey(backupId: string): Promise<Buffer>
  /** @throws Refusal 'notFound' when the backup has ended, or never was */
  backupKey(backupId: string): Promise<Buffer>
}

export interface Wrap {
  place: string
  epoch: number
  wrapped: Buffer
}

export const backupPlace = (backupId: string): string => `backup/${backupId}`

const dayPlace = (name: string): string => `day/${name}`

const accountPlace = (accountId: number): string => `account/${accountId}/server`

/**
 * Makes the first epoch and the service keys where they are missing. Called at start, as the owner of the schema.
 * @throws Refusal 'invalid' when the database was sealed under a master key that is not here
 */
export async function prepareKeys(database: Database, keyFile: string): Promise<void> {
  await database.transaction(async (sql) => {
    await sql`select pg_advisory_xact_lock(hashtext('zegel keys'))`
    const { rows } = await sql<{ epoch: number }>`select epoch from keys.epoch`
    if (rows[0] === undefined) {
      if (!existsSync(keyFile)) writeEpochs(keyFile, new Map([[1, newEpochKey()]]))
      await sql`insert into keys.epoch (epoch) values (${Math.max(...readEpochs(keyFile).keys())})`
    } else await tryMasterKey(sql, keyFile, rows[0].epoch)
    for (const purpose of PURPOSES) await makeWrap(sql, `service/${purpose}`, keyFile)
  })
}

/** Before anything is wrapped under a key by which nothing else would open. */
async function tryMasterKey(sql: Sql, keyFile: string, epoch: number): Promise<void> {
  const epochs = readEpochs(keyFile)
  const { rows } = await sql<Wrap>`select place, epoch, wrapped from keys.wrap where epoch = ${epoch} limit 1`
  const isRight = epochs.has(epoch) && rows.every((wrap) => opens(epochs, wrap))
  if (!isRight)
    throw new Refusal('invalid', { fields: [`${keyFile}: not the master key that this database is sealed under`] })
}

function opens(epochs: Epochs, wrap: Wrap): boolean {
  try {
    unwrap(epochs, wrap)
    return true
  } catch (error) {
    if (error instanceof SealBroken) return false
    throw error
  }
}

async function makeWrap(sql: Sql, place: string, keyFile: string): Promise<Buffer> {
  // Held shared until the commit, so that the epoch cannot turn away under a wrap being made.
  const { rows } = await sql<{ epoch: number }>`select epoch from keys.epoch for share`
  const { epoch } = rows[0] as { epoch: number }
  const master = readEpochs(keyFile).get(epoch)
  if (master === undefined) throw new Refusal('unavailable', { fields: [`the master key has no epoch ${epoch}`] })
  const key = randomBytes(KEY_BYTES)
  await sql`
    insert into keys.wrap (place, epoch, wrapped) values (${place}, ${epoch}, ${seal(master, place, key)})
    on conflict (place) do nothing`
  return key
}

export function openKeyRing(database: Database, keyFile: string): KeyRing {
  let epochs: Epochs = readEpochs(keyFile)

  const load = async (place: string): Promise<Buffer | undefined> => {
    const { rows } = await database.sql<Wrap>`select place, epoch, wrapped from keys.wrap where place = ${place}`
    if (rows[0] === undefined) return undefined
    // Another process may have turned the epoch since the file was read.
    if (!epochs.has(rows[0].epoch)) epochs = readEpochs(keyFile)
    return unwrap(epochs, rows[0])
  }

  const services = new Map<Purpose, Promise<ServiceKey>>()
  let day: { name: string; key: Promise<ServiceKey> } | undefined
  /** Of the newest days that were written on. */
  const journals = new Map<string, Promise<JournalKey>>()

  const loadService = async (purpose: Purpose): Promise<ServiceKey> => {
    const key = await load(`service/${purpose}`)
    if (key === undefined) throw new Error(`no service key "${purpose}"`)
    return serviceKeyOf(key)
  }

  const loadDay = async (name: string): Promise<Buffer> => {
    const place = dayPlace(name)
    const known = await load(place)
    if (known !== undefined) return known
    await database.transaction((sql) => makeWrap(sql, place, keyFile))
    // Another process may have made it first: what stands in the database counts.
    return (await load(place)) as Buffer
  }

  return {
    newAccountKey: (sql, accountId) => makeWrap(sql, accountPlace(accountId), keyFile),

    async accountKey(accountId) {
      const key = await load(accountPlace(accountId))
      if (key === undefined) throw new Refusal('notFound')
      return key
    },

    newBackupKey: (backupId) => database.transaction((sql) => makeWrap(sql, backupPlace(backupId), keyFile)),

    async backupKey(backupId) {
      const key = await load(backupPlace(backupId))
      if (key === undefined) throw new Refusal('notFound')
      return key
    },

    serviceKey(purpose) {
      let key = services.get(purpose)
      if (key === undefined) {
        services.set(purpose, (key = loadService(purpose)))
        key.catch(() => services.delete(purpose))
      }
      return key
    },

    dayKey() {
      const name = today()
      if (day?.name !== name) {
        day = { name, key: loadDay(name).then(serviceKeyOf) }
        day.key.catch(() => (day = undefined))
      }
      return day.key
    },

    journalKey(name) {
      let key = journals.get(name)
      if (key === undefined) {
        journals.set(name, (key = loadDay(name).then(journalKeyOf)))
        key.catch(() => journals.delete(name))
        // Yesterday's entries may still be on their way. What is destroyed must not live on here.
        if (journals.size > 2) journals.delete([...journals.keys()].toSorted()[0] as string)
      }
      return key
    },

    async journalKeys(days) {
      const { rows } = await database.sql<Wrap>`
        select place, epoch, wrapped from keys.wrap where place = any(${days.map(dayPlace)})`
      if (rows.some(({ epoch }) => !epochs.has(epoch))) epochs = readEpochs(keyFile)
      const keys = new Map(rows.map((wrap) => [wrap.place, journalKeyOf(unwrap(epochs, wrap))]))
      return new Map(
        days.flatMap((name) => {
          const key = keys.get(dayPlace(name))
          return key === undefined ? [] : [[name, key] as const]
        }),
      )
    },
  }
}

/**
 * Destroys an account's key, in the caller's transaction: from its commit nothing of the account opens.
 * @returns the epoch under which it was wrapped: when that is destroyed, every copy of the wrap is dead
 */
export async function destroyAccountKey(sql: Sql, accountId: number): Promise<number> {
  // The epoch cannot turn away meanwhile.
  const { rows } = await sql<{ epoch: number }>`select epoch from keys.epoch for share`
  await sql`delete from keys.wrap where place = ${accountPlace(accountId)}`
  return (rows[0] as { epoch: number }).epoch
}

/** When every epoch up to this one was destroyed; undefined when one of them may still open something. */
export async function epochDestroyedAt(sql: Sql, epoch: number): Promise<Date | undefined> {
  const { rows } = await sql<{ at: Date }>`
    select earlier_destroyed_at as at from keys.epoch where epoch > ${epoch} and earlier_destroyed_at is not null`
  return rows[0]?.at
}

/**
 * Turns the epoch: makes a new one, wraps every key anew, opens each of them once more from the database, and only then
 * destroys the old epoch. A wrap deleted before is then dead wherever a copy of it lies. A crash at any point leaves a
 * file that opens everything.
 * @param keepCopy  writes the copy of the keys that lies elsewhere anew and makes sure of it: after the old epoch has gone,
 * the copy before it opens nothing any more. When it fails, the old epoch stays, and the next turn destroys it
 * @returns the new epoch's number and how many keys were wrapped
 */
export async function turnEpoch(
  database: Database,
  keyFile: string,
  keepCopy: () => Promise<void> = async () => undefined,
): Promise<{ epoch: number; wraps: number }> {
  const turned = await database.transaction(async (sql) => {
    // Whoever makes a key holds this row shared until its commit.
    await sql`select epoch from keys.epoch for update`
    const before = readEpochs(keyFile)
    const epoch = Math.max(...before.keys()) + 1
    const key = newEpochKey()
    const both = new Map([...before, [epoch, key] as const])
    writeEpochs(keyFile, both)

    let wraps = 0
    for (;;) {
      const batch = await sql<Wrap>`select place, epoch, wrapped from keys.wrap where epoch <> ${epoch} limit 1000`
      if (batch.rowCount === 0) break
      for (const wrap of batch.rows)
        await sql`
          update keys.wrap set epoch = ${epoch}, wrapped = ${seal(key, wrap.place, unwrap(both, wrap))}
          where place = ${wrap.place}`
      wraps += batch.rowCount
    }
    await sql`update keys.epoch set epoch = ${epoch}, earlier_destroyed_at = null`
    return { epoch, wraps, only: new Map([[epoch, key]]) }
  })

  let from = ''
  for (;;) {
    const { rows } = await database.sql<Wrap>`
      select place, epoch, wrapped from keys.wrap where place > ${from} order by place limit 1000`
    if (rows.length === 0) break
    for (const wrap of rows) unwrap(turned.only, wrap)
    from = (rows.at(-1) as Wrap).place
  }
  await keepCopy()
  writeEpochs(keyFile, turned.only)
  await database.sql`update keys.epoch set earlier_destroyed_at = ${now()} where epoch = ${turned.epoch}`
  return { epoch: turned.epoch, wraps: turned.wraps }
}

export function unwrap(epochs: Epochs, { place, epoch, wrapped }: Wrap): Buffer {
  const master = epochs.get(epoch)
  if (master === undefined) throw new Refusal('unavailable', { fields: [`the master key has no epoch ${epoch}`] })
  return open(master, place, wrapped)
}

/** What a service key does, from the key itself. */
export function serviceKeyOf(key: Buffer): ServiceKey {
  const sealing = createSecretKey(deriveKey(key, 'seal'))
  const hashing = deriveKey(key, 'hash')
  return {
    seal: (place, value) => seal(sealing, place, value),
    open: (place, sealed) => open(sealing, place, sealed),
    hash: (value) => keyedHash(hashing, value),
  }
}

function journalKeyOf(dayKey: Buffer): JournalKey {
  const key = deriveKey(dayKey, 'journal')
  const sealing = createSecretKey(deriveKey(key, 'seal'))
  const alike = deriveKey(key, 'alike')
  return {
    seal: (place, value) => seal(sealing, place, value),
    sealAlike: (place, value) => sealAlike(sealing, alike, place, value),
    open: (place, sealed) => open(sealing, place, sealed),
  }
}
