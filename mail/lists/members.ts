import { addRecord, findRecord, isKnownRecord, readRecords, removeRecord, updateRecord } from '#items'
import { normalizeAddress } from '#formats/message'
import type { OpenAccount, Transaction } from '#storage'
import { nowMs, now, Refusal } from '#system'
import { INVITATION, LIST, MEMBER } from './kinds.ts'
import type { OpenList } from './list.ts'

/** Members, and who was asked, as both are kept. */
export interface Member {
  /** The list's record. */
  list: number
  address: string
  /** Days on which something came back, since the last month without. */
  failures?: number | undefined
  failedOn?: string | undefined
  /** Gets nothing at present: too much came back. */
  isPaused?: boolean | undefined
}

export interface KnownMember extends Member {
  id: number
  /** Since when they are a member, or were asked. */
  since: Date
}

const lookupOf = (listId: number, address: string): string => `${listId}/${address}`

/** For how many days an invitation is good. */
export const INVITED_DAYS = 14

const DAY_MS = 86_400_000

/** Days with failures after which a member gets nothing more, and without one after which they begin anew. */
const MOST_FAILURES = 5
const FORGIVEN_DAYS = 30

/** Whether an address is a member's. Needs no more than zegel_receiver may read. */
export async function isMember(account: OpenAccount, listId: number, address: string): Promise<boolean> {
  const normal = normalizeAddress(address)
  return normal !== undefined && isKnownRecord(account, MEMBER, [lookupOf(listId, normal)])
}

/** What is shown with a list has changed: members, whom it has asked, letters that wait. */
export const touchList = (tx: Transaction, listId: number): Promise<void> => updateRecord(tx, LIST, listId, {})

export async function readMembers({ account, id }: OpenList): Promise<KnownMember[]> {
  const records = await readRecords<Member>(account, MEMBER, null)
  return records
    .filter(({ value }) => value.list === id)
    .map((record) => ({ ...record.value, id: record.id, since: record.createdAt }))
}

/** Who was asked and has not said yes, as long as they may. */
export async function readInvited({ account, id }: OpenList): Promise<KnownMember[]> {
  const records = await readRecords<Member>(account, INVITATION, null)
  return records
    .filter(({ value, createdAt }) => value.list === id && isGood(createdAt))
    .map((record) => ({ ...record.value, id: record.id, since: record.createdAt }))
}

export interface MemberCounts {
  members: number
  paused: number
  invited: number
}

/** How many members, those to whom nothing goes at present, and how many were asked, by list. */
export async function countMembers(account: OpenAccount): Promise<Map<number, MemberCounts>> {
  const [members, asked] = await Promise.all([
    readRecords<Member>(account, MEMBER, null),
    readRecords<Member>(account, INVITATION, null),
  ])
  const counts = new Map<number, MemberCounts>()
  const of = (list: number): MemberCounts => {
    const known = counts.get(list) ?? { members: 0, paused: 0, invited: 0 }
    counts.set(list, known)
    return known
  }
  for (const { value } of members) {
    of(value.list).members += 1
    if (value.isPaused === true) of(value.list).paused += 1
  }
  for (const { value, createdAt } of asked) if (isGood(createdAt)) of(value.list).invited += 1
  return counts
}

const isGood = (createdAt: Date): boolean => nowMs() - createdAt.getTime() < INVITED_DAYS * DAY_MS

/** Puts somebody on a list. @returns false when they are on it. @throws Refusal 'tooManyItems' */
export async function addMember(tx: Transaction, listId: number, address: string): Promise<boolean> {
  try {
    await addRecord(tx, {
      kind: MEMBER,
      value: { list: listId, address } satisfies Member,
      lookup: lookupOf(listId, address),
    })
    await touchList(tx, listId)
    return true
  } catch (error) {
    if (error instanceof Refusal && error.reason === 'exists') return false
    throw error
  }
}

