import { normalizeAddress, parseDomain, type Envelope } from '#formats/message'
import { isKnownRecord } from '#items'
import type { OpenAccount, Sql } from '#storage'

/** Whose letters are not taken, and whose never count as junk. */
export const BLOCKED = 'blockedSender'
export const ALLOWED = 'allowedSender'

export interface ListedSender extends Record<string, unknown> {
  /** An address, or `@domain` for everybody there; in the directory's form. */
  address: string
}

/** Addresses of one letter that are looked at. */
const MOST = 20

/** Who is to be listed in the form in which it is compared; undefined when it is neither an address nor `@domain`. */
export function listedAddress(text: string): string | undefined {
  if (!text.startsWith('@')) return normalizeAddress(text)
  const domain = parseDomain(text.slice(1))
  return domain === undefined ? undefined : `@${domain}`
}

export const listedLookup = ({ address }: ListedSender): string => address

/** Who sent a message: the reverse-path of its envelope, and From and Sender as parsed. */
export const sendersOf = (
  mailFrom: string | undefined,
  { from, sender }: Pick<Envelope, 'from' | 'sender'>,
): (string | undefined)[] => [mailFrom, ...[...(from ?? []), ...(sender ?? [])].map(({ email }) => email)]

/** What a list may have of these addresses: each by itself, and with its domain. What is no address is nobody's. */
export function lookupsOf(senders: readonly (string | undefined)[]): string[] {
  const lookups = new Set<string>()
  for (const sender of senders.slice(0, MOST)) {
    const address = sender === undefined ? undefined : normalizeAddress(sender)
    if (address === undefined) continue
    lookups.add(address).add(address.slice(address.lastIndexOf('@')))
  }
  return [...lookups]
}

/** Whether one of these addresses is on a list, by itself or with its domain. The receiver may ask. */
export async function isListedSender(
  account: OpenAccount,
  list: typeof BLOCKED | typeof ALLOWED,
  senders: readonly (string | undefined)[],
  sql: Sql = account.sql,
): Promise<boolean> {
  const lookups = lookupsOf(senders)
  return lookups.length > 0 && isKnownRecord(account, list, lookups, sql)
}
