import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { certificateOf, domainsInTrouble, tlsaStanding } from '#accounts'
import { certificateFiles, type Config } from '#system'
import type { Database } from '#storage'
import { DAY_SECONDS, type Check, type Finding } from '../check.ts'

/** Certificates of ninety days are renewed when thirty are left: this is after. */
const SOON_DAYS = 14
const NOW_DAYS = 3

/** What an authority issues may last for days alone, and is renewed when a third is left: shares of its time. */
const SOON_SHARE = 1 / 5
const NOW_SHARE = 1 / 15

/** Names that are shown. */
const MOST_NAMES = 100

type Cause = Finding<'certificates'>['cause']

export const certificates: Check<'certificates'> = {
  needs: 'machine',
  async find({ config, at, database }) {
    if (config.tls.acme === undefined) return [await lookAtFiles(config, at)]
    if (database === undefined) throw new Error('what was issued stands in the database')
    return lookAtIssued(config, at, database)
  },
}

async function lookAtFiles(config: Config, at: Date): Promise<Finding<'certificates'>> {
  const { cert, key, isSelfMade } = certificateFiles(config)
  const read = await Promise.all([readFile(cert), readFile(key)]).catch(() => undefined)
  const parsed = read && parse(...read)
  if (parsed === undefined) return { subject: '', cause: 'unreadable', figures: {} }
  const { certificate, fitsKey } = parsed
  const limits = { soon: SOON_DAYS * DAY_SECONDS, now: NOW_DAYS * DAY_SECONDS }
  const otherwise = isSelfMade ? (config.trial ? 'selfMade' : 'notBelieved') : 'fine'
  const found = judge(config, certificate, at, limits, otherwise)
  return {
    ...found,
    cause: fitsKey ? found.cause : 'wrongKey',
    figures: { ...found.figures, isSelfMade: isSelfMade ? 1 : 0 },
  }
}

/** The certificate itself, and beside it what hinders an order and what the DNS has of the keys. */
async function lookAtIssued(config: Config, at: Date, database: Database): Promise<Finding<'certificates'>[]> {
  const [own, failed, tlsa] = await Promise.all([
    certificateOf(database, config.hostname),
    domainsInTrouble(database),
    tlsaStanding(database, config.hostname),
  ])
  const certificate = own.chain === null ? undefined : new X509Certificate(own.chain)
  const lasts = certificate === undefined ? 0 : secondsOf(certificate)
  return [
    certificate === undefined
      ? { subject: '', cause: 'waiting', figures: {} }
      : judge(config, certificate, at, { soon: lasts * SOON_SHARE, now: lasts * NOW_SHARE }, 'fine'),
    ...(own.trouble === null
      ? []
      : [{ subject: 'order', cause: CAUSE_OF[own.trouble], figures: {}, names: own.names.slice(0, MOST_NAMES) }]),
    ...(failed === 0 ? [] : [{ subject: 'domains', cause: 'domains' as const, figures: { failed } }]),
    { subject: 'tlsa', cause: causeOfTlsa(tlsa), figures: {} },
  ]
}

/** Where a name leads nowhere or elsewhere, and where nobody could tell, there is one thing to do. */
const CAUSE_OF: Record<NonNullable<Awaited<ReturnType<typeof certificateOf>>['trouble']>, Cause> = {
  unknown: 'notHere',
  elsewhere: 'notHere',
  dnsSilent: 'notHere',
  unreached: 'unreached',
  forbidden: 'forbidden',
  limited: 'limited',
  account: 'account',
  refused: 'refused',
  silent: 'silent',
  nonsense: 'nonsense',
}

function causeOfTlsa({ used, next }: { used: string | null; next: string | null }): Cause {
  if (used === 'wrong') return 'tlsaOther'
  if (used === 'right') return next === 'right' ? 'tlsaFine' : 'tlsaNextMissing'
  // Of the next alone: nobody who compares finds what is shown.
  return next === 'right' ? 'tlsaOther' : 'tlsaFine'
}

const secondsOf = ({ validFromDate, validToDate }: X509Certificate): number =>
  (validToDate.getTime() - validFromDate.getTime()) / 1000

function judge(
  config: Config,
  certificate: X509Certificate,
  at: Date,
  limits: { soon: number; now: number },
  otherwise: Cause,
): Finding<'certificates'> {
  const seconds = Math.floor((certificate.validToDate.getTime() - at.getTime()) / 1000)
  const missing = [config.hostname, ...config.names].filter(
    (name) => certificate.checkHost(name, { subject: 'never' }) === undefined,
  )
  const cause = ((): Cause => {
    if (seconds <= 0) return 'expired'
    if (certificate.validFromDate > at) return 'notYet'
    if (seconds < limits.now) return 'endsNow'
    if (seconds < limits.soon) return 'endsSoon'
    return missing.length > 0 ? 'nameMissing' : otherwise
  })()
  return {
    subject: '',
    cause,
    figures: {
      endsAt: certificate.validToDate.toISOString(),
      leftDays: Math.floor(seconds / DAY_SECONDS),
      missing: missing.length,
    },
    names: (cause === 'nameMissing' ? missing : namesOf(certificate)).slice(0, MOST_NAMES),
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

/** Until when the newest certificate is good; undefined when it cannot be read. */
export async function certificateEndsAt(config: Config, database: Database): Promise<Date | undefined> {
  if (config.tls.acme !== undefined) {
    const { endsAt } = await certificateOf(database, config.hostname)
    if (endsAt !== null) return endsAt
  }
  const read = await readFile(certificateFiles(config).cert).catch(() => undefined)
  try {
    return read && new X509Certificate(read).validToDate
  } catch {
    return undefined
  }
}
