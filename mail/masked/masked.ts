import {
  allAddressesOf,
  countMaskedLetter,
  domainForMasked,
  insertMasked,
  removeMasked,
  switchMasked,
  type MaskedLimits,
} from '#accounts'
import { addRecord, readRecords, removeRecord, touchRecord, updateRecord, type StoredRecord } from '#items'
import { addDefaultIdentity, makeDefaultIdentities, removeDefaultIdentity } from '#mail/identities'
import type { OpenAccount, Storage, Transaction } from '#storage'
import { Refusal } from '#system'
import { newLocalPart } from './local-part.ts'

export const MASKED = 'maskedAddress'

/** What is sealed of a masked address. */
interface Kept {
  email: string
  /** What it is for, in its owner's words. */
  name: string
}

export interface MaskedAddress extends Kept {
  id: number
  /** Off, mail for it is refused as for an address that nobody has, and nothing can be from it. */
  isOn: boolean
  createdAt: Date
  /** How many letters came to it, and when the last did. */
  letters: number
  lastLetterAt: Date | null
}

export interface NewMasked {
  name: string
  /** What the address begins with. */
  prefix: string | undefined
  domain: string | undefined
}

/** New local parts that are tried: with 40 bits of chance the second is hardly ever wanted. */
const TRIES = 3

/**
 * Makes a masked address, with the identity by which letters are written from it.
 * @returns its id
 * @throws Refusal 'invalid' with `prefix`; 'domainUnknown'; 'tooManyItems'; 'tooManyAttempts' for today; 'forbidden' for a closed account
 */
export async function makeMasked(
  storage: Storage,
  account: OpenAccount,
  limits: MaskedLimits,
  { name, prefix, domain: asked }: NewMasked,
): Promise<number> {
  const [directory, domain] = await Promise.all([
    storage.keys.serviceKey('directory'),
    domainForMasked(storage, account.id, asked),
  ])
  // Programs begin with the identity that is the oldest: that of the account's own address, and no masked one.
  await makeDefaultIdentities(storage, account)
  return account.write(async (tx) => {
    for (let tried = 0; tried < TRIES; tried++) {
      const local = newLocalPart(prefix)
      if (!(await insertMasked(tx, directory, { local, domain }, limits))) continue
      const value: Kept = { email: `${local}@${domain}`, name }
      await addDefaultIdentity(tx, value.email)
      return addRecord(tx, { kind: MASKED, value, lookup: value.email })
    }
    throw new Refusal('unavailable')
  })
}

/** @param ids  null for all */
export async function listMasked(
  storage: Storage,
  account: OpenAccount,
  ids: readonly number[] | null,
): Promise<MaskedAddress[]> {
  const [records, addresses] = await Promise.all([
    readRecords<Kept>(account, MASKED, ids),
    allAddressesOf(storage, account.id),
  ])
  const known = new Map(addresses.map((one) => [one.address, one]))
  return records.flatMap(({ id, value, createdAt }) => {
    const found = known.get(value.email)
    if (found === undefined) return []
    const { isOn, letters, lastLetterAt } = found
    return [{ ...value, id, createdAt, isOn, letters, lastLetterAt }]
  })
}

/** @throws Refusal 'notFound' */
export async function changeMasked(
  storage: Storage,
  account: OpenAccount,
  id: number,
  { name, isOn }: { name?: string | undefined; isOn?: boolean | undefined },
): Promise<void> {
  const directory = await storage.keys.serviceKey('directory')
  await account.write(async (tx) => {
    const { value } = await load(tx, id)
    if (isOn !== undefined) await switchMasked(tx, directory, value.email, isOn)
    await updateRecord(tx, MASKED, id, { value: { ...value, ...(name === undefined ? {} : { name }) } })
  })
}

/** Gives a masked address up, with its identity. Nobody ever gets it again. @throws Refusal 'notFound' */
export async function removeMaskedAddress(storage: Storage, account: OpenAccount, id: number): Promise<void> {
  const directory = await storage.keys.serviceKey('directory')
  await account.write(async (tx) => {
    const { value } = await load(tx, id)
    await removeMasked(tx, directory, value.email)
    await removeDefaultIdentity(tx, value.email)
    await removeRecord(tx, MASKED, id)
  })
}

async function load({ account, sql }: Transaction, id: number): Promise<StoredRecord<Kept>> {
  const [record] = await readRecords<Kept>(account, MASKED, [id], sql)
  if (record === undefined) throw new Refusal('notFound')
  return record
}

/**
 * What the filing of a letter to a masked address does besides: the letter is counted, and whoever shows the address hears of it.
 * Needs no more than zegel_receiver may.
 * @param address  without a detail (`findRecipient`)
 */
export async function maskedLetter(storage: Storage, address: string): Promise<(tx: Transaction) => Promise<void>> {
  const directory = await storage.keys.serviceKey('directory')
  return async (tx) => {
    await countMaskedLetter(tx, directory, address)
    await touchRecord(tx, MASKED, address)
  }
}
