import { noteEnquiry } from '#mail/enquiries'
import { judge } from '#mail/findings'
import { Refusal } from '#system'
import type { Storage } from '#storage'
import { mustComeAgain } from './greylist.ts'
import { reasonsOf } from './judge.ts'
import type { SmtpArrival } from './receive.ts'

/**
 * Takes a letter to customer service. What is refused for anybody is refused here, and so is what looks like junk and shows by
 * nothing whom it is from; what is held for its attachment is taken, for no attachment is.
 * @returns undefined when it is durable, or is none that anybody has to read; otherwise why not
 */
export async function receiveEnquiry(
  storage: Storage,
  arrival: SmtpArrival,
  greylistMinutes: number,
): Promise<Refusal | undefined> {
  const { mailFrom, content, findings } = arrival
  const verdict = judge(findings)
  const isProven = findings.some(({ name }) => name === 'dmarcPass')
  if (verdict.place === 'refused' || (verdict.place === 'junk' && !isProven))
    return new Refusal('refused', { fields: reasonsOf(verdict) })
  if (await mustComeAgain(storage, { ...arrival, recipients: [] }, greylistMinutes)) return new Refusal('comeAgain')
  await noteEnquiry(storage, { content, mailFrom, findings })
  return undefined
}
