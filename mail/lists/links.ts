import { timingSafeEqual } from 'node:crypto'
import type { ServiceKey, Storage } from '#storage'

/** What a link is for: leaving a list, or saying yes to it. */
export type LinkKind = 'leave' | 'join'

/** Of which record in which account. */
export interface Linked {
  accountId: number
  recordId: number
}

const HASH_BYTES = 16

const LINK = /^([0-9a-z]{1,13})-([0-9a-z]{1,13})-([\w-]{22})$/

const hashOf = (key: ServiceKey, kind: LinkKind, { accountId, recordId }: Linked): Buffer =>
  key.hash(`${kind}\0${accountId}\0${recordId}`).subarray(0, HASH_BYTES)

/** The part of a link that says what it is for; good as long as what it leads to is there. */
export async function linkTo(storage: Storage, kind: LinkKind, linked: Linked): Promise<string> {
  const hash = hashOf(await storage.keys.serviceKey('lists'), kind, linked)
  return `${linked.accountId.toString(36)}-${linked.recordId.toString(36)}-${hash.toString('base64url')}`
}

/** @returns undefined for one that we have not made */
export async function readLink(storage: Storage, kind: LinkKind, link: string): Promise<Linked | undefined> {
  const [, account, record, hash] = LINK.exec(link) ?? []
  if (account === undefined || record === undefined || hash === undefined) return undefined
  const linked = { accountId: Number.parseInt(account, 36), recordId: Number.parseInt(record, 36) }
  if (!Number.isSafeInteger(linked.accountId) || !Number.isSafeInteger(linked.recordId)) return undefined
  const right = hashOf(await storage.keys.serviceKey('lists'), kind, linked)
  const given = Buffer.from(hash, 'base64url')
  return given.length === right.length && timingSafeEqual(given, right) ? linked : undefined
}

/** Characters of a detail's hash: who guesses one may have somebody counted as unreachable once a day. */
const DETAIL_HASH = 8

const detailHash = (key: ServiceKey, memberId: number): string =>
  key.hash(`bounce\0${memberId}`).toString('hex').slice(0, DETAIL_HASH)

/** What stands behind the "+" of a list's address to which a member's letters come back. */
export async function bounceDetail(storage: Storage, memberId: number): Promise<string> {
  return `b-${memberId.toString(36)}-${detailHash(await storage.keys.serviceKey('lists'), memberId)}`
}

/** The member of such a detail; undefined for one that we have not made. */
export async function memberOfDetail(storage: Storage, detail: string): Promise<number | undefined> {
  const [, id, hash] = /^b-([0-9a-z]{1,13})-([0-9a-f]{8})$/.exec(detail) ?? []
  if (id === undefined || hash === undefined) return undefined
  const memberId = Number.parseInt(id, 36)
  const right = detailHash(await storage.keys.serviceKey('lists'), memberId)
  return timingSafeEqual(Buffer.from(right), Buffer.from(hash)) ? memberId : undefined
}
