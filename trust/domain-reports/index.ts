/**
 * What others report about the domains served here, and what is reported to others: read, kept as counts, shown to whoever runs the
 * service. Writes the tables domain_report, report_sent and dmarc_arrival; retention destroys.
 */
export { reportActs } from './acts.ts'
export type { ShownDay, ShownReporter, ShownReports, ShownSent, ShownSource } from './shown.ts'
export { openDmarcCounts } from './counting.ts'
export { openReading, type Reading } from './reading/start.ts'
export { takeReports, type TakenReports } from './take.ts'
export { sendDmarcReports } from './sending/dmarc.ts'
export { sendTlsReports, sessionCounts, type CountedSessions, type SessionCounts } from './sending/tls.ts'
