import { Refusal } from '#system'
import type { Desk } from '#trust/desk'
import { askerOf, loadCase, type Case } from './case.ts'
import { checksOf, isByAnother, type CheckName } from './checks.ts'
import { appendTo } from './register.ts'
import { decline } from './decline.ts'

/**
 * Ticks a check, or takes the tick away: a fact, with how it was found. What was proposed before is void.
 * @throws Refusal 'notFound' for a check that the case has none of; 'forbidden' with `samePerson` for one that is another's
 */
export async function tick(
  desk: Desk,
  caseId: string,
  { check, isTrue, note }: { check: CheckName; isTrue: boolean; note: string },
): Promise<Case> {
  const { storage, config, staff } = desk
  const found = await loadCase(storage, config, caseId)
  if (!checksOf(found.request).some(({ name }) => name === check)) throw new Refusal('notFound', { fields: ['check'] })
  if (found.closed !== undefined) throw new Refusal('expired', { fields: ['case'] })
  if (isTrue && isByAnother(check) && found.events[0]?.detail.staff === staff.id)
    return decline(desk, found, 'samePerson')
  await appendTo(storage, { caseId, read: found.read }, [
    { ...askerOf(found), kind: isTrue ? 'checked' : 'unchecked', detail: { staff: staff.id, check, note } },
  ])
  return loadCase(storage, config, caseId)
}
