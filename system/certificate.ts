import { X509Certificate, webcrypto } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createSecureContext, type SecureContext } from 'node:tls'
import { nowMs } from './clock.ts'
import type { Config } from './config/index.ts'

/** A certificate chain and its private key, both PEM. */
export interface Certificate {
  cert: string
  key: string
}

/** What is shown to whoever connects. It may change while the server runs: what is open stays, what comes is shown the new. */
export interface ServerCertificates {
  /** For whoever asks for no name, or for one that no other is for. */
  readonly own: Certificate
  /** By the name that is asked for (RFC 6066 §3). */
  contextFor(name?: string): SecureContext
  /** Told after `own` has changed, for servers that keep a context by themselves. Returns how to stop. */
  hear(listener: (own: Certificate) => void): () => void
}

/** One that never changes, for whatever name. */
export function onlyCertificate(own: Certificate): ServerCertificates {
  const context = createSecureContext(own)
  return { own, contextFor: () => context, hear: () => () => undefined }
}

/** As `SNICallback` of Node wants it. */
export const sniOf =
  (certificates: ServerCertificates) =>
  (name: string, done: (error: Error | null, context?: SecureContext) => void): void =>
    done(null, certificates.contextFor(name))

const DAY_MS = 86_400_000

/** The operator's certificate where the settings name one, else a self-made one that is kept and renewed before it ends. */
export async function loadCertificate(config: Config): Promise<Certificate> {
  const { isSelfMade, ...files } = certificateFiles(config)
  if (!isSelfMade) return { cert: readFileSync(files.cert, 'utf8'), key: readFileSync(files.key, 'utf8') }

  const names = [config.hostname, ...config.names, 'localhost']
  if (existsSync(files.cert) && existsSync(files.key)) {
    const kept = { cert: readFileSync(files.cert, 'utf8'), key: readFileSync(files.key, 'utf8') }
    if (stillGood(kept.cert, names)) return kept
  }
  const made = await selfMade(names)
  mkdirSync(dirname(files.key), { recursive: true, mode: 0o700 })
  writeFileSync(files.key, made.key, { mode: 0o600 })
  writeFileSync(files.cert, made.cert)
  return made
}

/** Where the certificate stands that is shown to whoever connects, and its key. */
export function certificateFiles({ tls, dataFolder }: Pick<Config, 'tls' | 'dataFolder'>): {
  cert: string
  key: string
  isSelfMade: boolean
} {
  const { certificate, key } = tls
  if (certificate !== undefined && key !== undefined) return { cert: certificate, key, isSelfMade: false }
  const folder = join(dataFolder, 'tls')
  return { cert: join(folder, 'self-made.crt'), key: join(folder, 'self-made.key'), isSelfMade: true }
}

function stillGood(pem: string, names: string[]): boolean {
  const certificate = new X509Certificate(pem)
  const lasts = certificate.validToDate.getTime() - nowMs() > 30 * DAY_MS
  return lasts && names.every((name) => certificate.checkHost(name, { subject: 'never' }) !== undefined)
}

/** A self-signed P-256 certificate for a year. The library is loaded only here: it is large and seldom needed. */
async function selfMade(names: string[]): Promise<Certificate> {
  await import('reflect-metadata')
  const x509 = await import('@peculiar/x509')
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [names[0] as string] }],
    notBefore: new Date(nowMs() - DAY_MS),
    notAfter: new Date(nowMs() + 365 * DAY_MS),
    signingAlgorithm: algorithm,
    // The library knows the browser's name for the same type.
    keys: keys as Parameters<typeof x509.X509CertificateGenerator.createSelfSigned>[0]['keys'],
    extensions: [
      new x509.BasicConstraintsExtension(false),
      new x509.ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.1']),
      new x509.SubjectAlternativeNameExtension([
        ...names.map((value) => ({ type: 'dns' as const, value })),
        { type: 'ip', value: '127.0.0.1' },
        { type: 'ip', value: '::1' },
      ]),
    ],
  })
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey))
  return { cert: certificate.toString('pem'), key: pem('PRIVATE KEY', pkcs8) }
}

const pem = (label: string, der: Buffer): string =>
  `-----BEGIN ${label}-----\n${(der.toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n-----END ${label}-----\n`
