import { randomBytes, randomInt, timingSafeEqual } from 'node:crypto'
import { nowMs, Refusal } from '#system'
import type { ServiceKey, Sql, Storage } from '#storage'
import type { Contents, Purpose } from './contents.ts'

/** Digits, because every telephone has keys for them. Five guesses at eight of them are one chance in 20 million. */
const DIGITS = 8
const MOST_ATTEMPTS = 5
/** Codes for one token, the first among them. */
const MOST_SENT = 3
/** Forms that may be sent after the code. */
const MOST_TRIES = 20
/** How long a step may take; what was begun is then forgotten. */
const STEP_MS = 60 * 60_000

/** Where somebody stands between asking for a code and using it. */
export interface CodeState<Content> {
  content: Content
  isProven: boolean
  /** More codes that may be asked for. */
  codesLeft: number
  codeEndsAt: Date
}

interface Row {
  sealed: Buffer
  code_key: Buffer
  is_proven: boolean
  attempts: number
  sent: number
  code_ends_at: Date
}

const newCode = (): string => String(randomInt(10 ** DIGITS)).padStart(DIGITS, '0')

/** The code as people type or paste it: with spaces, dashes, or the digits of another keyboard. */
export const normalizeCode = (typed: string): string =>
  typed
    .slice(0, 64)
    .normalize('NFKC')
    .replace(/[\s\-–—.]/g, '')

/** Content is filled up to this many characters: by its length a row must not tell whether a reset is for anybody. */
const SEALED_LENGTH = 1024

const idOf = (tickets: ServiceKey, purpose: Purpose, token: string): Buffer => tickets.hash(`${purpose}\0${token}`)
const placeOf = (id: Buffer): string => `mailed_code/${id.toString('base64url')}`
const codeKey = (tickets: ServiceKey, id: Buffer, code: string): Buffer =>
  tickets.hash(`code\0${id.toString('base64url')}\0${code}`)

/**
 * Makes a code, and a token under which it is asked for.
 * @param content  what the code opens; sealed
 * @param token  one that is known already, and under which an older code ends
 * @param minutes  for which the code is good
 */
export async function createCode<P extends Purpose>(
  storage: Storage,
  purpose: P,
  content: Contents[P],
  { minutes, token = randomBytes(32).toString('base64url') }: { minutes: number; token?: string },
): Promise<{ token: string; code: string }> {
  const tickets = await storage.keys.serviceKey('tickets')
  const id = idOf(tickets, purpose, token)
  const code = newCode()
  const sealed = tickets.seal(placeOf(id), JSON.stringify(content).padEnd(SEALED_LENGTH))
  await storage.database.sql`
    insert into mailed_code (code_id, purpose, sealed, code_key, code_ends_at, ends_at)
    values (${id}, ${purpose}, ${sealed}, ${codeKey(tickets, id, code)},
            ${new Date(nowMs() + minutes * 60_000)}, ${new Date(nowMs() + STEP_MS)})
    on conflict (code_id) do update set (sealed, code_key, attempts, sent, tries, is_proven, code_ends_at, ends_at) =
      (excluded.sealed, excluded.code_key, 0, 1, 0, false, excluded.code_ends_at, excluded.ends_at)`
  return { token, code }
}

/** @throws Refusal 'notFound' when there is no such token, or its time is over */
export async function findCode<P extends Purpose>(
  storage: Storage,
  purpose: P,
  token: string,
): Promise<CodeState<Contents[P]>> {
  const tickets = await storage.keys.serviceKey('tickets')
  const id = idOf(tickets, purpose, token)
  const { rows } = await storage.database.sql<Row>`
    select sealed, code_key, is_proven, attempts, sent, code_ends_at from mailed_code
    where code_id = ${id} and purpose = ${purpose} and ends_at > ${new Date(nowMs())}`
  const [row] = rows
  if (row === undefined) throw new Refusal('notFound')
  return {
    content: open(purpose, tickets, id, row.sealed),
    isProven: row.is_proven,
    codesLeft: Math.max(0, MOST_SENT - row.sent),
    codeEndsAt: row.code_ends_at,
  }
}

/**
 * Compares a code, and remembers that it was right. The attempt is counted first: a thousand at once are a thousand.
 * @throws Refusal 'badCredentials' when it is wrong, 'tooManyAttempts' when only a new code helps, 'expired' when its
 * minutes are over, 'notFound' when the token's are
 */
