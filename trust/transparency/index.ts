/** The transparency report: counted from the legal desk's register alone, signed, and published. Writes the table transparency_report. */
export { halfYearOf, type HalfYear } from './half-year.ts'
export {
  keepReport,
  publishReport,
  readReport,
  reportState,
  signedReport,
  type PublishedReport,
  type SignedReport,
} from './publish.ts'
export type { CurrentOverview, HalfYearReport, Origin } from './report.ts'
