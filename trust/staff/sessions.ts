import { randomBytes } from 'node:crypto'
import type { StaffRole } from '#policy'
import { now, nowMs } from '#system'
import type { ServiceKey, Sql, Storage } from '#storage'
import { openMember } from './members.ts'
import { noteStaffEvent } from './events.ts'

/** A working day; and an hour of doing nothing. */
const LIFETIME_MS = 10 * 3_600_000
const IDLE_MS = 3_600_000

/** A use is noted at most this often. */
const NOTE_MS = 60_000

const keyOf = (staff: ServiceKey, token: string): Buffer => staff.hash(`session\0${token}`)

/** Who of the staff is signed in. */
export interface InStaffSession {
  id: number
  name: string
  roles: StaffRole[]
}

/** @returns the token, given once: 43 characters of base64url */
export async function openStaffSession(sql: Sql, staff: ServiceKey, id: number): Promise<string> {
  const token = randomBytes(32).toString('base64url')
  await sql`
    insert into staff_session (token_key, staff_id, created_at, used_at, expires_at)
    values (${keyOf(staff, token)}, ${id}, ${now()}, ${now()}, ${new Date(nowMs() + LIFETIME_MS)})`
  await noteStaffEvent(sql, id, 'signedIn')
  return token
}

/** Undefined for what is no token, or one that has ended. */
export async function findStaff(storage: Storage, token: string): Promise<InStaffSession | undefined> {
  if (!/^[\w-]{43}$/.test(token)) return undefined
  const staff = await storage.keys.serviceKey('staff')
  const key = keyOf(staff, token)
  const { rows } = await storage.database.sql<{ id: number; roles: StaffRole[]; sealed: Buffer; used_at: Date }>`
    select staff_id as id, roles, sealed, used_at from staff_session join staff using (staff_id)
    where token_key = ${key} and expires_at > ${now()} and used_at > ${new Date(nowMs() - IDLE_MS)}
      and ended_at is null`
  const [row] = rows
  if (row === undefined) return undefined
  if (row.used_at.getTime() < nowMs() - NOTE_MS)
    await storage.database.sql`update staff_session set used_at = ${now()} where token_key = ${key}`
  return { id: row.id, roles: row.roles, name: openMember(staff, row.id, row.sealed).name }
}

export async function endStaffSession(storage: Storage, token: string): Promise<void> {
  const staff = await storage.keys.serviceKey('staff')
  await storage.database.transaction(async (sql) => {
    const { rows } = await sql<{ id: number }>`
      delete from staff_session where token_key = ${keyOf(staff, token)} returning staff_id as id`
    for (const { id } of rows) await noteStaffEvent(sql, id, 'signedOut')
  })
}
