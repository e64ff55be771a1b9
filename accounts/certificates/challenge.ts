import { now, nowMs } from '#system'
import type { Storage } from '#storage'

/** Longer than any order takes. */
const KEPT_MS = 3_600_000

/** RFC 8555 §8: base64url, of at least 128 bits. */
const TOKEN = /^[\w-]{16,256}$/

/** What an authority will ask for at `/.well-known/acme-challenge/TOKEN`. */
export async function putChallenge({ database }: Storage, token: string, answer: string): Promise<void> {
  if (!TOKEN.test(token)) throw new RangeError('not a token')
  await database.sql`
    insert into acme_challenge (token, answer, expires_at) values (${token}, ${answer}, ${new Date(nowMs() + KEPT_MS)})
    on conflict (token) do update set answer = excluded.answer, expires_at = excluded.expires_at`
}

/** What to answer whoever asks for a token (RFC 8555 §8.3). */
export async function findChallenge(
  { database }: Pick<Storage, 'database'>,
  token: string,
): Promise<string | undefined> {
  if (!TOKEN.test(token)) return undefined
  const { rows } = await database.sql<{ answer: string }>`
    select answer from acme_challenge where token = ${token} and expires_at > ${now()}`
  return rows[0]?.answer
}
