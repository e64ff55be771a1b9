import { createHash, createPublicKey, X509Certificate, type KeyObject } from 'node:crypto'
import { nowMs, type TlsaRecord } from '#system'
import type { ResultType } from './result.ts'

/** RFC 6698 §7, named as in RFC 7218. */
const DANE_TA = 2
const DANE_EE = 3
const CERT = 0
const SPKI = 1
const FULL = 0
const DIGESTS: Readonly<Record<number, { name: string; bytes: number }>> = {
  1: { name: 'sha256', bytes: 32 },
  2: { name: 'sha512', bytes: 64 },
}

/** Certificates that a server shows, its own included, as far as they are looked at. */
const LONGEST_CHAIN = 10

/**
 * The records by which a mail server can be known. PKIX-TA and PKIX-EE are not for SMTP (RFC 7672 §3.1.3); what is malformed counts for
 * nothing (RFC 6698 §4.1); of digests of one kind the strongest counts alone (RFC 7671 §9).
 */
export function usableOf(records: readonly TlsaRecord[]): TlsaRecord[] {
  const sound = records.filter(
    ({ usage, selector, matchingType, data }) =>
      (usage === DANE_TA || usage === DANE_EE) &&
      (selector === CERT || selector === SPKI) &&
      (matchingType === FULL ? isReadable(selector, data) : DIGESTS[matchingType]?.bytes === data.length),
  )
  return sound.filter(
    (one) =>
      one.matchingType === FULL ||
      !sound.some(
        (other) =>
          other.usage === one.usage && other.selector === one.selector && other.matchingType > one.matchingType,
      ),
  )
}

/** As in a zone file (RFC 6698 §2.2), in an order of their own. */
export const stringsOf = (records: readonly TlsaRecord[]): string[] =>
  records
    .map(({ usage, selector, matchingType, data }) => `${usage} ${selector} ${matchingType} ${data.toString('hex')}`)
    .toSorted()

function isReadable(selector: number, data: Buffer): boolean {
  try {
    return selector === CERT ? new X509Certificate(data).raw.length > 0 : keyOf(data).type === 'public'
  } catch {
    return false
  }
}

const keyOf = (der: Buffer): KeyObject => createPublicKey({ key: der, format: 'der', type: 'spki' })

const spkiOf = ({ publicKey }: X509Certificate): Buffer => publicKey.export({ format: 'der', type: 'spki' })

function matches({ selector, matchingType, data }: TlsaRecord, certificate: X509Certificate): boolean {
  const part = selector === CERT ? certificate.raw : spkiOf(certificate)
  const digest = DIGESTS[matchingType]
  return data.equals(digest === undefined ? part : createHash(digest.name).update(part).digest())
}

/**
 * Whether what a server shows is what the records say.
 * @param chain  the server's own certificate first, as it was shown
 * @param names  those of which the certificate has to bear one, where the records name an authority (RFC 7672 §3.2.2)
 * @returns undefined when it is
 */
export function faultOf(
  records: readonly TlsaRecord[],
  chain: readonly X509Certificate[],
  names: readonly string[],
): ResultType | undefined {
  const shown = chain.slice(0, LONGEST_CHAIN)
  const [own] = shown
  if (own === undefined) return 'validation-failure'
  // RFC 7672 §3.1.1: names and dates in the certificate do not matter.
  if (records.some((record) => record.usage === DANE_EE && matches(record, own))) return undefined
  const authorities = records.filter(({ usage }) => usage === DANE_TA)
  if (authorities.length === 0) return 'validation-failure'
  const path = pathTo(authorities, shown)
  if (path === undefined) return 'certificate-not-trusted'
  if (path.some((certificate) => !isCurrent(certificate))) return 'certificate-expired'
  return names.some((name) => bears(own, name)) ? undefined : 'certificate-host-mismatch'
}

/** Whether a certificate is for a host; a "*" is the whole of its first label only. Without names of hosts its common name counts (RFC 7672 §3.2.3). */
const bears = (certificate: X509Certificate, name: string): boolean =>
  certificate.checkHost(name, { wildcards: true, partialWildcards: false, multiLabelWildcards: false }) !== undefined

const isCurrent = ({ validFromDate, validToDate }: X509Certificate): boolean =>
  validFromDate.getTime() <= nowMs() && nowMs() <= validToDate.getTime()

/** The certificates from the server's own up to an authority that the records name, each signed by the next (RFC 7671 §5.2). */
function pathTo(
  authorities: readonly TlsaRecord[],
  shown: readonly X509Certificate[],
): readonly X509Certificate[] | undefined {
  // An authority may stand in the DNS as a whole and be left out of what is shown; so may its bare key (RFC 7671 §5.2.3).
  const whole = authorities.filter(({ matchingType }) => matchingType === FULL)
  const certificates = whole.filter(({ selector }) => selector === CERT).map(({ data }) => new X509Certificate(data))
  const keys = whole.filter(({ selector }) => selector === SPKI).map(({ data }) => keyOf(data))
  const path: X509Certificate[] = []
  for (const certificate of shown) {
    const below = path.at(-1)
    if (below !== undefined && !isIssuedBy(below, certificate)) return undefined
    path.push(certificate)
    if (below !== undefined && authorities.some((record) => matches(record, certificate))) return path
    const known = certificates.find((authority) => isIssuedBy(certificate, authority))
    if (known !== undefined) return [...path, known]
    if (keys.some((key) => isSignedBy(certificate, key))) return path
  }
  return undefined
}

const isIssuedBy = (certificate: X509Certificate, issuer: X509Certificate): boolean =>
  issuer.ca && certificate.checkIssued(issuer) && isSignedBy(certificate, issuer.publicKey)

function isSignedBy(certificate: X509Certificate, key: KeyObject): boolean {
  try {
    return certificate.verify(key)
  } catch {
    // A key of another kind.
    return false
  }
}
