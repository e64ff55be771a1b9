/** What others report about a domain: aggregate reports of DMARC (RFC 9990), and reports about TLS on the way here (RFC 8460). */
export const REPORT_KINDS = ['dmarc', 'tls'] as const
export type ReportKind = (typeof REPORT_KINDS)[number]

/** What stands before the "@" in each domain that is served here: addresses of the service, where no account has them. */
const localOf = (kind: ReportKind): string => `${kind}-reports`

/** Where reports about a domain are to be sent, for its records in the DNS. */
export const reportAddress = (kind: ReportKind, domain: string): string => `${localOf(kind)}@${domain}`

/** Whether an address takes reports, by what stands before the "@". */
export const takesReports = (local: string): boolean =>
  REPORT_KINDS.some((kind) => localOf(kind) === local.toLowerCase())
