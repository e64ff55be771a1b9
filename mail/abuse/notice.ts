import type { SendingStanding } from '#accounts'
import { probability, shippedStart, SURE } from '#mail/antispam'
import { countStrangers } from '#mail/correspondents'
import type { Finding } from '#mail/findings'
import { sentLately } from '#mail/limits'
import { countReports } from '#mail/reports'
import type { OpenAccount, Storage } from '#storage'
import { nowMs, Refusal, type Config } from '#system'
import { whenceOf, type SentBy } from './countries.ts'
import { REPORTS, signalsOf, STOP, weigh, type SignalName } from './signals.ts'
import { stopSending } from './stop.ts'

export type { SentBy } from './countries.ts'

/** A letter that is to leave. */
export interface Departing {
  /** Its words (`#mail/antispam`). */
  features: Uint32Array
  addresses: readonly string[]
  /** What scanners found in it. */
  findings: readonly Finding[]
  by: SentBy | undefined
}

/**
 * Looks whether a letter is one of somebody who has stolen the account. If so, the account's sending is stopped, everybody is
 * signed out, and its owner is told (`stop.ts`).
 * @throws Refusal 'forbidden' with the field `stopped`
 */
export async function refuseStolen(
  storage: Storage,
  config: Pick<Config, 'hostname'>,
  account: OpenAccount,
  { features, addresses, findings, by }: Departing,
  { resumedAt }: Pick<SendingStanding, 'resumedAt'>,
): Promise<void> {
  const reportsSince = new Date(Math.max(resumedAt?.getTime() ?? 0, nowMs() - REPORTS.days * 86_400_000))
  const [before, strangers, whence, reports] = await Promise.all([
    sentLately(account, resumedAt ?? undefined),
    countStrangers(account, addresses),
    whenceOf(storage, account, by),
    countReports(account, reportsSince),
  ])
  const signals: SignalName[] = signalsOf({
    ...before,
    recipients: before.recipients + addresses.length,
    strangers: before.strangers + strangers,
  })
  if (whence.isNew) signals.push('newCountry')
  if (reports >= REPORTS.least) signals.push('reports')
  if (findings.some(({ name }) => SCANNED_JUNK.has(name)) || looksLikeJunk(features)) signals.push('junkWords')
  if (weigh(signals) < STOP) return whence.note()
  await stopSending(storage, config, account, signals)
  throw new Refusal('forbidden', { fields: ['stopped'] })
}

/** What rspamd says of junk, where it is asked. */
const SCANNED_JUNK: ReadonlySet<string> = new Set(['rspamdReject', 'rspamdJunk'])

/** By what is shipped alone: what a stolen account has taught is its owner's. */
const looksLikeJunk = (features: Uint32Array): boolean => probability(features, shippedStart()) >= SURE
