import type { Sql, Storage } from '#storage'
import { openAddress, type AddressRow } from '../directory/addresses.ts'
import { forgetDomain } from '../directory/domains.ts'
import { removeListAddressesIn } from '../directory/lists.ts'
import { claimKey } from './token.ts'

/**
 * Ends that a domain is served for its owner: mail for it is refused from then on. What belongs to it goes with it, the owner's
 * addresses in it and those of their lists too, so that nobody who has the domain later gives them mail.
 * @param within  what belongs to it, in its transaction
 * @returns whether it was theirs
 */
export async function releaseDomain(
  storage: Storage,
  accountId: number,
  domain: string,
  within?: (sql: Sql) => Promise<void>,
): Promise<boolean> {
  const directory = await storage.keys.serviceKey('directory')
  const isReleased = await storage.database.transaction(async (sql) => {
    const { rowCount } = await sql`
      delete from domain where domain = ${domain} and owner_account_id = ${accountId}`
    if (rowCount === 0) return false
    const { rows } = await sql<AddressRow & { isPrimary: boolean; isMasked: boolean }>`
      select address_key, sealed, is_primary as "isPrimary", is_masked as "isMasked" from address where account_id = ${accountId}
      order by removed_at nulls first, created_at`
    const isInIt = (row: AddressRow): boolean => openAddress(directory, row).endsWith(`@${domain}`)
    const inIt = rows.filter(isInIt)
    // Whoever is called by one of them is called by the first of their others from now on: the one they began with, at the least.
    const next = rows.find((row) => !row.isMasked && !isInIt(row))
    const isCalledByIt = inIt.some(({ isPrimary }) => isPrimary)
    const gone = inIt.filter(({ isPrimary }) => !isPrimary || next !== undefined)
    await sql`delete from address where address_key = any(${gone.map((row) => row.address_key)}::bytea[])`
    if (isCalledByIt && next !== undefined)
      await sql`
        update address set is_primary = true, is_on = true, removed_at = null where address_key = ${next.address_key}`
    await removeListAddressesIn(sql, directory, accountId, domain)
    await within?.(sql)
    return true
  })
  forgetDomain(storage, domain)
  return isReleased
}

/** Withdraws a claim. @returns whether there was one */
export async function withdrawClaim(storage: Storage, accountId: number, domain: string): Promise<boolean> {
  const directory = await storage.keys.serviceKey('directory')
  const { rowCount } = await storage.database.sql`
    delete from domain_claim where account_id = ${accountId} and domain_key = ${claimKey(directory, domain)}`
  return rowCount > 0
}

/** The domains of an account that is erased go with it, in the transaction that ends it. */
export async function releaseDomainsOf(sql: Sql, accountId: number): Promise<void> {
  await sql`delete from domain where owner_account_id = ${accountId}`
}
