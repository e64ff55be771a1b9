import { Refusal } from '#system'
import type { Storage } from '#storage'
import { recordAccess, type AccessReason, type Entry, type Field } from '#trust/access'
import { READ } from './fields.ts'
import { SHOWN, type Shown, type ShownField } from './purposes.ts'

/** One look at one account. */
export interface Look extends AccessReason {
  by: Entry['by']
  staff: number
  fields: readonly Field[]
  /** What its owner allows beyond what the purpose shows, and how far back. */
  allowed?: { fields: readonly Field[]; days: number } | undefined
}

/**
 * Shows fields of an account to somebody of the staff, after it is written down for its owner.
 * @returns JSON by field
 * @throws Refusal 'forbidden' with the fields that this purpose does not show, 'notFound' when there is no such account, 'invalid'
 */
export async function lookAt(storage: Storage, accountId: number, look: Look): Promise<Record<string, unknown>> {
  const shown: Shown = SHOWN[look.purpose]
  const allowed = look.allowed?.fields ?? []
  const may = (field: Field): field is ShownField =>
    shown.always.some((one) => one === field) || (shown.byGrant.some((one) => one === field) && allowed.includes(field))
  const barred = look.fields.filter((field) => !may(field))
  if (barred.length > 0) throw new Refusal('forbidden', { fields: barred })
  const fields = [...new Set(look.fields)].filter(may)
  if (fields.length === 0) throw new Refusal('invalid', { fields: ['fields'] })
  const account = await storage.openAccount(accountId)
  const { purpose, reference, by, staff } = look
  await recordAccess(storage, [accountId], { purpose, reference, by, staff, fields })
  const found: Record<string, unknown> = {}
  for (const field of fields) found[field] = await READ[field]({ storage, account, days: look.allowed?.days ?? 0 })
  return found
}
