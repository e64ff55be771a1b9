import { createHash, randomBytes } from 'node:crypto'
import { now, Refusal, today } from '#system'
import type { Sql, Storage } from '#storage'
import { BEFORE_FIRST, canonical, digestOf, HASH_BYTES, hashOf, SALT_BYTES } from '#trust/signing'
import type { EventKind, Facts, RegisterEvent } from './event.ts'

/** What is written down: what is readable of it, and what is sealed. */
export interface NewEvent extends Partial<Omit<Facts, 'caseId' | 'kind'>> {
  kind: EventKind
  /** Sealed; JSON. */
  detail?: object | undefined
}

export const placeOfDetail = (number: number): string => `legal/${number}`

const NOTHING = { country: null, authority: null, request: null, reason: null, accounts: null, until: null } as const

interface Head {
  number: number
  hash: Uint8Array
}

/** The register's last event, to which nobody adds before the transaction ends. */
export async function lockRegister(sql: Sql): Promise<Head> {
  await sql`select pg_advisory_xact_lock(hashtext('zegel legal'))`
  const { rows } = await sql<{ number: number; hash: Buffer }>`
    select number, hash from legal_event order by number desc limit 1`
  return rows[0] ?? { number: 0, hash: BEFORE_FIRST }
}

/** How far the register goes, to be shown to everybody; undefined while it is empty. */
export async function registerHead({
  database,
}: Pick<Storage, 'database'>): Promise<{ day: string; number: number; hash: string } | undefined> {
  const { rows } = await database.sql<{ number: number; hash: Buffer }>`
    select number, hash from legal_event order by number desc limit 1`
  return rows[0] && { day: today(), number: rows[0].number, hash: rows[0].hash.toString('base64url') }
}

/** Adds events of a case, or of none. Part of the transaction that does what they tell. @returns the last one's number */
export async function append(
  storage: Pick<Storage, 'keys'>,
  sql: Sql,
  caseId: string | null,
  events: readonly NewEvent[],
): Promise<number> {
  const key = await storage.keys.serviceKey('legal')
  let { number, hash } = await lockRegister(sql)
  for (const { detail, ...readable } of events) {
    const facts = { ...NOTHING, ...readable, caseId }
    const salt = randomBytes(SALT_BYTES)
    const text = JSON.stringify(detail)
    const detailDigest = detail === undefined ? null : digestOf(salt, text)
    const event = { ...facts, number: ++number, at: now() }
    hash = hashOf(hash, number, digestOfEvent(event, detailDigest))
    await sql`
      insert into legal_event (number, case_id, at, kind, country, authority, request, reason, accounts, until, detail, hash)
      values (${number}, ${caseId}, ${event.at}, ${facts.kind}, ${facts.country}, ${facts.authority}, ${facts.request},
        ${facts.reason}, ${facts.accounts}, ${facts.until}, ${detailDigest}, ${hash})`
    if (detail !== undefined)
      await sql`
        insert into legal_detail (number, case_id, sealed)
        values (${number}, ${caseId}, ${key.seal(placeOfDetail(number), Buffer.concat([salt, Buffer.from(text)]))})`
  }
  return number
}

/**
 * The same for a case that somebody has read: nobody may have added to it since.
 * @param read  the number of its last event then
 * @throws Refusal 'expired' with the field `case` when somebody has
 */
export async function appendTo(
  storage: Storage,
  { caseId, read }: { caseId: string; read: number },
  events: readonly NewEvent[],
  within: (sql: Sql) => Promise<unknown> = async () => undefined,
): Promise<void> {
  await storage.database.transaction(async (sql) => {
    await lockRegister(sql)
    const { rows } = await sql<{ number: number }>`
      select number from legal_event where case_id = ${caseId} order by number desc limit 1`
    if (rows[0]?.number !== read) throw new Refusal('expired', { fields: ['case'] })
    await append(storage, sql, caseId, events)
    await within(sql)
  })
}

