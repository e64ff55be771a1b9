/**
 * Reports that receivers of mail send to the owner of a domain: aggregate reports of DMARC (RFC 7489, RFC 9990) and reports
 * about TLS (RFC 8460), unpacked with bounds, read as real reporters write them, and written. Bytes and text only.
 */
export {
  DISPOSITIONS,
  readDmarcReport,
  type Disposition,
  type DmarcPolicy,
  type DmarcRecord,
  type DmarcReport,
  type PassOrFail,
} from './dmarc.ts'
export { dmarcFileName, writeDmarcReport } from './write-dmarc.ts'
export { InvalidReport, REPORT_FAULTS, type ReportFault } from './invalid.ts'
export {
  readTlsReport,
  TLS_POLICY_TYPES,
  TLS_RESULT_TYPES,
  writeTlsReport,
  type TlsFailure,
  type TlsPolicy,
  type TlsPolicyType,
  type TlsReport,
} from './tls.ts'
export { isReportFile, unpackReports } from './unpack.ts'
export { parseTags } from './tags.ts'
