import type { AuthorityKind, RequestKind } from '#policy'
import { CLOSING, type RefusalReason, type RegisterEvent } from '#trust/legal'
import { halfYearOf, halfYearsBetween } from './half-year.ts'

/** What came from one kind of authority of one country, of one kind of request. */
export interface Origin {
  country: string
  authority: AuthorityKind
  request: RequestKind
  received: number
  answered: number
  preserved: number
  refused: number
  withdrawn: number
  reasons: Partial<Record<RefusalReason, number>>
}

/** What is told of half a year. A request is counted when it came, and what became of it when that was. */
export interface HalfYearReport {
  halfYear: string
  /** RFC 3339; `to` is no longer in it. */
  from: string
  to: string
  received: number
  answered: number
  refused: number
  withdrawn: number
  reasons: Partial<Record<RefusalReason, number>>
  /** Of what was answered. */
  accounts: number
  preservations: number
  preservedAccounts: number
  noticesDelayed: number
  origins: Origin[]
  /** By the rule of the terms. */
  locks: Record<string, number>
  appeals: number
  /** Appeals that were turned down. */
  upheld: number
  /** Locks that were lifted, by an appeal or without one. */
  reversals: number
}

/** What is open now: sums, so that none of it is about one case. */
export interface CurrentOverview {
  open: number
  /** Of those, whose day to be answered is past. */
  overdue: number
  /** Orders to preserve that hold something. */
  preserving: number
  /** Notices that an order delays. */
  noticesWaiting: number
}

export interface Report {
  halfYears: HalfYearReport[]
  current: CurrentOverview
}

interface OpenCase {
  answerBy: Date | null
  isPreserving: boolean
  isClosed: boolean
  isNoticeWaiting: boolean
}

/** Counts the register's events. @param at  what is now */
export async function reportOf(events: AsyncIterable<RegisterEvent>, at: Date): Promise<Report> {
  const halfYears = new Map<string, HalfYearReport>()
  const cases = new Map<string, OpenCase>()
  for await (const event of events) {
    const { name } = halfYearOf(event.at)
    const report = halfYears.get(name) ?? emptyReport(event.at)
    halfYears.set(name, report)
    count(report, event)
    follow(cases, event)
  }
  const [first] = halfYears.values()
  const open = [...cases.values()].filter(({ isClosed }) => !isClosed)
  const toAnswer = open.filter(({ isPreserving }) => !isPreserving)
  return {
    halfYears: halfYearsBetween(first === undefined ? at : new Date(first.from), at).map(
      ({ name, from }) => halfYears.get(name) ?? emptyReport(from),
    ),
    current: {
      open: toAnswer.length,
      overdue: toAnswer.filter(({ answerBy }) => answerBy !== null && answerBy < at).length,
      preserving: open.length - toAnswer.length,
      noticesWaiting: [...cases.values()].filter(({ isNoticeWaiting }) => isNoticeWaiting).length,
    },
  }
}

function emptyReport(at: Date): HalfYearReport {
  const { name, from, to } = halfYearOf(at)
  return {
    halfYear: name,
    from: from.toISOString(),
    to: to.toISOString(),
    received: 0,
    answered: 0,
    refused: 0,
    withdrawn: 0,
    reasons: {},
    accounts: 0,
    preservations: 0,
    preservedAccounts: 0,
    noticesDelayed: 0,
    origins: [],
    locks: {},
    appeals: 0,
    upheld: 0,
    reversals: 0,
  }
}

/** What each kind of event adds. Those that are not named add nothing. */
const COUNTS: Partial<Record<RegisterEvent['kind'], (report: HalfYearReport, event: RegisterEvent) => void>> = {
  received(report, event) {
    report.received++
    originOf(report, event).received++
  },
  released(report, event) {
    report.answered++
    report.accounts += event.accounts ?? 0
    originOf(report, event).answered++
  },
  refused(report, event) {
    const origin = originOf(report, event)
    const reason = event.reason as RefusalReason
    report.refused++
    origin.refused++
    report.reasons[reason] = (report.reasons[reason] ?? 0) + 1
    origin.reasons[reason] = (origin.reasons[reason] ?? 0) + 1
  },
  withdrawn(report, event) {
    report.withdrawn++
    originOf(report, event).withdrawn++
  },
  preserved(report, event) {
    report.preservations++
    report.preservedAccounts += event.accounts ?? 0
    originOf(report, event).preserved++
  },
  noticeDelayed(report) {
    report.noticesDelayed++
  },
  locked(report, { reason }) {
    report.locks[reason ?? 'other'] = (report.locks[reason ?? 'other'] ?? 0) + 1
  },
  appealed(report) {
    report.appeals++
  },
  upheld(report) {
    report.upheld++
  },
  reversed(report) {
    report.reversals++
  },
}

const count = (report: HalfYearReport, event: RegisterEvent): void => COUNTS[event.kind]?.(report, event)

function originOf(report: HalfYearReport, { country, authority, request }: RegisterEvent): Origin {
  const known = report.origins.find(
    (origin) => origin.country === country && origin.authority === authority && origin.request === request,
  )
  if (known !== undefined) return known
  const origin: Origin = {
    country: country ?? '',
    authority: authority ?? 'private',
    request: request ?? 'content',
    received: 0,
    answered: 0,
    preserved: 0,
    refused: 0,
    withdrawn: 0,
    reasons: {},
  }
  report.origins.push(origin)
  return origin
}

function follow(cases: Map<string, OpenCase>, { caseId, kind, until }: RegisterEvent): void {
  if (caseId === null) return
  if (kind === 'received')
    cases.set(caseId, { answerBy: until, isPreserving: false, isClosed: false, isNoticeWaiting: false })
  const found = cases.get(caseId)
  if (found === undefined) return
  if (kind === 'preserved') found.isPreserving = true
  if (kind === 'noticeDelayed') found.isNoticeWaiting = true
  if (kind === 'noticeGiven') found.isNoticeWaiting = false
  if (CLOSING.includes(kind)) found.isClosed = true
}
