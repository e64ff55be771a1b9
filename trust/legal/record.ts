import type { Promises } from '#policy'
import type { Desk } from '#trust/desk'
import { recordAccess, type Field } from '#trust/access'
import type { Case } from './case.ts'

const DAY_MS = 86_400_000

type Requests = Promises['requests']

/**
 * Until when an order forbids that the person hears of it: no longer than the promise file allows. Undefined without such an order, and
 * where the request is none that the operator has to answer.
 */
export function silentUntil(
  { intake, receivedAt, verdict }: Pick<Case, 'intake' | 'receivedAt' | 'verdict'>,
  { delayDays }: Requests,
): Date | undefined {
  if (intake === undefined || intake.silentUntil === null || verdict?.answer === 'refuse') return undefined
  return new Date(Math.min(new Date(intake.silentUntil).getTime(), receivedAt.getTime() + delayDays * DAY_MS))
}

/** Until when what an order names is held: no longer than the promise file allows. */
export const heldUntil = (
  { intake, receivedAt }: Pick<Case, 'intake' | 'receivedAt'>,
  { preserveDays }: Requests,
): Date =>
  new Date(
    Math.min(new Date(intake?.preserveUntil ?? receivedAt).getTime(), receivedAt.getTime() + preserveDays * DAY_MS),
  )

/** Writes down that the legal desk is about to look at something of the people a case names. */
export async function recordLook(
  { storage, staff }: Pick<Desk, 'storage' | 'staff'>,
  { id, ...rest }: Pick<Case, 'id' | 'intake' | 'receivedAt' | 'verdict'>,
  requests: Requests,
  accounts: readonly number[],
  fields: readonly Field[],
): Promise<void> {
  if (accounts.length === 0) return
  await recordAccess(storage, accounts, {
    by: 'legal',
    staff: staff.id,
    purpose: 'requests',
    reference: id,
    fields,
    shownFrom: silentUntil(rest, requests),
  })
}
