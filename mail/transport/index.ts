/**
 * How letters travel to other servers: what a domain says by which its servers are known, and how TLS to them went. Writes
 * the table tls_session; retention destroys.
 */
export { RESULT_TYPES, type ReportedPolicy, type ResultType, type TlsSession } from './result.ts'
export {
  markTlsSessionsReported,
  openTlsCounts,
  readTlsSessions,
  type TlsCounts,
  type TlsSessionsOfDomain,
} from './sessions.ts'
