import { now, Refusal } from '#system'
import type { ServiceKey, Storage, Transaction } from '#storage'
import { addressKey, insertAddress } from './addresses.ts'
import { giveUp, refuseClosed, usableDomains } from './aliases.ts'
import { normalizeDomain } from './normalize.ts'

/** What a new masked address needs to be within. */
export interface MaskedLimits {
  most: number
  mostPerDay: number
}

const DAY_MS = 86_400_000

/**
 * Gives an account a masked address. Writes nothing but the directory.
 * @returns false when somebody has it
 * @throws Refusal 'tooManyItems', 'tooManyAttempts' for today, 'addressFormer'; 'forbidden' for a closed account
 */
export async function insertMasked(
  { account, sql }: Transaction,
  directory: ServiceKey,
  address: { local: string; domain: string },
  { most, mostPerDay }: MaskedLimits,
): Promise<boolean> {
  await refuseClosed(sql, account.id)
  const since = new Date(now().getTime() - DAY_MS)
  const { rows } = await sql<{ there: number; today: number }>`
    select count(*) filter (where removed_at is null)::int as there, count(*) filter (where created_at > ${since})::int as today
    from address where account_id = ${account.id} and is_masked`
  const { there, today } = rows[0] ?? { there: 0, today: 0 }
  if (there >= most) throw new Refusal('tooManyItems')
  if (today >= mostPerDay) throw new Refusal('tooManyAttempts', { retryAfterSeconds: DAY_MS / 1000 })
  return insertAddress(sql, directory, account.id, address, 'masked')
}

/** Whether a masked address takes mail from the commit on. @throws Refusal 'notFound' */
export async function switchMasked(
  tx: Transaction,
  directory: ServiceKey,
  address: string,
  isOn: boolean,
): Promise<void> {
  const { rowCount } = await tx.sql`
    update address set is_on = ${isOn}
    where account_id = ${tx.account.id} and address_key = ${addressKey(directory, address)} and is_masked and removed_at is null`
  if (rowCount === 0) throw new Refusal('notFound')
}

/** Gives a masked address up: nobody ever gets it again. @throws Refusal 'notFound' */
export async function removeMasked(tx: Transaction, directory: ServiceKey, address: string): Promise<void> {
  const key = addressKey(directory, address)
  const { rowCount } = await tx.sql`
    select from address where account_id = ${tx.account.id} and address_key = ${key} and is_masked and removed_at is null`
  if (rowCount === 0) throw new Refusal('notFound')
  await giveUp(tx, key)
}

/** Counts a letter that came to a masked address. Needs no more than zegel_receiver may. */
export async function countMaskedLetter(
  { account, sql }: Transaction,
  directory: ServiceKey,
  address: string,
): Promise<void> {
  await sql`
    update address set letters = letters + 1, last_letter_at = ${now()}
    where account_id = ${account.id} and address_key = ${addressKey(directory, address)} and is_masked`
}

/** A domain in which an account may have a masked address: the one asked for, or that of its primary address. @throws Refusal 'domainUnknown' */
export async function domainForMasked(storage: Storage, accountId: number, asked: string | undefined): Promise<string> {
  const domains = await usableDomains(storage, accountId)
  const domain = asked === undefined ? domains[0] : normalizeDomain(asked)
  if (domain === undefined || !domains.includes(domain)) throw new Refusal('domainUnknown', { fields: ['domain'] })
  return domain
}
