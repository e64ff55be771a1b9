import { addressesOf, asksFactor, findAppeal, findSuspension, readSettings, sendingStanding } from '#accounts'
import { readRecords } from '#items'
import { reportsAbout } from '#mail/reports'
import { ALLOWED, BLOCKED, type ListedSender } from '#mail/senders'
import { walkStories, type KeptStory } from '#mail/stories'
import { readVacation } from '#mail/vacation'
import type { OpenAccount, Storage } from '#storage'
import { nowMs } from '#system'
import type { ShownField } from './purposes.ts'

const DAY_MS = 86_400_000

/** Of one field, so that no look is a copy of the account. */
const MOST = 500

/** Whose account, and how far back. */
export interface Looked {
  storage: Storage
  account: OpenAccount
  /** Of what has days. */
  days: number
}

/** How each field is read: JSON. None opens a letter, and none gives a subject. */
export const READ: Readonly<Record<ShownField, (looked: Looked) => Promise<unknown>>> = {
  addresses: ({ storage, account }) => addressesOf(storage, account.id),
  state: async ({ account }) => (await sendingStanding(account.sql, account.id))?.state ?? null,
  created: async ({ account }) => (await sendingStanding(account.sql, account.id))?.createdAt ?? null,
  async stops({ account: { id, sql } }) {
    const standing = await sendingStanding(sql, id)
    return { stoppedFor: standing?.stoppedFor ?? null, resumedAt: standing?.resumedAt ?? null }
  },
  secondFactor: ({ storage, account }) => asksFactor(storage, account.id),
  suspension: async ({ account }) => (await findSuspension(account)) ?? null,
  appeal: async ({ account }) => (await findAppeal(account)) ?? null,
  complaints: async ({ storage, account }) =>
    (await reportsAbout(storage, account.id)).slice(-MOST).map(({ at, type }) => ({ at, type })),
  deliveries,
  settings,
  senders,
}

/** When letters came and left, by which servers, and what was answered; whom they were from, not whom they were for, nor about what. */
async function deliveries({ account, days }: Looked): Promise<object[]> {
  const since = new Date(nowMs() - days * DAY_MS)
  const found: object[] = []
  for await (const story of walkStories(account)) {
    if (story.at < since || found.length >= MOST) break
    found.push(deliveryOf(story))
  }
  return found
}

/** The code alone: what a server says after it may name somebody. RFC 5321 §4.2, RFC 2034 §4. */
const codeOf = (reply: string): string => /^\d{3}(?: \d\.\d{1,3}\.\d{1,3})?/.exec(reply)?.[0] ?? ''

function deliveryOf({ at, arrival, departure }: KeptStory): object {
  if (arrival !== undefined)
    return {
      at,
      way: 'in',
      sender: arrival.mailFrom,
      server: arrival.smtp?.server ?? null,
      code: codeOf(arrival.smtp?.reply ?? ''),
      fate: arrival.fate,
    }
  const recipients = departure?.recipients ?? []
  return {
    at,
    way: 'out',
    recipients: recipients.map(({ address, delivered, reply }) => ({
      server: address.slice(address.lastIndexOf('@') + 1),
      code: codeOf(reply),
      fate: delivered,
    })),
  }
}

async function settings({ account }: Looked): Promise<object> {
  const [{ language, timeZone, remotePictures, composeFormat }, { isEnabled, fromDate, toDate }] = await Promise.all([
    readSettings(account),
    readVacation(account),
  ])
  return { language, timeZone, remotePictures, composeFormat, vacation: { isEnabled, fromDate, toDate } }
}

async function senders({ account }: Looked): Promise<object> {
  const listed = async (kind: string): Promise<string[]> =>
    (await readRecords<ListedSender>(account, kind, null)).slice(0, MOST).map(({ value }) => value.address)
  const [blocked, allowed] = await Promise.all([listed(BLOCKED), listed(ALLOWED)])
  return { blocked, allowed }
}
