import { nowMs } from '#system'
import type { Database } from '#storage'
import { ASTRAY_MS } from './signing.ts'

/** How it stands with the signatures of all domains, as the DNS was last seen. */
export interface DkimStanding {
  domains: number
  /** Served here; no key of theirs signs. */
  unsigned: string[]
  /** The record of a key that has signed is gone or another. */
  astray: string[]
  /** Only one of the two kinds signs. */
  partly: string[]
  /** A successor waits for its record. */
  waiting: string[]
  /** Records that nothing needs any more. */
  removable: number
}

interface Row {
  domain: string
  signing: number
  astray: number
  waiting: number
  removable: number
}

/**
 * @param goneDays  after which a retired key may leave the DNS
 * @param isOperated  leaves out those that people bring, who see to their DNS themselves
 */
export async function dkimStanding({ sql }: Database, goneDays: number, isOperated = false): Promise<DkimStanding> {
  const before = new Date(nowMs() - ASTRAY_MS)
  const { rows } = await sql<Row>`
    select d.domain,
      count(*) filter (where k.state = 'signing' and (k.astray_since is null or k.astray_since > ${before})) as signing,
      count(*) filter (where k.state = 'signing' and k.astray_since is not null) as astray,
      count(*) filter (where k.state = 'published') as waiting,
      count(*) filter (where k.state = 'retired' and k.changed_at < ${new Date(nowMs() - goneDays * 86_400_000)}) as removable
    from domain d left join dkim_key k on k.domain = d.domain
    where not ${isOperated} or d.owner_account_id is null group by d.domain order by d.domain`
  const named = (is: (row: Row) => boolean): string[] => rows.filter(is).map(({ domain }) => domain)
  return {
    domains: rows.length,
    astray: named(({ astray }) => astray > 0),
    unsigned: named(({ signing, astray }) => signing === 0 && astray === 0),
    partly: named(({ signing, astray }) => signing === 1 && astray === 0),
    waiting: named(({ signing, waiting, astray }) => signing > 1 && waiting > 0 && astray === 0),
    removable: rows.reduce((sum, { removable }) => sum + removable, 0),
  }
}
