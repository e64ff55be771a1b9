/**
 * Letters with reports about the domains that are served here: what is taken of them, and where they wait until they are read; and what of
 * a letter that arrives would be reported to its author's domain. Writes
 * the table report_letter; what reads them takes them out.
 */
export { dmarcArrival, plainAddress, type CountArrival, type DmarcArrival } from './arrival.ts'
export { noteReportLetter, type ReportLetter } from './note.ts'
export { nextReportLetter, type WaitingReportLetter } from './waiting.ts'
