import { setTimeout as sleep } from 'node:timers/promises'
import { DnsError, openTurns, type Dns, type RecordType } from '#system'

/** `right`: as wanted. `wrong`: something else is there. `missing`: nothing is. */
export type Standing = 'right' | 'wrong' | 'missing'

export const RECORD_KINDS = [
  'address',
  'reverse',
  'mx',
  'spf',
  'dkim',
  'dmarc',
  'mtaSts',
  'tlsRpt',
  'dane',
  'srv',
  'autoconfig',
  'caa',
] as const

/** What a record is for. */
export type RecordKind = (typeof RECORD_KINDS)[number]

/** What there is to say beside the standing of a record. Each has its words wherever records are shown. */
export const RECORD_NOTES = [
  'addressUnknown',
  'alsoElsewhere',
  'anybody',
  'broken',
  'dmarcNone',
  'inherited',
  'mtaStsTesting',
  'noMail',
  'otherName',
  'policyOld',
  'several',
  'smarthost',
  'tooManyLookUps',
  'byMx',
] as const
export type RecordNote = (typeof RECORD_NOTES)[number]

/** What was made of what is there. */
export interface Judged {
  standing: Standing | 'silent'
  note?: RecordNote
}

/** A record that a domain needs in the DNS, should have, keeps for a while, or may lose. */
export interface DnsRecord {
  kind: RecordKind
  /** Without the dot at its end. */
  name: string
  type: RecordType
  /** As a zone file has it, names without the dot at their end; a text without quotes. */
  value: string
  /** `useful`: all works without it, some things better with it. `kept`: nothing new needs it, and letters under way do. `removable`: nothing does. */
  need: 'needed' | 'useful' | 'kept' | 'removable'
  /** Whoever has to put it there: the domain's owner, or who runs the server. */
  whose: 'domain' | 'operator'
  /** What is asked, when it is something else than the records of its type at its name. @throws DnsError 'silent' */
  find?(dns: Dns): Promise<string[]>
  /** Compares what is found with what is wanted; may ask on, within bounds. @throws DnsError 'silent' */
  compare(found: readonly string[], dns: Dns): Standing | Judged | Promise<Standing | Judged>
}

/** A record with what the DNS says of it now: `silent` when nobody could tell. */
export interface SeenRecord<Row extends DnsRecord = DnsRecord> {
  record: Row
  standing: Standing | 'silent'
  note: RecordNote | undefined
  /** What is there, cut short where it is long. */
  found: string[]
}

/** Questions to the name servers at a time. */
const AT_ONCE = 8

/** Values at a name, and characters of each, that are shown. */
const MOST_SHOWN = 5
const LONGEST_SHOWN = 600

/** When so many questions had no answer, and none had one, the name servers are away: the rest is not asked. */
export const AWAY = 16

/** Asks the DNS about each record, several at a time. @param withinMs  what is not answered by then is silent */
export async function lookAt<Row extends DnsRecord>(
  dns: Dns,
  records: readonly Row[],
  withinMs?: number,
): Promise<SeenRecord<Row>[]> {
  const over = new AbortController()
  const tooLate =
    withinMs === undefined
      ? undefined
      : sleep(withinMs, undefined, { signal: over.signal }).then(
          () => true,
          () => true,
        )
  try {
    return await lookAtAll(dns, records, tooLate)
  } finally {
    over.abort()
  }
}

function lookAtAll<Row extends DnsRecord>(
  dns: Dns,
  records: readonly Row[],
  tooLate: Promise<unknown> | undefined,
): Promise<SeenRecord<Row>[]> {
  const inTurn = openTurns(AT_ONCE)
  const answers = { some: false, silent: 0 }
  return Promise.all(
    records.map((record) =>
      inTurn(async (): Promise<SeenRecord<Row>> => {
        if (!answers.some && answers.silent >= AWAY) return silent(record)
        const looking = lookAtOne(dns, record)
        const seen = await (tooLate === undefined
          ? looking
          : Promise.race([looking, tooLate.then(() => silent(record))]))
        if (seen.standing === 'silent') answers.silent++
        else answers.some = true
        return seen
      }),
    ),
  )
}

/** Whoever runs a zone may be anybody: nothing of it may end a line, turn the direction of writing, or not be kept at all. */
const printable = (text: string): string => text.toWellFormed().replace(/\p{C}/gu, '?')

const silent = <Row extends DnsRecord>(record: Row): SeenRecord<Row> => ({
  record,
  standing: 'silent',
  note: undefined,
  found: [],
})

async function lookAtOne<Row extends DnsRecord>(dns: Dns, record: Row): Promise<SeenRecord<Row>> {
  try {
    const found = await (record.find?.(dns) ?? dns.records(record.name, record.type))
    const judged = await record.compare(found, dns)
    const { standing, note } = typeof judged === 'string' ? { standing: judged, note: undefined } : judged
    return {
      record,
      standing,
      note,
      found: found.slice(0, MOST_SHOWN).map((text) => printable(text.slice(0, LONGEST_SHOWN))),
    }
  } catch (error) {
    if (!(error instanceof DnsError)) throw error
    return { record, standing: 'silent', note: undefined, found: [] }
  }
}
