import { now, Refusal } from '#system'
import type { OpenAccount, Storage } from '#storage'
import { SALT_BYTES } from '#trust/signing'
import { Entry } from './entry.ts'
import { EVERYBODY } from './record.ts'

/** A look, as the person concerned is shown it, with what proves its place in the chain. */
export interface OwnAccess extends Entry {
  number: number
  /** Whether it was at everybody's data. */
  isAboutEverybody: boolean
  /** base64url, and the text of which the chain has the digest behind it. */
  salt: string
  text: string
}

/** Looks at a person's data, the newest first; those that an order keeps back come with their day. */
export async function ownAccesses(
  storage: Storage,
  account: OpenAccount,
  { before, limit }: { before?: number; limit: number },
): Promise<OwnAccess[]> {
  const { rows } = await storage.database.sql<{ account_id: number; number: number; sealed: Buffer }>`
    select e.account_id, e.number, e.sealed from access_entry e
    where (e.account_id = ${account.id} or (e.account_id = ${EVERYBODY}
        and e.at >= (select created_at from account where account_id = ${account.id})))
      and (e.shown_from is null or e.shown_from <= ${now()})
      and e.number < ${before ?? Number.MAX_SAFE_INTEGER}
    order by e.number desc limit ${limit}`
  const key = await storage.keys.serviceKey('access')
  return rows.map(({ account_id: about, number, sealed }) => {
    const isAboutEverybody = about === EVERYBODY
    const opened = isAboutEverybody ? key.open(String(number), sealed) : account.open('access', number, sealed)
    const text = opened.subarray(SALT_BYTES).toString()
    const salt = opened.subarray(0, SALT_BYTES).toString('base64url')
    return { ...Entry.parse(JSON.parse(text)), number, isAboutEverybody, salt, text }
  })
}

/** How many there are, and the oldest. */
export async function countAccesses(account: OpenAccount): Promise<{ count: number; oldestAt: Date | null }> {
  const { rows } = await account.sql<{ count: number; oldestAt: Date | null }>`
    select count(*)::int as count, min(at) as "oldestAt" from access_entry
    where account_id = ${account.id} and (shown_from is null or shown_from <= ${now()})`
  return rows[0] ?? { count: 0, oldestAt: null }
}

/** Links of one answer, which anybody may ask for: 640 KB. */
const MOST_LINKS = 20_000

/**
 * Digests of the chain, one after the other, from a number on; no more at a time than one answer holds.
 * @throws Refusal 'invalid' for a number that is none
 */
export async function digestsFrom(
  { database }: Pick<Storage, 'database'>,
  number: number,
  most = MOST_LINKS,
): Promise<Buffer> {
  if (!Number.isSafeInteger(number) || number < 1) throw new Refusal('invalid', { fields: ['from'] })
  const { rows } = await database.sql.bytes<{ digests: Buffer | null }>`
    select string_agg(digest, ''::bytea order by number) as digests from access_chain
    where number >= ${number} and number < ${number + most}`
  return rows[0]?.digests ?? Buffer.alloc(0)
}
