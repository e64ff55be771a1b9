import { findAddressee, type ListAddress, type Posting } from '#accounts'
import { envelope, lastValue, normalizeAddress, parseMessage, type Message } from '#formats/message'
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

/** What becomes of a letter to a list: it goes to the members, or waits for the owner, or is not taken. */
export type Way = 'goes' | 'held' | 'refused'

/** By who may write, and who has written. What its owner writes always goes. */
const WAYS: Record<Posting, { member: Way; other: Way }> = {
  anybody: { member: 'goes', other: 'goes' },
  members: { member: 'goes', other: 'refused' },
  moderated: { member: 'goes', other: 'held' },
  approved: { member: 'held', other: 'held' },
  owner: { member: 'refused', other: 'refused' },
}

/**
 * Whether a letter may go to a list's members, or may come back to it for one of them. Needs no more than zegel_receiver may.
 * @returns why not: 'loop' or 'refused', with `notTaken` where the list takes it from others only, and `noNotification`
 */
export async function mayPost(storage: Storage, posted: Posted): Promise<Refusal | 'held' | undefined> {
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
  const way = await wayOf(storage, list, provenAuthor(message, findings))
  if (way === 'refused') return new Refusal('refused', { fields: ['notTaken'] })
  return way === 'held' ? 'held' : undefined
}

/** Whether some letter of an account could go to a list, or wait for its owner, if it were from one of these addresses. */
export async function maySometimesPost(
  storage: Storage,
  { accountId, listId, posting, detail }: ListAddress & { detail: string | undefined },
  writerId: number,
  addresses: readonly string[],
): Promise<boolean> {
  // What comes back for a member has no sender.
  if (detail !== undefined) return addresses.includes('')
  const { member, other } = WAYS[posting]
  if (other !== 'refused' || writerId === accountId) return true
  if (member === 'refused') return false
  const owner = await storage.openAccount(accountId)
  const known = await Promise.all(addresses.map((address) => isMember(owner, listId, address)))
  return known.includes(true)
}

/** The one author of a letter whose domain says that it is theirs: anybody can write a member's address into From. */
export function provenAuthor(message: Message, findings: readonly Finding[] | undefined): string | undefined {
  const authors = envelope(message).from ?? []
  const isProven = findings === undefined || findings.some(({ name }) => name === 'dmarcPass')
  return isProven && authors.length === 1 ? normalizeAddress(authors[0]?.email ?? '') : undefined
}

async function wayOf(
  storage: Storage,
  { accountId, listId, posting }: ListAddress,
  author: string | undefined,
): Promise<Way> {
  const { member, other } = WAYS[posting]
  if (author === undefined) return other
  if ((await findAddressee(storage, author)) === accountId) return 'goes'
  if (member === other) return other
  return (await isMember(await storage.openAccount(accountId), listId, author)) ? member : other
}

function mayComeBack({ mailFrom, content, address }: Posted): Refusal | undefined {
  const domain = address.slice(address.lastIndexOf('@') + 1).toLowerCase()
  const isNotification = mailFrom === '' && readReturned(content, domain) !== undefined
  return isNotification ? undefined : new Refusal('refused', { fields: ['noNotification'] })
}
