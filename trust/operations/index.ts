/**
 * How the service is: one list of checks, what each has found, since when, and what to do about it. Numbers, times and names of
 * the service's own parts; nothing of a person. Writes the tables check_result, process_report and disk_sample.
 */
export { CAUSES, type CheckName, type State } from './causes.ts'
export type { Figures } from './check.ts'
export { keepChecks, lookWithHistory, readChecks } from './keep.ts'
export { lookAtAll, worstOf, type CheckResult, type Looked } from './look.ts'
export { readReports, startReporting, type ProcessReport } from './reports.ts'
export { sentenceOf, titleOf, type CheckLanguage } from './words.ts'
export { readHealth, type Health } from './health.ts'
export { domainActs, type ListedDomains, type ShownDomain } from './domains.ts'
export { serviceFigures, type ServiceFigures } from './figures.ts'
