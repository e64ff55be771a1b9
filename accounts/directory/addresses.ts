import type { Address } from '#formats/message'
import { now, Refusal } from '#system'
import type { ServiceKey, Sql, Storage } from '#storage'
import { isFormer } from '../closing/former.ts'
import { isListAddress } from './lists.ts'
import { normalizeForDirectory } from './normalize.ts'
import { findOperator, isRole } from './operator.ts'

/**
 * The directory: which account an address belongs to. An address is found by a keyed hash and read by opening what is
 * sealed beside it, both under the service key "directory".
 */
export interface AddressRow {
  address_key: Buffer
  sealed: Buffer
}

/** The hash by which an address is found. What is no address has one too, so that asking for it costs the same. */
export function addressKey(directory: ServiceKey, address: string): Buffer {
  const found = normalizeForDirectory(address)
  return directory.hash(found === undefined ? `none\0${address}` : `${found.local}@${found.domain}`)
}

const placeOf = (key: Buffer): string => `address/${key.toString('base64url')}`

export const openAddress = (directory: ServiceKey, { address_key, sealed }: AddressRow): string =>
  directory.open(placeOf(address_key), sealed).toString()

/**
 * Writes an address in the transaction that makes its account. Gives false when somebody has it.
 * @throws Refusal 'addressFormer' when somebody had it whose account was erased
 */
export async function insertAddress(
  sql: Sql,
  directory: ServiceKey,
  accountId: number,
  address: { local: string; domain: string },
): Promise<boolean> {
  const text = `${address.local}@${address.domain}`
  const key = directory.hash(text)
  if (await isFormer(sql, directory, text)) throw new Refusal('addressFormer')
  if (await isListAddress(sql, key)) return false
  const { rowCount } = await sql`
    insert into address (address_key, account_id, sealed, is_primary, created_at)
    values (${key}, ${accountId}, ${directory.seal(placeOf(key), text)}, true, ${now()})
    on conflict (address_key) do nothing`
  return rowCount > 0
}

/**
 * Who receives mail for an address: the account that has it, else the one that has it without its "+detail"
 * (RFC 5233 §1 calls the parts user and detail), else for a role that nobody has whoever runs the service. Reads only what zegel_receiver may.
 */
export async function findAddressee(storage: Storage, address: string): Promise<number | undefined> {
  const whole = normalizeForDirectory(address)
  if (whole === undefined) return undefined
  const locals = localsOf(whole)
  const keys = await keysOf(storage, whole)
  const { rows } = await storage.database.sql<{ account_id: number }>`
    select account_id from address join account using (account_id)
    where address_key = any(${keys}::bytea[]) and state in ('open', 'suspended')
    order by array_position(${keys}::bytea[], address_key) limit 1`
  if (rows[0] !== undefined) return rows[0].account_id
  return isRole(locals.at(-1) ?? '') ? findOperator(storage.database.sql, whole.domain) : undefined
}

/** An account's addresses with the time since when they are its own: what was written to one before was for somebody else. */
export async function addressesSince(storage: Storage, accountId: number): Promise<{ address: string; since: Date }[]> {
  const directory = await storage.keys.serviceKey('directory')
  const { rows } = await storage.database.sql<AddressRow & { created_at: Date }>`
    select address_key, sealed, created_at from address where account_id = ${accountId}
    order by is_primary desc, created_at, address_key`
  return rows.map((row) => ({ address: openAddress(directory, row), since: row.created_at }))
}

/** What stands before the "@", and what does without "+detail". */
function localsOf({ local }: Address): string[] {
  const plus = local.indexOf('+')
  return plus > 0 ? [local, local.slice(0, plus)] : [local]
}

async function keysOf({ keys }: Storage, whole: Address): Promise<Buffer[]> {
  const directory = await keys.serviceKey('directory')
  return localsOf(whole).map((local) => directory.hash(`${local}@${whole.domain}`))
}

/** A closed account by its address. */
export interface ClosedAddressee {
  accountId: number
  /** Until then mail for it goes on to its owner's address outside; null where it is refused. */
  forwardUntil: Date | null
}

/** The closed account that an address, with or without its "+detail", belongs to. Reads only what zegel_receiver may. */
export async function findClosedAddressee(storage: Storage, address: string): Promise<ClosedAddressee | undefined> {
  const whole = normalizeForDirectory(address)
  if (whole === undefined) return undefined
  const keys = await keysOf(storage, whole)
  const { rows } = await storage.database.sql<ClosedAddressee>`
    select account_id as "accountId", forward_until as "forwardUntil"
    from address join account using (account_id) join closure using (account_id)
    where address_key = any(${keys}::bytea[]) and state = 'closed'
    order by array_position(${keys}::bytea[], address_key) limit 1`
  return rows[0]
}

/** An account's addresses in full, the primary one first. */
export async function addressesOf(storage: Storage, accountId: number): Promise<string[]> {
  const directory = await storage.keys.serviceKey('directory')
  const { rows } = await storage.database.sql<AddressRow>`
    select address_key, sealed from address where account_id = ${accountId}
    order by is_primary desc, created_at, address_key`
  return rows.map((row) => openAddress(directory, row))
}
