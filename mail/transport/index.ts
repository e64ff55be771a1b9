/**
 * How letters travel to other servers: what a domain says by which its servers are known, and how TLS to them went. Writes
 * the tables sts_policy and tls_session; retention destroys.
 */
export { openTransport, type Destination, type HostFound, type Transport, type TransportContext } from './transport.ts'
export { isBound, proofOf, proofWithoutTls, type Care, type Demand, type Proof } from './demand.ts'
export { refreshStsPolicies } from './policies.ts'
export type { ReportedPolicy, ResultType, TlsSession } from './result.ts'
export {
  markTlsSessionsReported,
  openTlsCounts,
  readTlsSessions,
  type TlsCounts,
  type TlsSessionsOfDomain,
} from './sessions.ts'
