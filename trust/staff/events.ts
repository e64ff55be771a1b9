import { now } from '#system'
import { newId, type Sql } from '#storage'

/** What is recorded of the staff beside their looks at people's data. */
export type StaffEvent =
  | 'invited'
  | 'enrolled'
  | 'signedIn'
  | 'signInFailed'
  | 'signedOut'
  | 'agreementSigned'
  | 'passkeyAdded'
  | 'passkeyRemoved'
  | 'codesMade'
  | 'codeUsed'
  | 'rolesChanged'
  | 'ended'
  /** An act, without an agreement that is current; or without a role that may. */
  | 'agreementMissing'
  | 'roleMissing'

/** @param act  which was refused */
export async function noteStaffEvent(sql: Sql, staffId: number, kind: StaffEvent, act?: string): Promise<void> {
  await sql`
    insert into staff_event (event_id, at, staff_id, kind, act)
    values (${newId()}, ${now()}, ${staffId}, ${kind}, ${act ?? null})`
}
