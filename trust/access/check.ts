import { nowMs } from '#system'
import type { Storage } from '#storage'
import { BEFORE_FIRST, hashOf, HASH_BYTES } from '#trust/signing'

/** What a look along the chain came to. */
export interface Checked {
  links: number
  /** The first link that is not what it was, or is missing; null when the chain is whole. */
  brokenAt: number | null
}

/** Links of one look at the database. While they are computed, some 30 ms, the process does nothing else. */
const MOST = 10_000

/** Each link is computed anew once in so long: less than a day, for the next round may be late. */
const WHOLE_MS = 23 * 3_600_000

/** How far somebody has computed the chain by themselves. */
interface Known {
  number: number
  /** Of the last of them. */
  digest: Uint8Array
  hash: Uint8Array
  /** When they began with the first link. */
  wholeAtMs: number
}

/**
 * In memory, where whoever can write the tables cannot write: after a start everything is computed. A published head would not do in
 * its place, for it says what stood in the table on its day, whether or not that was computed. Nothing is kept of a chain that is broken,
 * so that it is found broken again.
 */
const known = new WeakMap<Storage['database'], Known>()

/**
 * Computes the chain and compares it with itself and with every head that was published: from the first link on once a day, else on
 * from where it was last time.
 */
export async function checkChain({ database }: Pick<Storage, 'database'>): Promise<Checked> {
  const startedAtMs = nowMs()
  const last = known.get(database)
  const isDue = last === undefined || Math.abs(startedAtMs - last.wholeAtMs) >= WHOLE_MS
  const from = isDue ? { number: 0, digest: BEFORE_FIRST, hash: BEFORE_FIRST, wholeAtMs: startedAtMs } : last
  known.delete(database)
  const { brokenAt, ...reached } = await computeOn(database, from)
  if (brokenAt === null) known.set(database, { ...reached, wholeAtMs: from.wholeAtMs })
  return { links: reached.number, brokenAt }
}

type Reached = Omit<Known, 'wholeAtMs'> & Pick<Checked, 'brokenAt'>

async function computeOn(database: Storage['database'], from: Omit<Known, 'wholeAtMs'>): Promise<Reached> {
  let { number, digest, hash } = from
  const broken = (at: number): Reached => ({ number: at, digest, hash, brokenAt: at })
  if (number > 0) {
    const { rows } = await database.sql<{ digest: Buffer; hash: Buffer }>`
      select digest, hash from access_chain where number = ${number}`
    if (rows[0]?.hash.equals(hash) !== true || !rows[0].digest.equals(digest)) return broken(number)
  }
  const { rows: heads } = await database.sql<{ number: number; hash: Buffer }>`
    select number, hash from access_head where number > ${number} order by number`
  for (;;) {
    const { rows } = await database.sql.bytes<{ links: Buffer | null }>`
      select string_agg(int8send(number) || digest || hash, ''::bytea order by number) as links from (
        select number, digest, hash from access_chain where number > ${number} order by number limit ${MOST}) as link`
    const links = rows[0]?.links
    if (links == null) break
    for (let at = 0; at < links.length; at += 8 + 2 * HASH_BYTES) {
      digest = links.subarray(at + 8, at + 8 + HASH_BYTES)
      hash = hashOf(hash, ++number, digest)
      const isNext = Number(links.readBigInt64BE(at)) === number
      if (!isNext || !links.subarray(at + 8 + HASH_BYTES, at + 8 + 2 * HASH_BYTES).equals(hash)) return broken(number)
      while (heads[0]?.number === number) {
        if (!heads.shift()?.hash.equals(hash)) return broken(number)
      }
    }
  }
  // What was published of links that are no more.
  return { number, digest, hash, brokenAt: heads.length > 0 ? number + 1 : null }
}
