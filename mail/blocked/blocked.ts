import { normalizeAddress, parseDomain, type Envelope } from '#formats/message'
import { isKnownRecord } from '#items'
import type { OpenAccount, Sql } from '#storage'

export const BLOCKED = 'blockedSender'

export interface BlockedSender extends Record<string, unknown> {
  /** An address, or `@domain` for everybody there; in the directory's form. */
  address: string
}

/** Addresses of one letter that are looked at. */
const MOST = 20

/** What is to be blocked in the form in which it is compared; undefined when it is neither an address nor `@domain`. */
export function blockedAddress(text: string): string | undefined {
  if (!text.startsWith('@')) return normalizeAddress(text)
  const domain = parseDomain(text.slice(1))
  return domain === undefined ? undefined : `@${domain}`
}

export const blockedLookup = ({ address }: BlockedSender): string => address

/** Longest Return-Path that is looked at: an address with brackets. */
const MOST_PATH = 1000

/** Who sent a message: the reverse-path that stands in its first field, and From and Sender as parsed. */
export function sendersOf(bytes: Buffer, { from, sender }: Pick<Envelope, 'from' | 'sender'>): (string | undefined)[] {
  const [, path] = /^Return-Path: <([^>\r\n]*)>/i.exec(bytes.toString('utf8', 0, MOST_PATH)) ?? []
  return [path, ...[...(from ?? []), ...(sender ?? [])].map(({ email }) => email)]
}

/**
 * Whether one of these addresses is blocked, by itself or with its domain. The receiver may ask.
 * @param senders  those of From and of the envelope, as they came; what is no address is nobody's
 */
export async function isBlockedSender(
  account: OpenAccount,
  senders: readonly (string | undefined)[],
  sql: Sql = account.sql,
): Promise<boolean> {
  const lookups = new Set<string>()
  for (const sender of senders.slice(0, MOST)) {
    const address = sender === undefined ? undefined : normalizeAddress(sender)
    if (address === undefined) continue
    lookups.add(address).add(address.slice(address.lastIndexOf('@')))
  }
  return lookups.size > 0 && isKnownRecord(account, BLOCKED, [...lookups], sql)
}
