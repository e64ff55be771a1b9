import { isIP } from 'node:net'
import { parseDomain } from '#formats/message'
import { childOf, childrenOf, readXml, textOf, XmlError, type XmlElement, type XmlLimits } from '#formats/xml'
import { InvalidReport } from './invalid.ts'

export type PassOrFail = 'pass' | 'fail'

/** What became of letters. RFC 9990 says `pass` where RFC 7489 said `none` of what passed. */
export const DISPOSITIONS = ['none', 'pass', 'quarantine', 'reject'] as const
export type Disposition = (typeof DISPOSITIONS)[number]

export interface DmarcPolicy {
  domain: string
  p: string
  sp?: string | undefined
  np?: string | undefined
  adkim?: string | undefined
  aspf?: string | undefined
  /** t=y */
  isTesting?: boolean | undefined
}

/** Letters that are alike. */
export interface DmarcRecord {
  /** The IP address that they came from. */
  source: string
  count: number
  disposition: Disposition
  /** Results with alignment: what DMARC goes by. */
  dkim: PassOrFail
  spf: PassOrFail
  /** Why something else was done than the policy asks for: words of RFC 9990 §3.1.1.8, RFC 7489 appendix C. */
  reasons: string[]
  headerFrom: string
  envelopeFrom?: string | undefined
  /** Results without alignment, of each signature, and of SPF. */
  signatures: { domain: string; selector?: string | undefined; result: string }[]
  senders: { domain: string; result: string }[]
}

export interface DmarcReport {
  organisation: string
  /** How to reach whoever sends it. */
  email: string
  reportId: string
  begin: Date
  end: Date
  policy: DmarcPolicy
  records: DmarcRecord[]
}

/** Ten thousand rows with all that may stand in them. */
const LIMITS: XmlLimits = { bytes: 16 * 1024 * 1024, depth: 12, elements: 600_000, attributes: 16, text: 16 * 1024 }

const MOST_RECORDS = 20_000
/** Of one record. */
const MOST_RESULTS = 20
const MOST_COUNT = 1_000_000_000
const LONGEST = 255

/**
 * Reads an aggregate report as reporters write it: elements of any namespace or none, in any order, words in any case. A record that
 * cannot be one is left out.
 * @throws InvalidReport 'malformed', 'incomplete', 'tooLarge'
 */
export function readDmarcReport(bytes: Buffer): DmarcReport {
  const root = documentOf(bytes)
  const metadata = childOf(root, 'report_metadata')
  const range = metadata && childOf(metadata, 'date_range')
  const published = childOf(root, 'policy_published')
  const domain = parseDomain(wordIn(published, 'domain') ?? '')?.toLowerCase()
  const [begin, end] = [timeIn(range, 'begin'), timeIn(range, 'end')]
  const reportId = lineIn(metadata, 'report_id')
  if (root.name !== 'feedback' || domain === undefined || begin === undefined || end === undefined || reportId === '')
    throw new InvalidReport('incomplete')
  const written = childrenOf(root, 'record')
  if (written.length > MOST_RECORDS) throw new InvalidReport('tooLarge')
  const records = written.map(recordOf).filter((record) => record !== undefined)
  if (records.length === 0 && written.length > 0) throw new InvalidReport('incomplete')
  const email = lineIn(metadata, 'email')
  return {
    organisation: lineIn(metadata, 'org_name') || email.slice(email.lastIndexOf('@') + 1),
    email,
    reportId,
    begin,
    end,
    policy: {
      domain,
      p: wordIn(published, 'p') ?? 'none',
      sp: wordIn(published, 'sp'),
      np: wordIn(published, 'np'),
      adkim: wordIn(published, 'adkim'),
      aspf: wordIn(published, 'aspf'),
      isTesting: wordIn(published, 'testing') === 'y',
    },
    records,
  }
}

function documentOf(bytes: Buffer): XmlElement {
  if (bytes.length > LIMITS.bytes) throw new InvalidReport('tooLarge')
  try {
    return readXml(bytes, LIMITS)
  } catch (error) {
    if (error instanceof XmlError) throw new InvalidReport('malformed', { cause: error })
    throw error
  }
}

function recordOf(record: XmlElement): DmarcRecord | undefined {
  const row = childOf(record, 'row')
  const evaluated = row && childOf(row, 'policy_evaluated')
  const identifiers = childOf(record, 'identifiers') ?? childOf(record, 'identities')
  const results = childOf(record, 'auth_results')
  const source = wordIn(row, 'source_ip') ?? ''
  const count = Number(wordIn(row, 'count'))
  if (isIP(source) === 0 || !Number.isInteger(count) || count < 1 || count > MOST_COUNT) return undefined
  const disposition = wordIn(evaluated, 'disposition') as Disposition | undefined
  const resultsOf = (name: string): XmlElement[] =>
    (results === undefined ? [] : childrenOf(results, name)).slice(0, MOST_RESULTS)
  return {
    source,
    count,
    disposition: disposition !== undefined && DISPOSITIONS.includes(disposition) ? disposition : 'none',
    dkim: wordIn(evaluated, 'dkim') === 'pass' ? 'pass' : 'fail',
    spf: wordIn(evaluated, 'spf') === 'pass' ? 'pass' : 'fail',
    reasons: (evaluated === undefined ? [] : childrenOf(evaluated, 'reason'))
      .slice(0, MOST_RESULTS)
      .flatMap((reason) => wordIn(reason, 'type') ?? []),
    headerFrom: wordIn(identifiers, 'header_from') ?? '',
    envelopeFrom: wordIn(identifiers, 'envelope_from'),
    signatures: resultsOf('dkim').map((one) => ({
      domain: wordIn(one, 'domain') ?? '',
      selector: wordIn(one, 'selector'),
      result: wordIn(one, 'result') ?? 'none',
    })),
    senders: resultsOf('spf').map((one) => ({
      domain: wordIn(one, 'domain') ?? '',
      result: wordIn(one, 'result') ?? 'none',
    })),
  }
}

/** What stands in an element, on one line; '' where there is none. */
const lineIn = (parent: XmlElement | undefined, name: string): string => {
  const found = parent && childOf(parent, name)
  return found === undefined ? '' : textOf(found).replace(/\s+/g, ' ').trim().slice(0, LONGEST)
}

/** The same of one word, in lower case. */
const wordIn = (parent: XmlElement | undefined, name: string): string | undefined =>
  lineIn(parent, name).toLowerCase() || undefined

/** Seconds since 1970. */
function timeIn(parent: XmlElement | undefined, name: string): Date | undefined {
  const seconds = /^\d{1,11}$/.exec(lineIn(parent, name))?.[0]
  return seconds === undefined ? undefined : new Date(Number(seconds) * 1000)
}
