import type { ReportKind } from '#accounts'
import type { ReportFault, TlsFailure } from '#formats/domain-reports'
import type { Source } from './source.ts'

/** Letters of one source in the name of a domain. */
export interface ShownSource extends Source {
  passed: number
  failed: number
  /** Of those that failed: what a reporter says was passed on, put aside as junk, or refused. */
  forwarded: number
  quarantined: number
  rejected: number
  /** Letters without a signature of the domain's, and letters from servers that its SPF record does not name. */
  unsigned: number
  unlisted: number
}

/** What one has said. */
export interface ShownReporter {
  name: string
  reports: number
  passed: number
  failed: number
}

export interface ShownDay {
  day: string
  passed: number
  failed: number
}

/** A report of this server about another domain. */
export interface ShownSent {
  kind: ReportKind
  day: string
  state: 'sent' | 'failed'
  domain: string
  /** Addresses and web servers that have it. */
  places: number
  passed: number
  failed: number
}

/** What others have reported about a domain, over some days. */
export interface ShownReports {
  /** Served here. */
  domains: string[]
  /** Null when none is served. */
  domain: string | null
  days: number
  /** Where reports about it are to be sent. */
  addresses: { dmarc: string; tls: string }
  dmarc: { byDay: ShownDay[]; sources: ShownSource[]; reporters: ShownReporter[] }
  tls: { byDay: ShownDay[]; failures: TlsFailure[]; reporters: ShownReporter[] }
  /** Reports whose letters nobody vouches for: not counted above. */
  unproven: number
  unreadable: { day: string; reporter: string; trouble: ReportFault; copies: number }[]
  /** The newest that this server has sent, about whichever domains. */
  sent: ShownSent[]
  /** There are more than are shown. */
  isCut: boolean
}
