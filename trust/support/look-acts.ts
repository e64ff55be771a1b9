import { z } from 'zod'
import { findAccount } from '#accounts'
import type { StaffRole } from '#policy'
import { Refusal } from '#system'
import { FIELDS, Reason, type AccessReason } from '#trust/access'
import { act, type AnyAct } from '#trust/desk'
import { lookAt } from '#trust/looks'

/** For which purpose a role may look at an account that it names by its address; support looks by tickets. */
const BY_ADDRESS: readonly { role: StaffRole; purpose: AccessReason['purpose'] }[] = [
  { role: 'abuse', purpose: 'checks' },
  { role: 'finance', purpose: 'payments' },
]

export const lookActs: readonly AnyAct[] = [
  act({
    name: 'account.look',
    roles: BY_ADDRESS.map(({ role }) => role),
    given: z.strictObject({
      address: z.string().max(254),
      purpose: Reason.shape.purpose,
      reference: Reason.shape.reference,
      fields: z.array(z.enum(FIELDS)).min(1).max(FIELDS.length),
    }),
    async run({ storage, staff }, { address, purpose, reference, fields }) {
      const way = BY_ADDRESS.find((one) => one.purpose === purpose && staff.roles.includes(one.role))
      if (way === undefined) throw new Refusal('forbidden', { fields: ['purpose'] })
      const account = await findAccount(storage, address.trim())
      if (account === undefined) throw new Refusal('notFound')
      return lookAt(storage, account.id, { purpose, reference, fields, by: way.role, staff: staff.id })
    },
  }),
]
