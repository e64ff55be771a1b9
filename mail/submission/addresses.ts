import { findAddressee } from '#accounts'
import { normalizeAddress, parseAddress, type Address } from '#formats/message'
import type { Storage } from '#storage'

/** Whether an address is one of the account's, exactly or with a detail of it ("anna+lists@…"), in whatever case. */
export async function ownsAddress(storage: Storage, accountId: number, address: string): Promise<boolean> {
  return (await findAddressee(storage, address)) === accountId
}

/** An address that mail may go to; undefined for what is none, and for one that names a machine ("[192.0.2.1]"). */
export function parseRecipient(address: string): Address | undefined {
  const parsed = parseAddress(address)
  return parsed?.domain.startsWith('[') === true ? undefined : parsed
}

/** Each address once, whatever its case; of those that are the same, the first. */
export function withoutRepetition<T extends { address: string }>(recipients: readonly T[]): T[] {
  const seen = new Map<string, T>()
  for (const recipient of recipients) {
    const key = normalizeAddress(recipient.address) ?? recipient.address
    if (!seen.has(key)) seen.set(key, recipient)
  }
  return [...seen.values()]
}
