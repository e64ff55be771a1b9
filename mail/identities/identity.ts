import { addressesOf } from '#accounts'
import type { EmailAddress } from '#formats/message'
import { addRecord, readRecords } from '#items'
import type { OpenAccount, Storage } from '#storage'
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

/** The name under which somebody writes from an address; '' when they gave none. */
export async function nameOfAddress(account: OpenAccount, address: string): Promise<string> {
  const records = await readRecords<Identity>(account, IDENTITY, null)
  return records.find(({ value }) => value.email.toLowerCase() === address.toLowerCase())?.value.name ?? ''
}

/** What the identity that an own address always has is found by; others are found by nothing. */
export const defaultLookup = ({ email, mayDelete }: Pick<Identity, 'email' | 'mayDelete'>): string | undefined =>
  mayDelete ? undefined : email

/** Gives every address of the account the identity it always has, where it is missing. */
export async function makeDefaultIdentities(storage: Storage, account: OpenAccount): Promise<void> {
  const [addresses, records] = await Promise.all([
    addressesOf(storage, account.id),
    readRecords<Identity>(account, IDENTITY, null),
  ])
  const known = new Set(records.flatMap(({ value }) => defaultLookup(value) ?? []))
  for (const email of addresses.filter((address) => !known.has(address))) {
    const value = newIdentity(email)
    try {
      await account.write((tx) => addRecord(tx, { kind: IDENTITY, value, lookup: defaultLookup(value) }))
    } catch (error) {
      // Somebody else who reads for the first time was quicker.
      if (!(error instanceof Refusal && error.reason === 'exists')) throw error
    }
  }
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
