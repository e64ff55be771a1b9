import { randomBytes } from 'node:crypto'
import {
  creationOptions,
  giveStep,
  readStep,
  useStep,
  verifyCreation,
  type CreationOptions,
  type KnownPasskey,
} from '#accounts'
import { now, Refusal } from '#system'
import { newId, type ServiceKey, type Sql, type Storage } from '#storage'
import { noteStaffEvent } from './events.ts'

const NEW = 'staff passkey'
const MINUTES = 15
const MOST = 10
const LONGEST_NAME = 60

/** A passkey of somebody of the staff. */
export interface StaffPasskey extends KnownPasskey {
  /** Which of theirs it is, and what they call it. */
  id: number
  name: string
  staffId: number
  counter: number
  createdAt: Date
}

type Sealed = KnownPasskey & { id: number; name: string }

interface Row {
  staff_id: number
  credential_key: Buffer
  sealed: Buffer
  counter: number
  created_at: Date
}

const keyOf = (staff: ServiceKey, credentialId: string): Buffer => staff.hash(`passkey\0${credentialId}`)

const opened = (staff: ServiceKey, row: Row): StaffPasskey => ({
  ...(JSON.parse(staff.open(`passkey/${row.credential_key.toString('hex')}`, row.sealed).toString()) as Sealed),
  staffId: row.staff_id,
  counter: row.counter,
  createdAt: row.created_at,
})

export async function staffPasskeys(storage: Storage, staffId: number): Promise<StaffPasskey[]> {
  const staff = await storage.keys.serviceKey('staff')
  const { rows } = await storage.database.sql<Row>`
    select staff_id, credential_key, sealed, counter, created_at from staff_passkey
    where staff_id = ${staffId} order by created_at`
  return rows.map((row) => opened(staff, row))
}

/** As their owner is shown them. */
export const listStaffPasskeys = async (
  storage: Storage,
  staffId: number,
): Promise<{ id: number; name: string; createdAt: Date }[]> =>
  (await staffPasskeys(storage, staffId)).map(({ id, name, createdAt }) => ({ id, name, createdAt }))

/** Notes that one has served. @throws Refusal 'badCredentials' when it has counted on meanwhile, or is gone */
export async function noteStaffPasskey(
  sql: Sql,
  staff: ServiceKey,
  { credentialId, counter }: StaffPasskey,
  next: number,
): Promise<void> {
  const { rowCount } = await sql`
    update staff_passkey set counter = ${next}
    where credential_key = ${keyOf(staff, credentialId)} and counter = ${counter}`
  if (rowCount === 0) throw new Refusal('badCredentials')
}

/** @throws Refusal 'tooManyItems' */
export async function beginStaffPasskey(
  storage: Storage,
  { id, name }: { id: number; name: string },
  { origin, service }: { origin: string; service: string },
): Promise<{ options: CreationOptions; token: string }> {
  const known = await staffPasskeys(storage, id)
  if (known.length >= MOST) throw new Refusal('tooManyItems')
  const staff = await storage.keys.serviceKey('staff')
  const challenge = randomBytes(32).toString('base64url')
  const handle = staff.hash(`passkey user\0${id}`).toString('base64url')
  return {
    options: await creationOptions(
      { challenge, origin },
      { service: `${service} desk`, user: { handle, name }, known },
    ),
    token: await giveStep(storage, `${NEW} ${id}`, { challenge, origin }, MINUTES),
  }
}

/** @param credential  as the browser gave it @throws Refusal 'expired', 'badCredentials', 'invalid' with `name`, 'exists' */
export async function addStaffPasskey(
  storage: Storage,
  staffId: number,
  { token, name, credential }: { token: string; name: string; credential: unknown },
): Promise<void> {
  const wished = name.normalize('NFC').trim()
  if (wished === '' || wished.length > LONGEST_NAME || /\p{C}/u.test(wished))
    throw new Refusal('invalid', { fields: ['name'] })
  const step = await readStep<{ challenge: string; origin: string }>(storage, `${NEW} ${staffId}`, token)
  const { counter, ...made } = await verifyCreation(step, credential)
  const staff = await storage.keys.serviceKey('staff')
  const key = keyOf(staff, made.credentialId)
  const content: Sealed = { ...made, id: newId(), name: wished }
  const sealed = staff.seal(`passkey/${key.toString('hex')}`, JSON.stringify(content))
  await storage.database.transaction(async (sql) => {
    await useStep(storage, sql, token, step.endsMs)
    const { rowCount } = await sql`
      insert into staff_passkey (credential_key, staff_id, sealed, counter, created_at)
      values (${key}, ${staffId}, ${sealed}, ${counter}, ${now()}) on conflict do nothing`
    if (rowCount === 0) throw new Refusal('exists')
    await noteStaffEvent(sql, staffId, 'passkeyAdded')
  })
}

/** @throws Refusal 'notFound' */
export async function removeStaffPasskey(storage: Storage, staffId: number, id: number): Promise<void> {
  const one = (await staffPasskeys(storage, staffId)).find((each) => each.id === id)
  if (one === undefined) throw new Refusal('notFound')
  const staff = await storage.keys.serviceKey('staff')
  await storage.database.transaction(async (sql) => {
    await sql`delete from staff_passkey where credential_key = ${keyOf(staff, one.credentialId)}`
    await noteStaffEvent(sql, staffId, 'passkeyRemoved')
  })
}
