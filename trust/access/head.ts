import { sign } from 'node:crypto'
import { today, type Config } from '#system'
import type { Storage } from '#storage'
import { BEFORE_FIRST, canonical, publicKeyOf, signingKey, type PublicKey } from '#trust/signing'

/** How far the chain went on a day. */
export interface Head {
  day: string
  /** 0: nobody had looked at anything. */
  number: number
  /** Of the last link, base64url. */
  hash: string
  /** Ed25519, of the members above and `host` in their canonical form (RFC 8785), base64url. */
  signature: string
}

export interface PublishedHeads {
  host: string
  heads: Head[]
  keys: PublicKey[]
}

/** Days that are published: whoever looks in once a year still sees that nothing was put in between. */
const MOST_DAYS = 400

/** Signs how far the chain goes, once for each day; the head of a day is never changed. */
export async function publishHead(storage: Storage, { hostname }: Pick<Config, 'hostname'>): Promise<void> {
  const { sql } = storage.database
  const day = today()
  const { rows } = await sql<{ number: number; hash: Buffer }>`
    select number, hash from access_chain where not exists (select from access_head where day = ${day})
    order by number desc limit 1`
  const { number, hash } = rows[0] ?? { number: 0, hash: Buffer.from(BEFORE_FIRST) }
  const head = { host: hostname, day, number, hash: hash.toString('base64url') }
  const signature = sign(null, Buffer.from(canonical(head)), signingKey(await storage.keys.serviceKey('access')))
  await sql`
    insert into access_head (day, number, hash, signature) values (${day}, ${number}, ${hash}, ${signature})
    on conflict do nothing`
}

/** The newest first. */
export async function publishedHeads(
  storage: Storage,
  { hostname }: Pick<Config, 'hostname'>,
): Promise<PublishedHeads> {
  const { rows } = await storage.database.sql<{ day: string; number: number; hash: Buffer; signature: Buffer }>`
    select day::text as day, number, hash, signature from access_head order by day desc limit ${MOST_DAYS}`
  return {
    host: hostname,
    heads: rows.map(({ hash, signature, ...head }) => ({
      ...head,
      hash: hash.toString('base64url'),
      signature: signature.toString('base64url'),
    })),
    keys: [publicKeyOf(signingKey(await storage.keys.serviceKey('access')))],
  }
}
