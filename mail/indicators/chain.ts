import { X509Certificate } from 'node:crypto'

/** id-kp-BrandIndicatorforMessageIdentification: what the certificate of a mark is for. */
const FOR_MARKS = '1.3.6.1.5.5.7.3.31'

/** Certificates of one file. */
const MOST = 8

const PEM = /-----BEGIN CERTIFICATE-----[^-]{1,200000}-----END CERTIFICATE-----/g

/**
 * The certificate of a mark, whose chain leads to an authority that is trusted: each signed by the next, each valid now. RFC 5280 §6.
 * @returns undefined for everything else
 */
export function trustedCertificate(
  pem: string,
  roots: readonly X509Certificate[],
  now: Date,
): X509Certificate | undefined {
  const texts = pem.match(PEM) ?? []
  if (texts.length === 0 || texts.length > MOST) return undefined
  try {
    const given = texts.map((text) => new X509Certificate(text))
    const [leaf, ...rest] = given
    if (leaf === undefined || leaf.ca || !(leaf.keyUsage ?? []).includes(FOR_MARKS)) return undefined
    let current = leaf
    for (let depth = 0; depth <= MOST; depth++) {
      if (!isValidAt(current, now)) return undefined
      const root = roots.find((one) => isIssuedBy(current, one))
      if (root !== undefined) return isValidAt(root, now) ? leaf : undefined
      const next = rest.find((one) => one !== current && isIssuedBy(current, one))
      if (next === undefined) return undefined
      current = next
    }
    return undefined
  } catch {
    // What cannot be read is no certificate.
    return undefined
  }
}

/** checkIssued compares names alone: the signature is what counts. */
const isIssuedBy = (one: X509Certificate, other: X509Certificate): boolean =>
  other.ca && one.checkIssued(other) && one.verify(other.publicKey)

const isValidAt = ({ validFrom, validTo }: X509Certificate, now: Date): boolean =>
  Date.parse(validFrom) <= now.getTime() && now.getTime() <= Date.parse(validTo)

/** The names that a certificate was given for. */
export const namesOf = ({ subjectAltName }: X509Certificate): string[] =>
  (subjectAltName ?? '').split(/,\s*/).flatMap((name) => (name.startsWith('DNS:') ? [name.slice(4).toLowerCase()] : []))