/** Notes that somebody is asked; who was asked before and has not answered is asked anew. @returns the invitation's id */
export async function invite(tx: Transaction, listId: number, address: string): Promise<number> {
  const lookup = lookupOf(listId, address)
  const before = await findRecord<Member>(tx.account, INVITATION, lookup, tx.sql)
  if (before !== undefined) await removeRecord(tx, INVITATION, before.id)
  const dueAt = new Date(nowMs() + INVITED_DAYS * DAY_MS)
  await touchList(tx, listId)
  return addRecord(tx, { kind: INVITATION, value: { list: listId, address } satisfies Member, lookup, dueAt })
}

/** Who was asked, by the invitation; undefined when it was answered, or is too old. */
export async function findInvited(account: OpenAccount, id: number): Promise<Member | undefined> {
  const [record] = await readRecords<Member>(account, INVITATION, [id])
  return record !== undefined && isGood(record.createdAt) ? record.value : undefined
}

/** Somebody who was asked says yes. @returns false when the invitation is good no more */
export async function accept(account: OpenAccount, id: number): Promise<boolean> {
  return account.write(async (tx) => {
    const [record] = await readRecords<Member>(account, INVITATION, [id], tx.sql)
    if (record === undefined || !isGood(record.createdAt)) return false
    await removeRecord(tx, INVITATION, id)
    await addMember(tx, record.value.list, record.value.address)
    return true
  })
}

export async function findMember(account: OpenAccount, id: number): Promise<Member | undefined> {
  const [record] = await readRecords<Member>(account, MEMBER, [id])
  return record?.value
}

/** Takes somebody off a list. @returns false when they were not on it */
export async function leave(account: OpenAccount, id: number): Promise<boolean> {
  try {
    await account.write(async (tx) => {
      const [record] = await readRecords<Member>(account, MEMBER, [id], tx.sql)
      await removeRecord(tx, MEMBER, id)
      if (record !== undefined) await touchList(tx, record.value.list)
    })
    return true
  } catch (error) {
    if (error instanceof Refusal && error.reason === 'notFound') return false
    throw error
  }
}

/** The member of a list, or the one who was asked, with this address is removed. @returns whether there was one */
export async function removeMember({ account, id }: OpenList, address: string): Promise<boolean> {
  const normal = normalizeAddress(address) ?? ''
  return account.write(async (tx) => {
    let isRemoved = false
    for (const kind of [MEMBER, INVITATION]) {
      const found = await findRecord<Member>(account, kind, lookupOf(id, normal), tx.sql)
      if (found !== undefined) await removeRecord(tx, kind, found.id)
      isRemoved ||= found !== undefined
    }
    if (isRemoved) await touchList(tx, id)
    return isRemoved
  })
}

/** Something that was sent to a member came back: counted once a day, and after five such days they are paused. */
export async function noteFailure(account: OpenAccount, id: number): Promise<void> {
  const today = now().toISOString().slice(0, 10)
  await account.write(async (tx) => {
    const [record] = await readRecords<Member>(account, MEMBER, [id], tx.sql)
    if (record === undefined || record.value.failedOn === today) return
    const { failures = 0, failedOn } = record.value
    const isForgiven = failedOn !== undefined && nowMs() - Date.parse(failedOn) > FORGIVEN_DAYS * DAY_MS
    const counted = isForgiven ? 1 : failures + 1
    const value: Member = {
      ...record.value,
      failures: counted,
      failedOn: today,
      isPaused: record.value.isPaused === true || counted >= MOST_FAILURES,
    }
    await updateRecord(tx, MEMBER, id, { value })
    await touchList(tx, value.list)
  })
}

/** A member for whom too much came back gets letters again. @throws Refusal 'addressUnknown' when they are none */
export async function resumeMember({ account, id }: OpenList, address: string): Promise<void> {
  const lookup = lookupOf(id, normalizeAddress(address) ?? '')
  await account.write(async (tx) => {
    const found = await findRecord<Member>(account, MEMBER, lookup, tx.sql)
    if (found === undefined) throw new Refusal('addressUnknown')
    await updateRecord(tx, MEMBER, found.id, { value: { list: id, address: found.value.address } satisfies Member })
    await touchList(tx, id)
  })
}
