import { now } from '#system'
import type { Storage } from '#storage'

/** Adds to what a rule has destroyed, as evidence: after the fact, so that what a crash takes away is a count and never a deed. */
export async function noteErased({ database }: Pick<Storage, 'database'>, rule: string, count: number): Promise<void> {
  await database.sql`
    insert into erasure (rule, erased, since, last_at) values (${rule}, ${count}, ${now()}, ${now()})
    on conflict (rule) do update set erased = erasure.erased + excluded.erased, last_at = excluded.last_at`
}
