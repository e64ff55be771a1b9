import type { Storage } from '#storage'
import { BEFORE_FIRST, hashOf, HASH_BYTES } from '#trust/signing'

/** What a look along the chain came to. */
export interface Checked {
  links: number
  /** The first link that is not what it was, or is missing; null when the chain is whole. */
  brokenAt: number | null
}

/** Links of one look at the database. */
const MOST = 50_000

/** Computes the chain anew, and compares it with itself and with every head that was published. */
export async function checkChain({ database }: Pick<Storage, 'database'>): Promise<Checked> {
  const { rows: heads } = await database.sql<{ number: number; hash: Buffer }>`
    select number, hash from access_head where number > 0 order by number`
  let hash = BEFORE_FIRST
  let number = 0
  for (;;) {
    const { rows } = await database.sql.bytes<{ links: Buffer | null }>`
      select string_agg(int8send(number) || digest || hash, ''::bytea order by number) as links from (
        select number, digest, hash from access_chain where number > ${number} order by number limit ${MOST}) as link`
    const links = rows[0]?.links
    if (links == null) break
    for (let at = 0; at < links.length; at += 8 + 2 * HASH_BYTES) {
      const digest = links.subarray(at + 8, at + 8 + HASH_BYTES)
      hash = hashOf(hash, ++number, digest)
      const isNext = Number(links.readBigInt64BE(at)) === number
      if (!isNext || !links.subarray(at + 8 + HASH_BYTES, at + 8 + 2 * HASH_BYTES).equals(hash))
        return { links: number, brokenAt: number }
      while (heads[0]?.number === number) {
        if (!heads.shift()?.hash.equals(hash)) return { links: number, brokenAt: number }
      }
    }
  }
  // What was published of links that are no more.
  return { links: number, brokenAt: heads.length > 0 ? number + 1 : null }
}
