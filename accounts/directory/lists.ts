import { now, Refusal } from '#system'
import type { ServiceKey, Sql, Storage, Transaction } from '#storage'
import { isFormer } from '../closing/former.ts'
import { isLocalDomain } from './domains.ts'
import { normalizeForDirectory } from './normalize.ts'
import { isRole } from './operator.ts'

/**
 * Who may write to a list: anybody; its members; its members, and others once its owner has looked (`moderated`); everybody once its owner has
 * looked (`approved`); its owner alone.
 */
export const POSTINGS = ['anybody', 'members', 'moderated', 'approved', 'owner'] as const
export type Posting = (typeof POSTINGS)[number]

/** What the directory knows of a list. */
export interface ListAddress {
  accountId: number
  listId: number
  posting: Posting
}

/** A list's local part: with a bounce's detail behind it, it still has to be one (64 octets, RFC 5321 §4.5.3.1.1). */
const LONGEST_LOCAL = 32

const placeOf = (key: Buffer): string => `list/${key.toString('base64url')}`

/** The list that has an address, and what stands behind the "+" of it. Reads only what zegel_receiver may. */
export async function findList(
  storage: Storage,
  address: string,
): Promise<(ListAddress & { detail: string | undefined }) | undefined> {
  const whole = normalizeForDirectory(address)
  if (whole === undefined) return undefined
  const plus = whole.local.indexOf('+')
  const local = plus > 0 ? whole.local.slice(0, plus) : whole.local
  const directory = await storage.keys.serviceKey('directory')
  const { rows } = await storage.database.sql<ListAddress>`
    select account_id as "accountId", list_id as "listId", posting from list_address join account using (account_id)
    where address_key = ${directory.hash(`${local}@${whole.domain}`)} and state in ('open', 'suspended')`
  return rows[0] && { ...rows[0], detail: plus > 0 ? whole.local.slice(plus + 1) : undefined }
}

/**
 * Gives an address to a list, in the transaction that makes it.
 * @returns it as the directory writes it
 * @throws Refusal 'invalid', 'domainUnknown', 'exists' when somebody has it, 'addressFormer' when somebody had it who was erased
 */
export async function insertListAddress(
  storage: Storage,
  { account, sql }: Transaction,
  { address, listId, posting }: { address: string; listId: number; posting: Posting },
): Promise<string> {
  const whole = normalizeForDirectory(address)
  if (whole === undefined || !/^[a-z0-9][a-z0-9._-]*$/.test(whole.local) || whole.local.length > LONGEST_LOCAL)
    throw new Refusal('invalid', { fields: ['address'] })
  if (isRole(whole.local)) throw new Refusal('invalid', { fields: ['address'] })
  if (!(await isLocalDomain(storage, whole.domain))) throw new Refusal('domainUnknown')
  const directory = await storage.keys.serviceKey('directory')
  const text = `${whole.local}@${whole.domain}`
  const key = directory.hash(text)
  if (await isFormer(sql, directory, text)) throw new Refusal('addressFormer')
  const { rowCount } = await sql`
    insert into list_address (address_key, account_id, list_id, posting, sealed, created_at)
    select ${key}, ${account.id}, ${listId}, ${posting}, ${directory.seal(placeOf(key), text)}, ${now()}
    where not exists (select from address where address_key = ${key})
    on conflict (address_key) do nothing`
  if (rowCount === 0) throw new Refusal('exists')
  return text
}

export const removeListAddress = async ({ account, sql }: Transaction, listId: number): Promise<void> =>
  void (await sql`delete from list_address where account_id = ${account.id} and list_id = ${listId}`)

/** Takes from an account's lists the addresses in a domain that is not theirs any more; what is left of the lists, `removeListsIn` of #mail/lists ends. */
export async function removeListAddressesIn(
  sql: Sql,
  directory: ServiceKey,
  accountId: number,
  domain: string,
): Promise<void> {
  const { rows } = await sql<{ address_key: Buffer; sealed: Buffer }>`
    select address_key, sealed from list_address where account_id = ${accountId}`
  const inIt = rows.filter((row) =>
    directory.open(placeOf(row.address_key), row.sealed).toString().endsWith(`@${domain}`),
  )
  await sql`delete from list_address where address_key = any(${inIt.map((row) => row.address_key)}::bytea[])`
}

export const changePosting = async ({ account, sql }: Transaction, listId: number, posting: Posting): Promise<void> =>
  void (await sql`
    update list_address set posting = ${posting} where account_id = ${account.id} and list_id = ${listId}`)

/** Who may write to the lists of an account, by list. */
export async function postingsOf(sql: Sql, accountId: number): Promise<Map<number, Posting>> {
  const { rows } = await sql<{ list_id: number; posting: Posting }>`
    select list_id, posting from list_address where account_id = ${accountId}`
  return new Map(rows.map((row) => [row.list_id, row.posting]))
}

/** Notes that an owner is told now that something waits. @returns false when they were told since, or have no list any more */
export async function noteListOwnerTold(sql: Sql, accountId: number, since: Date): Promise<boolean> {
  const { rowCount } = await sql`
    update list_address set told_at = ${now()}
    where account_id = ${accountId}
      and not exists (select from list_address l where l.account_id = ${accountId} and l.told_at > ${since})`
  return rowCount > 0
}

/** Whether a list has an address: then no account gets it. */
export async function isListAddress(sql: Sql, key: Buffer): Promise<boolean> {
  return (await sql`select from list_address where address_key = ${key}`).rowCount > 0
}

/** All lists with their addresses, in their order. */
export async function listAddressesOfLists(
  storage: Storage,
): Promise<(ListAddress & { address: string; createdAt: Date })[]> {
  const directory: ServiceKey = await storage.keys.serviceKey('directory')
  const { rows } = await storage.database.sql<ListAddress & { address_key: Buffer; sealed: Buffer; created_at: Date }>`
    select account_id as "accountId", list_id as "listId", posting, address_key, sealed, created_at from list_address
    order by created_at`
  return rows
    .map(({ address_key, sealed, created_at, ...list }) => ({
      ...list,
      address: directory.open(placeOf(address_key), sealed).toString(),
      createdAt: created_at,
    }))
    .toSorted((a, b) => (a.address < b.address ? -1 : 1))
}

/**
 * Counts one more letter to a list in this hour.
 * @throws Refusal 'tooManyAttempts' when there were `most` already
 */
export async function countListLetter({ database }: Storage, listId: number, most: number): Promise<void> {
  const hour = new Date(Math.floor(now().getTime() / 3_600_000) * 3_600_000)
  const { rowCount } = await database.sql`
    update list_address set hour = ${hour}, letters = case when hour = ${hour} then letters + 1 else 1 end
    where list_id = ${listId} and (hour is distinct from ${hour} or letters < ${most})`
  if (rowCount === 0) throw new Refusal('tooManyAttempts')
}
