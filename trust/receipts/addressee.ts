import { randomBytes } from 'node:crypto'
import type { Settings } from '#accounts'
import type { Storage } from '#storage'

/** Whom a receipt is for. Kept sealed from the moment when the account's key is destroyed until the receipt is sent. */
export interface Addressee {
  /** The account's. */
  address: string
  /** The address outside; null for an account that has none, and whose receipt nobody gets. */
  external: string | null
  language: Settings['language']
  timeZone: string
  /** Makes the hash of the address in the statement one that nobody can try addresses against. */
  salt: string
}

const placeOf = (receiptId: string): string => `receipt/${receiptId}`

export async function sealAddressee(
  { keys }: Storage,
  receiptId: string,
  addressee: Omit<Addressee, 'salt'>,
): Promise<Buffer> {
  const whole: Addressee = { ...addressee, salt: randomBytes(16).toString('base64url') }
  return (await keys.serviceKey('receipts')).seal(placeOf(receiptId), JSON.stringify(whole))
}

export async function openAddressee({ keys }: Storage, receiptId: string, sealed: Buffer): Promise<Addressee> {
  return JSON.parse((await keys.serviceKey('receipts')).open(placeOf(receiptId), sealed).toString()) as Addressee
}

/** Digits and letters that nobody takes for another. */
const SIGNS = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ'

/** Such as `K7QM-2D9X-PW4H-RT6A`: 80 random bits. */
export function newReceiptNumber(): string {
  const signs = Array.from(randomBytes(16), (byte) => SIGNS[byte % SIGNS.length])
  return [0, 4, 8, 12].map((at) => signs.slice(at, at + 4).join('')).join('-')
}
