import type { TlsPolicyType, TLS_RESULT_TYPES } from '#formats/domain-reports'

/** What went wrong with TLS to another server, as reports of it name it (RFC 8460 §4.3). */
export type ResultType = (typeof TLS_RESULT_TYPES)[number]

/** By what a domain says how its servers are known, as reports of it name it (RFC 8460 §4.2). */
export interface ReportedPolicy {
  type: TlsPolicyType
  /** TLSA records as in a zone file, or the lines of the policy file. */
  strings: readonly string[]
  /** The patterns of hosts of an MTA-STS policy. */
  mxHosts: readonly string[]
}

/** One session with a server that takes mail for a domain, or the attempt at one. */
export interface TlsSession {
  domain: string
  policy: ReportedPolicy
  /** The host, where one was found. */
  mx: string | undefined
  /** Undefined: all went well. */
  failure: ResultType | undefined
}
