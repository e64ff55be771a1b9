import { now } from '#system'
import type { ServiceKey, Sql, Storage } from '#storage'
import { addressesOf } from '../directory/addresses.ts'

/** Accounts that one address outside may lead back into. */
export const MOST_ACCOUNTS = 5

/** The address outside by which a person gets back in. */
export interface Recovery {
  address: string
  provenAt: Date
}

/** By which it is found: kept apart from addresses that are served here. */
export const recoveryKey = (directory: ServiceKey, address: string): Buffer => directory.hash(`recovery\0${address}`)

const placeOf = (accountId: number): string => `recovery/${accountId}`

export const openRecovery = (directory: ServiceKey, accountId: number, sealed: Uint8Array): string =>
  directory.open(placeOf(accountId), sealed).toString()

/** Undefined for an account that has none: the operator made it. */
export async function findRecovery(storage: Storage, accountId: number): Promise<Recovery | undefined> {
  const { rows } = await storage.database.sql<{ sealed: Buffer; proven_at: Date }>`
    select sealed, proven_at from recovery where account_id = ${accountId}`
  const [row] = rows
  if (row === undefined) return undefined
  const directory = await storage.keys.serviceKey('directory')
  return { address: openRecovery(directory, accountId, row.sealed), provenAt: row.proven_at }
}

/**
 * Sets an account's address outside, which has been proven by a code.
 * @param address  as readExternal gives it
 * @returns false when it leads into five accounts already
 */
export async function writeRecovery(
  sql: Sql,
  directory: ServiceKey,
  accountId: number,
  address: string,
): Promise<boolean> {
  const key = recoveryKey(directory, address)
  const { rows } = await sql<{ others: number }>`
    select count(*)::int as others from recovery where address_key = ${key} and account_id <> ${accountId}`
  if ((rows[0]?.others ?? 0) >= MOST_ACCOUNTS) return false
  await sql`
    insert into recovery (account_id, address_key, sealed, proven_at)
    values (${accountId}, ${key}, ${directory.seal(placeOf(accountId), address)}, ${now()})
    on conflict (account_id) do update set (address_key, sealed, proven_at) =
      (excluded.address_key, excluded.sealed, excluded.proven_at)`
  return true
}

/** Accounts into which an address outside leads, with their primary addresses. @param address  in the directory's form */
export async function accountsOfRecovery(
  storage: Storage,
  address: string,
): Promise<{ accountId: number; address: string }[]> {
  const directory = await storage.keys.serviceKey('directory')
  const { rows } = await storage.database.sql<{ account_id: number }>`
    select account_id from recovery join account using (account_id)
    where address_key = ${recoveryKey(directory, address)} and state in ('open', 'suspended', 'closed')
    order by account_id limit ${MOST_ACCOUNTS}`
  return Promise.all(
    rows.map(async ({ account_id: accountId }) => ({
      accountId,
      address: (await addressesOf(storage, accountId))[0] ?? '',
    })),
  )
}

/** An address for whoever knows it and nobody else: `h…@example.org`. */
export function maskAddress(address: string): string {
  const at = address.lastIndexOf('@')
  return `${Array.from(address)[0] ?? ''}…${address.slice(at)}`
}
