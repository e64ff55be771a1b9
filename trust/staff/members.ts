import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { STAFF_ROLES, type StaffRole } from '#policy'
import { now, nowMs, Refusal } from '#system'
import type { ServiceKey, Sql, Storage } from '#storage'
import { noteStaffEvent } from './events.ts'

/** Somebody who works here, or did. */
export interface Member {
  id: number
  login: string
  name: string
  roles: StaffRole[]
  createdAt: Date
  endedAt: Date | null
  /** Whether they have set a password and a second factor. */
  isEnrolled: boolean
}

/** What they sign in with: ASCII, so that no two look alike. */
const Login = z.string().regex(/^[a-z0-9](?:[a-z0-9._-]{0,38}[a-z0-9])?$/)
const Name = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(/^\P{C}+$/u)
const Roles = z.array(z.enum(STAFF_ROLES)).min(1)

/** For setting a password and a second factor. */
const INVITATION_MS = 24 * 3_600_000

const placeOf = (id: number): string => `member/${id}`

/** By which somebody is found who signs in. @param login  as typed */
export const loginKey = (staff: ServiceKey, login: string): Buffer =>
  staff.hash(`login\0${login.trim().toLowerCase().slice(0, 100)}`)

const codeKey = (staff: ServiceKey, id: number, code: string): Buffer =>
  staff.hash(`invitation\0${id}\0${code.trim().slice(0, 100)}`)

export const openMember = (staff: ServiceKey, id: number, sealed: Uint8Array): { login: string; name: string } =>
  JSON.parse(staff.open(placeOf(id), sealed).toString()) as { login: string; name: string }

/**
 * Makes a member of the staff, who cannot sign in before they have used their code.
 * @returns the code, given once: it is good for a day
 * @throws Refusal 'invalid' with the fields at fault, 'exists'
 */
export async function addMember(
  storage: Storage,
  wished: { login: string; name: string; roles: readonly string[] },
): Promise<{ id: number; code: string }> {
  const member = z.object({ login: Login, name: Name, roles: Roles }).safeParse(wished)
  if (!member.success)
    throw new Refusal('invalid', { fields: member.error.issues.map(({ path }) => `--${String(path[0])}`) })
  const { login, name, roles } = member.data
  const staff = await storage.keys.serviceKey('staff')
  return storage.database.transaction(async (sql) => {
    await sql`select pg_advisory_xact_lock(hashtext('zegel staff'))`
    const { rows } = await sql<{ id: number }>`select coalesce(max(staff_id), 0) + 1 as id from staff`
    const id = rows[0]?.id ?? 1
    const { rowCount } = await sql`
      insert into staff (staff_id, login_key, sealed, roles, created_at)
      values (${id}, ${loginKey(staff, login)}, ${staff.seal(placeOf(id), JSON.stringify({ login, name }))},
              ${[...new Set(roles)]}, ${now()})
      on conflict (login_key) do nothing`
    if (rowCount === 0) throw new Refusal('exists')
    return { id, code: await invite(sql, staff, id) }
  })
}

async function invite(sql: Sql, staff: ServiceKey, id: number): Promise<string> {
  const code = randomBytes(15).toString('base64url')
  await sql`
    insert into staff_invitation (staff_id, code_key, ends_at)
    values (${id}, ${codeKey(staff, id, code)}, ${new Date(nowMs() + INVITATION_MS)})
    on conflict (staff_id) do update set code_key = excluded.code_key, ends_at = excluded.ends_at`
  await noteStaffEvent(sql, id, 'invited')
  return code
}

/** Whether a code is somebody's. @returns their id */
export async function invitedBy(
  storage: Storage,
  { login, code }: { login: string; code: string },
): Promise<number | undefined> {
  const staff = await storage.keys.serviceKey('staff')
  const { rows } = await storage.database.sql<{ id: number; code_key: Buffer }>`
    select staff_id as id, code_key from staff join staff_invitation using (staff_id)
    where login_key = ${loginKey(staff, login)} and ended_at is null and ends_at > ${now()}`
  return rows.find(({ id, code_key: key }) => key.equals(codeKey(staff, id, code)))?.id
}

/** Uses a code up, in the transaction of what it leads to. @throws Refusal 'expired' when somebody has */
export async function useInvitation(sql: Sql, id: number): Promise<void> {
  const { rowCount } = await sql`delete from staff_invitation where staff_id = ${id} and ends_at > ${now()}`
  if (rowCount === 0) throw new Refusal('expired')
}

/**
 * For somebody who has lost their password or their second factors: takes both, ends their sessions, and gives a new code.
 * @throws Refusal 'notFound'
 */
export async function inviteAgain(storage: Storage, login: string): Promise<{ id: number; code: string }> {
  const staff = await storage.keys.serviceKey('staff')
  return storage.database.transaction(async (sql) => {
    const id = await activeId(sql, staff, login)
    await lockOut(sql, id)
    return { id, code: await invite(sql, staff, id) }
  })
}

/** Ends somebody's work here: at once, for good. Their number stays with what they did. @throws Refusal 'notFound' */
export async function endMember(storage: Storage, login: string): Promise<number> {
  const staff = await storage.keys.serviceKey('staff')
  return storage.database.transaction(async (sql) => {
    const id = await activeId(sql, staff, login)
    await lockOut(sql, id)
    await sql`delete from staff_invitation where staff_id = ${id}`
    await sql`update staff set ended_at = ${now()}, roles = '{}' where staff_id = ${id}`
    await noteStaffEvent(sql, id, 'ended')
    return id
  })
}

/** @throws Refusal 'notFound', 'invalid' */
export async function changeRoles(storage: Storage, login: string, wished: readonly string[]): Promise<number> {
  const roles = Roles.safeParse(wished)
  if (!roles.success) throw new Refusal('invalid', { fields: ['--roles'] })
  const staff = await storage.keys.serviceKey('staff')
  return storage.database.transaction(async (sql) => {
    const id = await activeId(sql, staff, login)
    await sql`update staff set roles = ${[...new Set(roles.data)]} where staff_id = ${id}`
    await noteStaffEvent(sql, id, 'rolesChanged')
    return id
  })
}

export async function listMembers(storage: Storage): Promise<Member[]> {
  const staff = await storage.keys.serviceKey('staff')
  const { rows } = await storage.database.sql<Omit<Member, 'login' | 'name'> & { sealed: Buffer }>`
    select staff_id as id, sealed, roles, created_at as "createdAt", ended_at as "endedAt",
           password is not null as "isEnrolled"
    from staff order by staff_id`
  return rows.map(({ sealed, ...row }) => ({ ...row, ...openMember(staff, row.id, sealed) }))
}

async function activeId(sql: Sql, staff: ServiceKey, login: string): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    select staff_id as id from staff where login_key = ${loginKey(staff, login)} and ended_at is null for update`
  if (rows[0] === undefined) throw new Refusal('notFound')
  return rows[0].id
}

async function lockOut(sql: Sql, id: number): Promise<void> {
  await sql`update staff set password = null, password_set_at = null where staff_id = ${id}`
  await sql`delete from staff_totp where staff_id = ${id}`
  await sql`delete from staff_passkey where staff_id = ${id}`
  await sql`delete from staff_recovery_code where staff_id = ${id}`
  await sql`delete from staff_session where staff_id = ${id}`
}
