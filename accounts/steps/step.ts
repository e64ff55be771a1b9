import { randomBytes } from 'node:crypto'
import { nowMs, Refusal } from '#system'
import type { Sql, Storage } from '#storage'
import { countToday } from '../limits/daily.ts'

const NONCE_BYTES = 16

/** Attempts with one token; then whatever it belongs to begins anew. */
const MOST_TRIES = 10

/**
 * Gives a token that carries something from one step to the next, and serves nothing else: sealed, good for minutes, used
 * up once. Nothing is kept of it here before it is used.
 * @param purpose  for which it is good
 */
export async function giveStep(
  storage: Pick<Storage, 'keys'>,
  purpose: string,
  content: object,
  minutes: number,
): Promise<string> {
  const tickets = await storage.keys.serviceKey('tickets')
  const nonce = randomBytes(NONCE_BYTES)
  const sealed = tickets.seal(
    placeOf(purpose, nonce),
    JSON.stringify({ ...content, endsMs: nowMs() + minutes * 60_000 }),
  )
  return Buffer.concat([nonce, sealed]).toString('base64url')
}

/** What a token carries. @throws Refusal 'expired' when it is none, is for something else, or is too old */
export async function readStep<Content extends object>(
  storage: Pick<Storage, 'keys'>,
  purpose: string,
  token: string,
): Promise<Content & { endsMs: number }> {
  const tickets = await storage.keys.serviceKey('tickets')
  const { nonce, sealed } = partsOf(token)
  let content: Content & { endsMs: number }
  try {
    content = JSON.parse(tickets.open(placeOf(purpose, nonce), sealed).toString()) as typeof content
  } catch {
    throw new Refusal('expired')
  }
  if (content.endsMs <= nowMs()) throw new Refusal('expired')
  return content
}

/** Counts an attempt with a token. @throws Refusal 'expired' when there were ten already */
export async function tryStep(storage: Storage, token: string): Promise<void> {
  try {
    await countToday(storage, 'step', partsOf(token).nonce.toString('hex'), MOST_TRIES)
  } catch (error) {
    throw error instanceof Refusal && error.reason === 'tooManyAttempts' ? new Refusal('expired') : error
  }
}

/** Uses a token up, in the transaction of what it leads to. @throws Refusal 'expired' when somebody has */
export async function useStep(storage: Storage, sql: Sql, token: string, endsMs: number): Promise<void> {
  const tickets = await storage.keys.serviceKey('tickets')
  const { rowCount } = await sql`
    insert into spent_challenge (challenge_key, ends_at)
    values (${tickets.hash(`step used\0${partsOf(token).nonce.toString('hex')}`)}, ${new Date(endsMs)}) on conflict do nothing`
  if (rowCount === 0) throw new Refusal('expired')
}

function partsOf(token: string): { nonce: Buffer; sealed: Buffer } {
  const all = Buffer.from(token.slice(0, 8192), 'base64url')
  return { nonce: all.subarray(0, NONCE_BYTES), sealed: all.subarray(NONCE_BYTES) }
}

const placeOf = (purpose: string, nonce: Buffer): string => `step/${purpose}/${nonce.toString('base64url')}`
