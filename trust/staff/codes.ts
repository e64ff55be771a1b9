import { newRecoveryCodes, recoveryCodeKey, showRecoveryCode } from '#accounts'
import type { ServiceKey, Sql, Storage } from '#storage'
import { noteStaffEvent } from './events.ts'

/** Ten recovery codes in place of those before, as they are shown. */
export async function writeStaffCodes(sql: Sql, staff: ServiceKey, id: number): Promise<string[]> {
  const codes = newRecoveryCodes()
  const keys = codes.map((bare) => recoveryCodeKey(staff, `staff ${id}`, bare))
  await sql`delete from staff_recovery_code where staff_id = ${id}`
  await sql`insert into staff_recovery_code (code_key, staff_id) select key, ${id} from unnest(${keys}::bytea[]) key`
  return codes.map(showRecoveryCode)
}

/** Makes ten recovery codes anew; those before are void. */
export async function makeStaffCodes(storage: Storage, id: number): Promise<string[]> {
  const staff = await storage.keys.serviceKey('staff')
  return storage.database.transaction(async (sql) => {
    await noteStaffEvent(sql, id, 'codesMade')
    return writeStaffCodes(sql, staff, id)
  })
}

/** Uses a code, in the transaction of what it opens. @returns false when it is none, or was used */
export async function useStaffCode(sql: Sql, staff: ServiceKey, id: number, bare: string): Promise<boolean> {
  const { rowCount } = await sql`
    delete from staff_recovery_code
    where staff_id = ${id} and code_key = ${recoveryCodeKey(staff, `staff ${id}`, bare)}`
  if (rowCount > 0) await noteStaffEvent(sql, id, 'codeUsed')
  return rowCount > 0
}
