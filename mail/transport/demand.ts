import { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import type { StsMode } from '#formats/sts'
import type { TlsaRecord } from '#system'
import type { ReportedPolicy, ResultType } from './result.ts'
import { faultOf } from './tlsa.ts'

/** How a letter wants to travel: `proven` (RFC 8689 §2), `asItMay` whatever others say (RFC 8689 §3), or as its destination says. */
export type Care = 'proven' | 'asItMay' | 'usual'

/** What a host has to prove before it is given a letter. */
export interface Demand {
  /** The domain whose mail it takes. */
  domain: string
  policy: ReportedPolicy
  care: Care
  /** By what its certificate is proven: TLSA records that can be used, the authorities of the web as MTA-STS wants it, or nothing. */
  by: { dane: readonly TlsaRecord[]; names: readonly string[] } | { sts: Exclude<StsMode, 'none'> } | undefined
  /** There are TLSA records, and none can be used: TLS has to be, proven or not (RFC 7672 §2.2). */
  isEncryptionBound: boolean
  /** The name that the server is asked for. */
  serverName: string
  /** That this host takes the domain's mail is proven, by DNSSEC or its policy. */
  isHostProven: boolean
  /** Of what went wrong before anything was asked of the host, what a report names. */
  failure?: ResultType | undefined
}

/** What came of a session. */
export interface Proof {
  /** For the report. */
  failure: ResultType | undefined
  /** Whether a letter may be given to it. */
  mayGo: boolean
}

/** TLS is not to be given up for this host, whatever goes wrong. */
export const isBound = ({ by, isEncryptionBound, care }: Demand): boolean =>
  care === 'proven' ||
  (care === 'usual' && (isEncryptionBound || (by !== undefined && ('dane' in by || by.sts === 'enforce'))))

/** A session that never came to TLS. */
export const proofWithoutTls = (demand: Demand, failure: ResultType): Proof => ({ failure, mayGo: !isBound(demand) })

/** Judges a session by what the server has shown. */
export function proofOf(demand: Demand, socket: TLSSocket): Proof {
  const { by, care, failure: before } = demand
  const fault = faultOfServer(demand, socket)
  const failure = fault ?? before
  if (care === 'proven') {
    // RFC 8689 §4.2.1: both the host and its certificate.
    const isCertificateProven =
      by !== undefined && 'dane' in by ? fault === undefined : webFault(demand, socket) === undefined
    return { failure, mayGo: demand.isHostProven && isCertificateProven }
  }
  return { failure, mayGo: fault === undefined || !isBound(demand) }
}

function faultOfServer(demand: Demand, socket: TLSSocket): ResultType | undefined {
  const { by } = demand
  if (by === undefined) return undefined
  return 'dane' in by ? faultOf(by.dane, chainOf(socket), by.names) : webFault(demand, socket)
}

const OF_CODE: Readonly<Record<string, ResultType>> = {
  ERR_TLS_CERT_ALTNAME_INVALID: 'certificate-host-mismatch',
  CERT_HAS_EXPIRED: 'certificate-expired',
  CERT_NOT_YET_VALID: 'certificate-expired',
}

/** By the authorities of the web, as the handshake has found, and by a name among those for hosts (RFC 8461 §4.2). */
function webFault({ serverName }: Demand, socket: TLSSocket): ResultType | undefined {
  if (!socket.authorized) return OF_CODE[String(socket.authorizationError)] ?? 'certificate-not-trusted'
  const isNamed =
    socket.getPeerX509Certificate()?.checkHost(serverName, {
      subject: 'never',
      wildcards: true,
      partialWildcards: false,
      multiLabelWildcards: false,
    }) !== undefined
  return isNamed ? undefined : 'certificate-host-mismatch'
}

/** Certificates of a chain that are gathered. */
const LONGEST_CHAIN = 10

/** As the server has shown them, its own first. */
function chainOf(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = []
  const seen = new Set<string>()
  let one = socket.getPeerCertificate(true) as ReturnType<TLSSocket['getPeerCertificate']> | undefined
  while (one?.raw !== undefined && !seen.has(one.fingerprint256) && chain.length < LONGEST_CHAIN) {
    seen.add(one.fingerprint256)
    chain.push(new X509Certificate(one.raw))
    one = (one as { issuerCertificate?: typeof one }).issuerCertificate
  }
  return chain
}
