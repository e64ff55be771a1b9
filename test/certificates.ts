/** Certificates of authorities and servers, made for a test. */
import 'reflect-metadata'
import { createHash, webcrypto, X509Certificate } from 'node:crypto'
import * as x509 from '@peculiar/x509'

export interface MadeCertificate {
  /** PEM, with those of the authorities between it and the root behind it. */
  cert: string
  key: string
  x509: X509Certificate
  keys: webcrypto.CryptoKeyPair
  issuer: MadeCertificate | undefined
}

export interface CertificateWish {
  /** Names of hosts that it is for; the first is its subject. */
  names: readonly string[]
  /** Who signs it; itself when nobody does. */
  issuer?: MadeCertificate
  isAuthority?: boolean
  /** Days from today on which it begins and ends. */
  days?: readonly [from: number, to: number]
  /** Of another certificate, as when one is renewed with its key. */
  keys?: webcrypto.CryptoKeyPair
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const DAY_MS = 86_400_000

type Keys = Parameters<typeof x509.X509CertificateGenerator.createSelfSigned>[0]['keys']

export async function makeCertificate({
  names,
  issuer,
  isAuthority = false,
  days = [-1, 90],
  keys: given,
}: CertificateWish): Promise<MadeCertificate> {
  const keys =
    given ?? ((await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair)
  const [subject = ''] = names
  const made = await x509.X509CertificateGenerator.create({
    subject: [{ CN: [subject] }],
    issuer: issuer?.x509.subject ?? [{ CN: [subject] }],
    notBefore: new Date(Date.now() + days[0] * DAY_MS),
    notAfter: new Date(Date.now() + days[1] * DAY_MS),
    signingAlgorithm: ALGORITHM,
    publicKey: (keys as Keys).publicKey,
    signingKey: ((issuer?.keys ?? keys) as Keys).privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(isAuthority, undefined, true),
      ...(isAuthority
        ? [new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true)]
        : [
            new x509.ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.1']),
            new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns', value }))),
          ]),
    ],
  })
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey))
  const own = `${made.toString('pem')}\n`
  // The root is not shown: whoever believes it has it.
  const above = issuer?.issuer === undefined ? '' : issuer.cert
  return {
    cert: own + above,
    key: `-----BEGIN PRIVATE KEY-----\n${(pkcs8.toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n-----END PRIVATE KEY-----\n`,
    x509: new X509Certificate(own),
    keys,
    issuer,
  }
}

/** The data of a TLSA record that names its key by SHA-256, such as `3 1 1 …` (RFC 6698 §2.2). */
export const tlsaOf = ({ x509: certificate }: MadeCertificate, usage: 2 | 3 = 3): string =>
  `${usage} 1 1 ${createHash('sha256')
    .update(certificate.publicKey.export({ format: 'der', type: 'spki' }))
    .digest('hex')}`
