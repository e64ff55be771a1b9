import { today } from '#system'
import type { ServiceKey, Sql } from '#storage'
import { openAddress, type AddressRow } from '../directory/addresses.ts'

/** By which an address is known again whose account was erased: kept apart from those that somebody has. */
const formerKey = (directory: ServiceKey, address: string): Buffer => directory.hash(`former\0${address}`)

/** Remembers addresses of an account that is erased, so that nobody else ever gets mail that was meant for its owner. */
export async function rememberFormer(sql: Sql, directory: ServiceKey, addresses: readonly string[]): Promise<void> {
  await sql`
    insert into former_address (address_key, erased_on)
    select key, ${today()} from unnest(${addresses.map((address) => formerKey(directory, address))}::bytea[]) as given (key)
    on conflict do nothing`
}

/** Every address of these accounts, which are taken out of the directory next. */
export async function addressesOfAll(sql: Sql, directory: ServiceKey, accounts: readonly number[]): Promise<string[]> {
  const { rows } = await sql<AddressRow>`
    select address_key, sealed from address where account_id = any(${accounts}::bigint[])`
  return rows.map((row) => openAddress(directory, row))
}

/** @param address  as the directory knows it */
export async function isFormer(sql: Sql, directory: ServiceKey, address: string): Promise<boolean> {
  const { rowCount } = await sql`select from former_address where address_key = ${formerKey(directory, address)}`
  return rowCount > 0
}
