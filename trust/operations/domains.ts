import { z } from 'zod'
import {
  countRecords,
  createDomain,
  listDomains,
  lookNow,
  readLook,
  readLooks,
  zoneLines,
  type RecordCounts,
  type ShownRecord,
} from '#accounts'
import { act, type Desk } from '#trust/desk'

/** Everything that is served. */
export interface ListedDomains {
  domains: {
    domain: string
    /** Whether a person brings it. */
    isOwned: boolean
    /** Of the last look; undefined before the first. */
    counts: RecordCounts | undefined
    lookedAt: string | undefined
  }[]
}

export interface ShownDomain {
  domain: string
  records: ShownRecord[]
  counts: RecordCounts
  lookedAt: string
  /** All that is wanted, as lines for a zone file. */
  zone: string[]
}

const domainName = z.string().min(1).max(253)
const OPERATIONS = ['operations'] as const

const list = act({
  name: 'domain.list',
  roles: OPERATIONS,
  given: z.object({}),
  async run({ storage }): Promise<ListedDomains> {
    const [domains, looks] = await Promise.all([listDomains(storage), readLooks(storage)])
    const seen = new Map(looks.map((look) => [look.domain, look]))
    return {
      domains: domains.map(({ domain, isOwned }) => ({
        domain,
        isOwned,
        counts: seen.get(domain)?.counts,
        lookedAt: seen.get(domain)?.lookedAt.toISOString(),
      })),
    }
  },
})

/** As it was looked at last; a domain that nobody has looked at yet is looked at now. */
const show = act({
  name: 'domain.show',
  roles: OPERATIONS,
  given: z.object({ domain: domainName }),
  async run(desk, { domain }): Promise<ShownDomain> {
    const look = await readLook(desk.storage, domain)
    return look === undefined ? lookAgain(desk, domain) : shownDomain(domain, look.records, look.lookedAt)
  },
})

const look = act({
  name: 'domain.look',
  roles: OPERATIONS,
  given: z.object({ domain: domainName }),
  run: (desk, { domain }): Promise<ShownDomain> => lookAgain(desk, domain),
})

const add = act({
  name: 'domain.add',
  roles: OPERATIONS,
  given: z.object({ domain: domainName }),
  async run({ storage, log }, { domain }): Promise<{ domain: string }> {
    const name = await createDomain(storage, domain)
    log.info({}, 'a domain was added at the desk')
    return { domain: name }
  },
})

async function lookAgain({ storage, config }: Desk, domain: string): Promise<ShownDomain> {
  const records = await lookNow(storage, config, domain)
  return shownDomain(domain, records, (await readLook(storage, domain))?.lookedAt)
}

const shownDomain = (domain: string, records: ShownRecord[], lookedAt: Date | undefined): ShownDomain => ({
  domain,
  records,
  counts: countRecords(records),
  lookedAt: lookedAt?.toISOString() ?? '',
  zone: zoneLines(records),
})

export const domainActs = [list, show, look, add]
