import { noteReportLetter } from '#mail/domain-reports'
import { judge } from '#mail/findings'
import { Refusal } from '#system'
import type { Storage } from '#storage'
import { mustComeAgain } from './greylist.ts'
import { reasonsOf } from './judge.ts'
import type { SmtpArrival } from './receive.ts'

/**
 * Takes a letter to an address for reports about a domain. What is refused for anybody is refused here; what looks like junk or is held for
 * its attachment is taken, for it is read by a program that marks what is not proven.
 * @returns undefined when it is durable; otherwise why not
 */
export async function receiveReportLetter(
  storage: Storage,
  arrival: SmtpArrival,
  domain: string,
  greylistMinutes: number,
): Promise<Refusal | undefined> {
  const { content, findings } = arrival
  const verdict = judge(findings)
  if (verdict.place === 'refused') return new Refusal('refused', { fields: reasonsOf(verdict) })
  if (await mustComeAgain(storage, { ...arrival, recipients: [] }, greylistMinutes)) return new Refusal('comeAgain')
  await noteReportLetter(storage, { content, findings, domain })
  return undefined
}
