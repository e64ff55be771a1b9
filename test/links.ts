import type { Storage } from '#storage'

/** Adds links to the chain of accesses in one statement, as many looks would; without the entries that only their owners read. */
export async function addLinks({ sql }: Storage['database'], count: number): Promise<void> {
  await sql`
    insert into access_chain (number, digest, hash)
    with recursive link (number, digest, hash) as (
      (select number, digest, hash from (
        select number, digest, hash from access_chain union all select 0, ''::bytea, decode(repeat('00', 32), 'hex')) before
        order by number desc limit 1)
      union all
      select number + 1, sha256(int8send(number + 1)), sha256(hash || int8send(number + 1) || sha256(int8send(number + 1)))
      from link where number < (select coalesce(max(number), 0) from access_chain) + ${count})
    select number, digest, hash from link where number > (select coalesce(max(number), 0) from access_chain)`
}
