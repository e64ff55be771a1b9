/**
 * Letters with reports about the domains that are served here: what is taken of them, and where they wait until they are read. Writes
 * the table report_letter; what reads them takes them out.
 */
export { noteReportLetter, type ReportLetter } from './note.ts'
export { nextReportLetter, type WaitingReportLetter } from './waiting.ts'
