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

/** What an address is to its account: the first, another one, or one that was made for a single sender. */
export type AddressKind = 'primary' | 'alias' | 'masked'

/**
 * Writes an address of an account, in the transaction of what else makes it so. One that the account itself has given up is
 * taken back. Gives false when somebody has it, or has given it up.
 * @throws Refusal 'addressFormer' when somebody had it whose account was erased
 */
export async function insertAddress(
  sql: Sql,
  directory: ServiceKey,
  accountId: number,
  address: { local: string; domain: string },
  kind: AddressKind,
): Promise<boolean> {
  const text = `${address.local}@${address.domain}`
  const key = directory.hash(text)
  if (await isFormer(sql, directory, text)) throw new Refusal('addressFormer', { fields: ['address.taken'] })
  if (await isListAddress(sql, key)) return false
  const { rowCount } = await sql`
    insert into address (address_key, account_id, sealed, is_primary, is_masked, created_at)
    values (${key}, ${accountId}, ${directory.seal(placeOf(key), text)}, ${kind === 'primary'}, ${kind === 'masked'}, ${now()})
    on conflict (address_key) do update set removed_at = null, is_on = true, is_masked = excluded.is_masked
      where address.account_id = excluded.account_id and address.removed_at is not null and address.is_masked = excluded.is_masked`
  return rowCount > 0
}

/** Who receives mail for an address. */
export interface Recipient {
  accountId: number
  /** The masked address it came to, without a detail; undefined of any other. */
  masked: string | undefined
  /** The address is nobody's, and this account has what comes for such. */
  isCatchAll?: true
}

/**
 * Who receives mail for an address: the account that has it, else the one that has it without its "+detail"
 * (RFC 5233 §1 calls the parts user and detail), else for a role that nobody has whoever runs the service, else whoever gets all mail of
 * the domain. Nobody does for
 * one that is switched off or given up. Reads only what zegel_receiver may.
 */
export async function findRecipient(storage: Storage, address: string): Promise<Recipient | undefined> {
  const whole = normalizeForDirectory(address)
  if (whole === undefined) return undefined
  const locals = localsOf(whole)
  const keys = await keysOf(storage, whole)
  const { rows } = await storage.database.sql<{ accountId: number; place: number; isMasked: boolean }>`
    select account_id as "accountId", array_position(${keys}::bytea[], address_key) as place, is_masked as "isMasked"
    from address join account using (account_id)
    where address_key = any(${keys}::bytea[]) and is_on and state in ('open', 'suspended')
    order by place limit 1`
  const [row] = rows
  if (row !== undefined)
    return { accountId: row.accountId, masked: row.isMasked ? `${locals[row.place - 1]}@${whole.domain}` : undefined }
  const { sql } = storage.database
  const operator = isRole(locals.at(-1) ?? '') ? await findOperator(sql, whole.domain) : undefined
  if (operator !== undefined) return { accountId: operator, masked: undefined }
  const other = await findCatchAll(sql, keys, whole.domain)
  return other === undefined ? undefined : { accountId: other, masked: undefined, isCatchAll: true }
}

/** Who gets mail of a domain for an address that nobody has, or had. */
async function findCatchAll(sql: Sql, keys: readonly Buffer[], domain: string): Promise<number | undefined> {
  const { rows } = await sql<{ account_id: number }>`
    select account_id from domain join account on account_id = catch_all_account_id
    where domain = ${domain} and state in ('open', 'suspended')
      and not exists (select from address where address_key = any(${[...keys]}::bytea[]))`
  return rows[0]?.account_id
}

/** The account alone of `findRecipient`. */
export const findAddressee = async (storage: Storage, address: string): Promise<number | undefined> =>
  (await findRecipient(storage, address))?.accountId

/**
 * Whose address it is or was, also while it is switched off, given up, or its account is closed: nobody else ever gets it.
 * Reads only what zegel_receiver may.
 */
export async function findHolder(storage: Storage, address: string): Promise<number | undefined> {
  const whole = normalizeForDirectory(address)
  if (whole === undefined) return undefined
  const keys = await keysOf(storage, whole)
  const { rows } = await storage.database.sql<{ account_id: number }>`
    select account_id from address join account using (account_id)
    where address_key = any(${keys}::bytea[]) and state <> 'erasing'
    order by array_position(${keys}::bytea[], address_key) limit 1`
  return rows[0]?.account_id
}

/** An address as its owner may see it. */
export interface OwnAddress {
  address: string
  kind: AddressKind
  /** Whether it takes mail, and letters may be from it. */
  isOn: boolean
  /** Since when it is the account's: what was written to it before was for somebody else. */
  since: Date
  /** When it was given up. It stays the account's, so that nobody else gets it. */
  removedAt: Date | null
  /** How many came to a masked address while it was on. */
  letters: number
  lastLetterAt: Date | null
}

/** All that an account has or had, the primary one first, then as they came. */
export async function allAddressesOf(storage: Storage, accountId: number): Promise<OwnAddress[]> {
  const directory = await storage.keys.serviceKey('directory')
  const { rows } = await storage.database.sql<AddressRow & Omit<OwnAddress, 'address'>>`
    select address_key, sealed, case when is_primary then 'primary' when is_masked then 'masked' else 'alias' end as kind,
      is_on as "isOn", created_at as since, removed_at as "removedAt", letters, last_letter_at as "lastLetterAt"
    from address where account_id = ${accountId}
    order by is_primary desc, created_at, address_key`
  return rows.map(({ address_key, sealed, ...row }) => ({
    address: openAddress(directory, { address_key, sealed }),
    ...row,
  }))
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
    where address_key = any(${keys}::bytea[]) and is_on and state = 'closed'
    order by array_position(${keys}::bytea[], address_key) limit 1`
  return rows[0]
}

/** The addresses by which an account is known, the primary one first: neither masked ones nor those it has given up. */
export async function addressesOf(storage: Storage, accountId: number): Promise<string[]> {
  const directory = await storage.keys.serviceKey('directory')
  const { rows } = await storage.database.sql<AddressRow>`
    select address_key, sealed from address where account_id = ${accountId} and is_on and not is_masked
    order by is_primary desc, created_at, address_key`
  return rows.map((row) => openAddress(directory, row))
}
