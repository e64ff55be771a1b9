import { now, Refusal } from '#system'
import type { OpenAccount, Sql, Storage, Transaction } from '#storage'
import { readName } from '../sign-up/names.ts'
import { countToday } from '../limits/daily.ts'
import { addressesOf, addressKey, insertAddress } from './addresses.ts'
import { normalizeForDirectory } from './normalize.ts'

/** Who gives an account a further address: its owner, so many at most, or whoever runs the service. */
export type AliasBy = { by: 'owner'; most: number } | { by: 'operator' }

/** Of those that were ever made, so many times `most` are given up or there: nobody gathers names by leaving them. */
const EVER = 2

/** Names that an owner may try in a day. */
const TRIED_PER_DAY = 30

/** The domains in which somebody may have an alias or a masked address: those of the service in which they have an address, then their own. */
export async function usableDomains(storage: Storage, accountId: number): Promise<string[]> {
  const known = (await addressesOf(storage, accountId)).map((address) => address.slice(address.lastIndexOf('@') + 1))
  const { rows } = await storage.database.sql<{ domain: string }>`
    select domain from domain
    where owner_account_id = ${accountId} or (owner_account_id is null and domain = any(${known}::text[]))
    order by array_position(${known}::text[], domain), domain`
  return rows.map(({ domain }) => domain)
}

/**
 * Gives an account one more address, or one again that it has given up.
 * @returns the address as it is known
 * @throws Refusal 'invalid' with `name.form`, `name.reserved` or `address`; 'domainUnknown' for a domain that is not theirs to use;
 *   'addressTaken', 'addressFormer' with `address.taken`; 'tooManyItems'; 'tooManyAttempts' for today; 'forbidden' for a closed account
 */
export async function addAlias(storage: Storage, account: OpenAccount, given: string, by: AliasBy): Promise<string> {
  const parsed = normalizeForDirectory(given.trim())
  // "+" begins the detail of somebody else's address; what must be quoted is more than forms can take.
  if (parsed === undefined || /[+"]/.test(parsed.address)) throw new Refusal('invalid', { fields: ['address'] })
  const local = by.by === 'owner' ? readName(parsed.local) : parsed.local
  const domains = by.by === 'owner' ? await usableDomains(storage, account.id) : undefined
  if (domains !== undefined && !domains.includes(parsed.domain))
    throw new Refusal('domainUnknown', { fields: ['domain'] })
  const directory = await storage.keys.serviceKey('directory')
  // Whoever tries names out learns which ones others have.
  if (by.by === 'owner') await countToday(storage, 'alias', String(account.id), TRIED_PER_DAY)
  await account.write(async ({ sql }) => {
    await refuseClosed(sql, account.id)
    const { rowCount } = await sql`select from domain where domain = ${parsed.domain}`
    if (rowCount === 0) throw new Refusal('domainUnknown', { fields: ['domain'] })
    const isInserted = await insertAddress(sql, directory, account.id, { local, domain: parsed.domain }, 'alias')
    if (!isInserted) throw new Refusal('addressTaken', { fields: ['address.taken'] })
    if (by.by === 'owner') await refuseMore(sql, account.id, by.most)
  })
  return `${local}@${parsed.domain}`
}

async function refuseMore(sql: Sql, accountId: number, most: number): Promise<void> {
  const { rows } = await sql<{ there: number; ever: number }>`
    select count(*) filter (where removed_at is null)::int as there, count(*)::int as ever from address
    where account_id = ${accountId} and not is_primary and not is_masked`
  const { there, ever } = rows[0] ?? { there: 0, ever: 0 }
  if (there > most || ever > EVER * most) throw new Refusal('tooManyItems')
}

/** Nothing of a closed account is changed; whoever erases one reads its addresses first. @throws Refusal 'forbidden' */
export async function refuseClosed(sql: Sql, accountId: number): Promise<void> {
  const { rowCount } = await sql`
    select from account where account_id = ${accountId} and state in ('open', 'suspended')`
  if (rowCount === 0) throw new Refusal('forbidden')
}

/**
 * Gives an alias up: mail for it is refused from the commit on. Nobody else ever gets it; its owner may take it back.
 * @throws Refusal 'notFound'; 'forbidden' for the primary one
 */
export async function removeAlias(storage: Storage, account: OpenAccount, address: string): Promise<void> {
  const key = addressKey(await storage.keys.serviceKey('directory'), address)
  await account.write(async (tx) => {
    const row = await loadOwn(tx, key)
    if (row.is_primary) throw new Refusal('forbidden', { fields: ['primary'] })
    await giveUp(tx, key)
  })
}

/** Makes an alias the address by which the account is called and written to by the service. @throws Refusal 'notFound' */
export async function choosePrimary(storage: Storage, account: OpenAccount, address: string): Promise<void> {
  const key = addressKey(await storage.keys.serviceKey('directory'), address)
  await account.write(async (tx) => {
    await loadOwn(tx, key)
    // One after the other: there is one at most at any moment.
    await tx.sql`update address set is_primary = false where account_id = ${account.id} and is_primary and address_key <> ${key}`
    await tx.sql`update address set is_primary = true where account_id = ${account.id} and address_key = ${key}`
  })
}

async function loadOwn({ account, sql }: Transaction, key: Buffer): Promise<{ is_primary: boolean }> {
  const { rows } = await sql<{ is_primary: boolean }>`
    select is_primary from address
    where account_id = ${account.id} and address_key = ${key} and removed_at is null and not is_masked`
  if (rows[0] === undefined) throw new Refusal('notFound')
  return rows[0]
}

/** An address is its account's no more, and nobody else's. */
export async function giveUp({ account, sql }: Transaction, key: Buffer): Promise<void> {
  await sql`
    update address set removed_at = ${now()}, is_on = false where account_id = ${account.id} and address_key = ${key}`
}