export async function checkCode<P extends Purpose>(
  storage: Storage,
  purpose: P,
  token: string,
  typed: string,
): Promise<Contents[P]> {
  const code = normalizeCode(typed)
  const tickets = await storage.keys.serviceKey('tickets')
  const id = idOf(tickets, purpose, token)
  const at = new Date(nowMs())
  const { rows } = await storage.database.sql<Row>`
    update mailed_code set attempts = attempts + 1
    where code_id = ${id} and purpose = ${purpose} and ends_at > ${at} and code_ends_at > ${at}
      and attempts < ${MOST_ATTEMPTS}
    returning sealed, code_key`
  const [row] = rows
  if (row === undefined) {
    const { codeEndsAt } = await findCode(storage, purpose, token)
    throw new Refusal(codeEndsAt <= at ? 'expired' : 'tooManyAttempts')
  }
  if (!timingSafeEqual(row.code_key, codeKey(tickets, id, code))) throw new Refusal('badCredentials')
  await storage.database.sql`
    update mailed_code set is_proven = true, ends_at = ${new Date(nowMs() + STEP_MS)} where code_id = ${id}`
  return open(purpose, tickets, id, row.sealed)
}

/**
 * Replaces the code by a new one, with new attempts.
 * @throws Refusal 'tooManyAttempts' when there were enough, 'notFound'
 */
export async function renewCode<P extends Purpose>(
  storage: Storage,
  purpose: P,
  token: string,
  minutes: number,
): Promise<{ code: string; content: Contents[P] }> {
  const tickets = await storage.keys.serviceKey('tickets')
  const id = idOf(tickets, purpose, token)
  const code = newCode()
  const { rows } = await storage.database.sql<{ sealed: Buffer }>`
    update mailed_code set code_key = ${codeKey(tickets, id, code)}, attempts = 0, sent = sent + 1,
      code_ends_at = ${new Date(nowMs() + minutes * 60_000)}
    where code_id = ${id} and purpose = ${purpose} and ends_at > ${new Date(nowMs())} and sent < ${MOST_SENT}
      and not is_proven
    returning sealed`
  const [row] = rows
  if (row === undefined) {
    await findCode(storage, purpose, token)
    throw new Refusal('tooManyAttempts')
  }
  return { code, content: open(purpose, tickets, id, row.sealed) }
}

/**
 * What a code opened, for whoever has given it; each call counts.
 * @throws Refusal 'notFound' without a proven code, 'tooManyAttempts' after twenty tries
 */
export async function tryProven<P extends Purpose>(storage: Storage, purpose: P, token: string): Promise<Contents[P]> {
  const tickets = await storage.keys.serviceKey('tickets')
  const id = idOf(tickets, purpose, token)
  const { rows } = await storage.database.sql<{ sealed: Buffer; tries: number }>`
    update mailed_code set tries = tries + 1
    where code_id = ${id} and purpose = ${purpose} and is_proven and ends_at > ${new Date(nowMs())}
    returning sealed, tries`
  const [row] = rows
  if (row === undefined) throw new Refusal('notFound')
  if (row.tries > MOST_TRIES) throw new Refusal('tooManyAttempts')
  return open(purpose, tickets, id, row.sealed)
}

/** Uses a code up, in the transaction of what it opens. @throws Refusal 'notFound' when somebody was faster */
export async function useCode(storage: Storage, sql: Sql, purpose: Purpose, token: string): Promise<void> {
  if (!(await dropCode(storage, sql, purpose, token))) throw new Refusal('notFound')
}

/** Ends a code, if there is one. */
export async function dropCode(storage: Storage, sql: Sql, purpose: Purpose, token: string): Promise<boolean> {
  const id = idOf(await storage.keys.serviceKey('tickets'), purpose, token)
  const { rowCount } = await sql`delete from mailed_code where code_id = ${id}`
  return rowCount > 0
}

/** @param _purpose  for which it was sealed: it stands in the id, without which nothing opens */
const open = <P extends Purpose>(_purpose: P, tickets: ServiceKey, id: Buffer, sealed: Buffer): Contents[P] =>
  JSON.parse(tickets.open(placeOf(id), sealed).toString()) as Contents[P]
