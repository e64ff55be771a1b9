import { Refusal } from '#system'
import type { Desk } from '#trust/desk'
import { askerOf, type Case } from './case.ts'
import { appendTo } from './register.ts'

/** What somebody tried and may not: why it was declined. */
export const DECLINED = [
  // The second signature by whoever gave the first; a second reading by whoever took the request in.
  'samePerson',
  // The policy says to refuse: the reason stands in its own words (`foreign` and the like).
  'private',
  'foreign',
  'content',
  'noBasis',
  'accountUnknown',
  'dataGone',
  'checksMissing',
  // What would leave is no longer what was proposed.
  'changed',
  'keyUnusable',
  // The operator has to answer it: nothing speaks against it.
  'mustAnswer',
] as const
export type Declined = (typeof DECLINED)[number]

/** Writes down that somebody tried it, and declines. @throws Refusal 'forbidden' with the reason, always */
export async function decline(desk: Desk, found: Case, reason: Declined): Promise<never> {
  await appendTo(desk.storage, { caseId: found.id, read: found.read }, [
    { ...askerOf(found), kind: 'attempt', reason, detail: { staff: desk.staff.id } },
  ])
  throw new Refusal('forbidden', { fields: [reason] })
}
