import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { certificateFiles, type Config } from '#system'
import { DAY_SECONDS, type Check, type Finding } from '../check.ts'

/** Certificates of ninety days are renewed when thirty are left, of six days when two are: this is after either. */
const SOON_DAYS = 14
const NOW_DAYS = 3

/** Names that are shown. */
const MOST_NAMES = 100

export const certificates: Check<'certificates'> = {
  needs: 'machine',
  find: async ({ config, at }) => [await lookAtCertificate(config, at)],
}

async function lookAtCertificate(config: Config, at: Date): Promise<Finding<'certificates'>> {
  const { cert, key, isSelfMade } = certificateFiles(config)
  const read = await Promise.all([readFile(cert), readFile(key)]).catch(() => undefined)
  const parsed = read && parse(...read)
  if (parsed === undefined) return { subject: '', cause: 'unreadable', figures: {} }
  const { certificate, fitsKey } = parsed
  const seconds = Math.floor((certificate.validToDate.getTime() - at.getTime()) / 1000)
  const names = namesOf(certificate)
  const missing = [config.hostname, ...config.names].filter(
    (name) => certificate.checkHost(name, { subject: 'never' }) === undefined,
  )
  const cause = ((): Finding<'certificates'>['cause'] => {
    if (!fitsKey) return 'wrongKey'
    if (seconds <= 0) return 'expired'
    if (certificate.validFromDate > at) return 'notYet'
    if (seconds < NOW_DAYS * DAY_SECONDS) return 'endsNow'
    if (seconds < SOON_DAYS * DAY_SECONDS) return 'endsSoon'
    if (missing.length > 0) return 'nameMissing'
    if (isSelfMade) return config.trial ? 'selfMade' : 'notBelieved'
    return 'fine'
  })()
  return {
    subject: '',
    cause,
    figures: {
      endsAt: certificate.validToDate.toISOString(),
      leftDays: Math.floor(seconds / DAY_SECONDS),
      isSelfMade: isSelfMade ? 1 : 0,
      missing: missing.length,
    },
    names: (cause === 'nameMissing' ? missing : names).slice(0, MOST_NAMES),
  }
}

function parse(cert: Buffer, key: Buffer): { certificate: X509Certificate; fitsKey: boolean } | undefined {
  try {
    const certificate = new X509Certificate(cert)
    return { certificate, fitsKey: certificate.checkPrivateKey(createPrivateKey(key)) }
  } catch {
    return undefined
  }
}

const namesOf = ({ subjectAltName = '' }: X509Certificate): string[] =>
  [...subjectAltName.matchAll(/(?:^|, )DNS:([\w.*-]{1,253})/g)].map((match) => match[1] as string)

/** Until when the certificate in the settings' file is good; undefined when it cannot be read. */
export async function certificateEndsAt(config: Config): Promise<Date | undefined> {
  const read = await readFile(certificateFiles(config).cert).catch(() => undefined)
  try {
    return read && new X509Certificate(read).validToDate
  } catch {
    return undefined
  }
}
