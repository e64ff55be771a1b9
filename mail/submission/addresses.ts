import { findAddressee, findClosedAddressee, findList, isLocalDomain } from '#accounts'
import { normalizeAddress, parseAddress, type Address } from '#formats/message'
import { now } from '#system'
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

/** Addresses that are looked up at a time. */
const AT_ONCE = 20

/** Those of the addresses that would be ours and belong to nobody. */
export async function unknownHere(storage: Storage, addresses: readonly string[]): Promise<string[]> {
  const unknown: string[] = []
  for (let at = 0; at < addresses.length; at += AT_ONCE) {
    const some = addresses.slice(at, at + AT_ONCE)
    const known = await Promise.all(some.map((address) => mayBeKnown(storage, address)))
    unknown.push(...some.filter((_, index) => !known[index]))
  }
  return unknown
}

async function mayBeKnown(storage: Storage, address: string): Promise<boolean> {
  const domain = parseAddress(address)?.domain ?? ''
  if (!(await isLocalDomain(storage, domain)) || (await findAddressee(storage, address)) !== undefined) return true
  if ((await findList(storage, address)) !== undefined) return true
  const { forwardUntil = null } = (await findClosedAddressee(storage, address)) ?? {}
  return forwardUntil !== null && forwardUntil > now()
}
