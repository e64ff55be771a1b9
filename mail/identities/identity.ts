import { allAddressesOf } from '#accounts'
import { normalizeAddress, type EmailAddress } from '#formats/message'
import { addRecord, findRecord, readRecords, removeRecord, type StoredRecord } from '#items'
import type { OpenAccount, Storage, Transaction } from '#storage'
import { Refusal } from '#system'

export const IDENTITY = 'identity'

/** Under which name and address somebody writes, and what stands below. RFC 8621 §6. */
export interface Identity extends Record<string, unknown> {
  name: string
  /** An address of the account, or one with a detail. Stays as it is. */
  email: string
  replyTo: EmailAddress[] | null
  bcc: EmailAddress[] | null
  textSignature: string
  /** As it was given: whoever shows it cleans it. */
  htmlSignature: string
  /** False for the one that an own address always has. */
  mayDelete: boolean
}

export async function identityOf(account: OpenAccount, id: number): Promise<Identity | undefined> {
  const [record] = await readRecords<Identity>(account, IDENTITY, [id])
  return record?.value
}

/**
 * The identity under which somebody writes from the first of these addresses that has one; else that of the account's first address.
 * The addresses are the account's, with a detail perhaps.
 */
export async function identityFor(
  storage: Storage,
  account: OpenAccount,
  addresses: readonly string[],
): Promise<number> {
  await makeDefaultIdentities(storage, account)
  const records = await readRecords<Identity>(account, IDENTITY, null)
  const isOf = (address: string) => (record: StoredRecord<Identity>) => sameAddress(record.value.email, address)
  const found = addresses.flatMap((address) => records.find(isOf(address)) ?? [])
  return ((found[0] ?? records[0]) as StoredRecord<Identity>).id
}

const sameAddress = (one: string, other: string): boolean => normalizeAddress(one) === normalizeAddress(other)

/** The name under which somebody writes from an address; '' when they gave none. */
export async function nameOfAddress(account: OpenAccount, address: string): Promise<string> {
  const records = await readRecords<Identity>(account, IDENTITY, null)
  return records.find(({ value }) => value.email.toLowerCase() === address.toLowerCase())?.value.name ?? ''
}

/** What the identity that an own address always has is found by; others are found by nothing. */
export const defaultLookup = ({ email, mayDelete }: Pick<Identity, 'email' | 'mayDelete'>): string | undefined =>
  mayDelete ? undefined : email

/** Gives every address of the account the identity it always has, where it is missing, and takes it from those it has given up. */
export async function makeDefaultIdentities(storage: Storage, account: OpenAccount): Promise<void> {
  const [addresses, records] = await Promise.all([
    allAddressesOf(storage, account.id),
    readRecords<Identity>(account, IDENTITY, null),
  ])
  const wanted = new Set(addresses.flatMap(({ address, removedAt }) => (removedAt === null ? [address] : [])))
  const known = new Set(records.flatMap(({ value }) => defaultLookup(value) ?? []))
  const left = records.filter(({ value }) => !value.mayDelete && !wanted.has(value.email))
  for (const email of wanted)
    if (!known.has(email)) await unlessDone(account, 'exists', (tx) => addDefaultIdentity(tx, email))
  for (const { id } of left) await unlessDone(account, 'notFound', (tx) => removeRecord(tx, IDENTITY, id))
}

/** Somebody else who reads for the first time may be quicker. */
async function unlessDone(
  account: OpenAccount,
  reason: Refusal['reason'],
  work: (tx: Transaction) => Promise<unknown>,
): Promise<void> {
  try {
    await account.write(work)
  } catch (error) {
    if (!(error instanceof Refusal && error.reason === reason)) throw error
  }
}

/** The identity that a new address always has. @throws Refusal 'exists' */
export function addDefaultIdentity(tx: Transaction, email: string): Promise<number> {
  const value = newIdentity(email)
  return addRecord(tx, { kind: IDENTITY, value, lookup: defaultLookup(value) })
}

/** Removes the identity that an address always has, in the transaction that gives the address up. */
export async function removeDefaultIdentity(tx: Transaction, email: string): Promise<void> {
  const found = await findRecord<Identity>(tx.account, IDENTITY, email, tx.sql)
  if (found !== undefined) await removeRecord(tx, IDENTITY, found.id)
}

const newIdentity = (email: string): Identity => ({
  name: '',
  email,
  replyTo: null,
  bcc: null,
  textSignature: '',
  htmlSignature: '',
  mayDelete: false,
})