/** Notes what became of an account that the operator has locked: its rule, and nothing of whom. */
export async function noteLock(
  storage: Pick<Storage, 'keys'>,
  sql: Sql,
  kind: Extract<EventKind, 'locked' | 'appealed' | 'upheld' | 'reversed'>,
  reason: string | null = null,
): Promise<void> {
  await append(storage, sql, null, [{ kind, reason, accounts: 1 }])
}

/** What a link of the chain is of: the readable columns, and the digest of what is sealed. */
export const digestOfEvent = (
  { number, caseId, at, kind, country, authority, request, reason, accounts, until }: RegisterEvent,
  detail: Uint8Array | null,
): Buffer =>
  createHash('sha256')
    .update(
      canonical({
        number,
        case: caseId,
        at: at.toISOString(),
        kind,
        country,
        authority,
        request,
        reason,
        accounts,
        until: until?.toISOString() ?? null,
        detail: detail === null ? null : Buffer.from(detail).toString('base64url'),
      }),
    )
    .digest()

export interface Row extends Omit<RegisterEvent, 'caseId'> {
  case_id: string | null
  detail: Buffer | null
  hash: Buffer
}

export function eventOf(row: Row): RegisterEvent {
  const { number, at, kind, country, authority, request, reason, accounts, until } = row
  return { number, caseId: row.case_id, at, kind, country, authority, request, reason, accounts, until }
}

/** Events of one look at the database. */
const MOST = 5000

/** Every event, the oldest first, in pieces. */
export async function* walkRegister({ database }: Pick<Storage, 'database'>): AsyncGenerator<Row> {
  for (let number = 0; ;) {
    const { rows } = await database.sql<Row>`
      select number, case_id, at, kind, country, authority, request, reason, accounts, until, detail, hash
      from legal_event where number > ${number} order by number limit ${MOST}`
    yield* rows
    const last = rows.at(-1)
    if (last === undefined || rows.length < MOST) return
    number = last.number
  }
}

/** What a look along the register came to. */
export interface CheckedRegister {
  events: number
  /** The first event that is not what it was, or is missing; null when the register is whole. */
  brokenAt: number | null
  /** Of the last event, base64url. */
  head: string
}

/** Computes the chain anew; details that are still there have to be what they were, too. */
export async function checkRegister(storage: Pick<Storage, 'database' | 'keys'>): Promise<CheckedRegister> {
  let hash = BEFORE_FIRST
  let number = 0
  const found = (brokenAt: number | null): CheckedRegister => ({
    events: number,
    brokenAt,
    head: Buffer.from(hash).toString('base64url'),
  })
  for await (const row of walkRegister(storage)) {
    hash = hashOf(hash, ++number, digestOfEvent(eventOf(row), row.detail))
    if (row.number !== number || row.hash.length !== HASH_BYTES || !row.hash.equals(hash)) return found(number)
  }
  const altered = await firstAltered(storage)
  return found(altered)
}

/** The first event whose details are not those that its digest is of. */
async function firstAltered({ database, keys }: Pick<Storage, 'database' | 'keys'>): Promise<number | null> {
  const key = await keys.serviceKey('legal')
  for (let after = 0; ;) {
    const { rows } = await database.sql<{ number: number; sealed: Buffer; detail: Buffer | null }>`
      select d.number, d.sealed, e.detail from legal_detail d join legal_event e using (number)
      where d.number > ${after} order by d.number limit ${MOST}`
    for (const { number, sealed, detail } of rows) {
      const opened = ((): Buffer | undefined => {
        try {
          return key.open(placeOfDetail(number), sealed)
        } catch {
          return undefined
        }
      })()
      if (opened === undefined || detail === null) return number
      const [salt, text] = [opened.subarray(0, SALT_BYTES), opened.subarray(SALT_BYTES).toString()]
      if (!digestOf(salt, text).equals(detail)) return number
    }
    const last = rows.at(-1)
    if (last === undefined || rows.length < MOST) return null
    after = last.number
  }
}
