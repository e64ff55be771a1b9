/**
 * What people elsewhere complain about: feedback reports that come to the operator, noted by the account concerned. Writes
 * the table feedback_report; retention destroys.
 */
export { parseFeedbackReport, type FeedbackReport } from './parse.ts'
export { noteReport } from './note.ts'
export { countReports, listReports, reportsAbout, type ReportEntry } from './list.ts'
