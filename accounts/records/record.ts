import { DnsError, openTurns, type Dns } from '#system'

/** `right`: as wanted. `wrong`: something else is there. `missing`: nothing is. */
export type Standing = 'right' | 'wrong' | 'missing'

/** A record that a domain needs in the DNS, kept for a while, or may lose. */
export interface DnsRecord {
  /** What it is for. */
  kind: 'dkim'
  /** Without the dot at its end. */
  name: string
  type: 'TXT'
  value: string
  /** `kept`: nothing new needs it, and letters under way do. `removable`: nothing does. */
  need: 'needed' | 'kept' | 'removable'
  /** What is found at its name, compared with what is wanted. */
  compare(found: readonly string[]): Standing
}

/** A record with what the DNS says of it now: `silent` when nobody could tell. */
export interface SeenRecord<Row extends DnsRecord = DnsRecord> {
  record: Row
  standing: Standing | 'silent'
  /** What is there, cut short where it is long. */
  found: string[]
}

/** Questions to the name servers at a time. */
const AT_ONCE = 8

/** Texts at a name, and characters of each, that are shown. */
const MOST_SHOWN = 5
const LONGEST_SHOWN = 600

/** When so many questions had no answer, and none had one, the name servers are away: the rest is not asked. */
export const AWAY = 16

/** Asks the DNS about each record, several at a time. */
export function lookAt<Row extends DnsRecord>(dns: Dns, records: readonly Row[]): Promise<SeenRecord<Row>[]> {
  const inTurn = openTurns(AT_ONCE)
  const answers = { some: false, silent: 0 }
  return Promise.all(
    records.map((record) =>
      inTurn(async (): Promise<SeenRecord<Row>> => {
        if (!answers.some && answers.silent >= AWAY) return { record, standing: 'silent', found: [] }
        const seen = await lookAtOne(dns, record)
        if (seen.standing === 'silent') answers.silent++
        else answers.some = true
        return seen
      }),
    ),
  )
}

async function lookAtOne<Row extends DnsRecord>(dns: Dns, record: Row): Promise<SeenRecord<Row>> {
  try {
    const found = await dns.texts(record.name)
    return {
      record,
      standing: record.compare(found),
      found: found.slice(0, MOST_SHOWN).map((text) => text.slice(0, LONGEST_SHOWN)),
    }
  } catch (error) {
    if (!(error instanceof DnsError)) throw error
    return { record, standing: 'silent', found: [] }
  }
}
