import { findAddressee, type ListAddress } from '#accounts'
import { envelope, lastValue, normalizeAddress, parseMessage } from '#formats/message'
import { judge, type Finding } from '#mail/findings'
import { readReturned } from '#mail/forwarding'
import { hasPassed, hopsOf, MOST_HOPS } from '#mail/outbound'
import type { Storage } from '#storage'
import { Refusal } from '#system'
import { isMember } from './members.ts'

/** A letter that came to a list. */
export interface Posted {
  list: ListAddress & { detail: string | undefined }
  /** The list's. */
  address: string
  mailFrom: string
  content: Buffer
  /** What was found in it; undefined for what was handed in here, whose author is proven. */
  findings: readonly Finding[] | undefined
}

/**
 * Whether a letter may go to a list's members, or may come back to it for one of them. Needs no more than zegel_receiver may.
 * @returns why not: 'loop' or 'refused', with `notTaken` where the list takes it from others only, and `noNotification`
 */
export async function mayPost(storage: Storage, posted: Posted): Promise<Refusal | undefined> {
  const { list, address, mailFrom, content, findings } = posted
  if (list.detail !== undefined) return mayComeBack(posted)
  if (hopsOf(content) > MOST_HOPS || hasPassed(content, address)) return new Refusal('loop')
  const message = parseMessage(content)
  const automatic = lastValue(message, message.root, 'Auto-Submitted', 'Text')?.trim().toLowerCase() ?? 'no'
  // What answers by itself (RFC 3834 §2) would answer every letter of the list to all.
  if (mailFrom === '' || !automatic.startsWith('no')) return new Refusal('refused', { fields: ['notTaken'] })
  const verdict = findings === undefined ? undefined : judge(findings)
  if (verdict !== undefined && verdict.place !== 'inbox')
    return new Refusal('refused', { fields: verdict.findings.map(({ name }) => name) })
  if (list.posting === 'anybody') return undefined
  const authors = envelope(message).from ?? []
  const author = authors.length === 1 ? normalizeAddress(authors[0]?.email ?? '') : undefined
  // Anybody can write a member's address into From.
  const isProven = findings === undefined || findings.some(({ name }) => name === 'dmarcPass')
  const isTaken = author !== undefined && isProven && (await isAllowed(storage, list, author))
  return isTaken ? undefined : new Refusal('refused', { fields: ['notTaken'] })
}

async function isAllowed(
  storage: Storage,
  { accountId, listId, posting }: ListAddress,
  author: string,
): Promise<boolean> {
  if ((await findAddressee(storage, author)) === accountId) return true
  return posting === 'members' && isMember(await storage.openAccount(accountId), listId, author)
}

function mayComeBack({ mailFrom, content, address }: Posted): Refusal | undefined {
  const domain = address.slice(address.lastIndexOf('@') + 1).toLowerCase()
  const isNotification = mailFrom === '' && readReturned(content, domain) !== undefined
  return isNotification ? undefined : new Refusal('refused', { fields: ['noNotification'] })
}
