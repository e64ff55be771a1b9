import { baseSubject, type BaseSubject, type EmailAddress } from '#formats/message'
import { casemap, type Summary } from '#mail'
import type { Derivation } from './heads.ts'

/** The Date field: undefined where there is none, or none that is a date. */
export interface SentAt {
  /** Milliseconds since 1970. */
  time: number
  /** The day as it stands there, whatever the zone, counted from 1970. RFC 9051 §6.4.4, SENTON. */
  day: number
}

const DAY_MS = 86_400_000
const stringBytes = (text: string): number => 16 + 2 * text.length

/** A time in seconds and the minutes of its zone in one number, which takes no memory of its own. */
const ZONES = 4096
const packed: Derivation<number> = {
  of: ({ sentAt }) => {
    const time = Date.parse(sentAt ?? '')
    const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)$/.exec(sentAt ?? '') ?? []
    const zone = sign === undefined ? 0 : (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
    return Number.isNaN(time) ? Number.NaN : Math.floor(time / 1000) * ZONES + Math.min(zone, 2047) + 2048
  },
  bytes: () => 0,
}

export const SENT_AT = packed

export function sentAtOf(value: number | undefined): SentAt | undefined {
  if (value === undefined || Number.isNaN(value)) return undefined
  const seconds = Math.floor(value / ZONES)
  const zone = value - seconds * ZONES - 2048
  return { time: seconds * 1000, day: Math.floor((seconds * 1000 + zone * 60_000) / DAY_MS) }
}

/** By what subjects are compared, and whether they say that they answer one. RFC 5256 §2.1. */
export const SUBJECT: Derivation<BaseSubject> = {
  of: ({ subject }) => {
    const { text, isAnswer } = baseSubject(subject ?? '')
    return { text: casemap(text), isAnswer }
  },
  bytes: ({ text }) => 32 + stringBytes(text),
}

/** addr-mailbox of the first address. RFC 5256 §3. */
const mailboxOf = (pick: (summary: Summary) => EmailAddress[] | null): Derivation<string> => ({
  of: (summary) => {
    const { email = '' } = pick(summary)?.[0] ?? {}
    const at = email.lastIndexOf('@')
    return casemap(at === -1 ? email : email.slice(0, at))
  },
  bytes: stringBytes,
})

/** What is shown of the first address: its name, else the address. RFC 5957 §3. */
const shownOf = (pick: (summary: Summary) => EmailAddress[] | null): Derivation<string> => ({
  of: (summary) => {
    const [first] = pick(summary) ?? []
    return casemap(first?.name || first?.email || '')
  },
  bytes: stringBytes,
})

export const FROM = mailboxOf(({ from }) => from)
export const TO = mailboxOf(({ to }) => to)
export const CC = mailboxOf(({ cc }) => cc)
export const DISPLAY_FROM = shownOf(({ from }) => from)
export const DISPLAY_TO = shownOf(({ to }) => to)

/** Message-IDs: a message's own, and those of what it answers, the oldest first. */
export interface Ids {
  own: string | undefined
  inReplyTo: readonly string[]
  references: readonly string[]
}

/** References of one message that count, the nearest. */
const MOST_REFERENCES = 200

export const IDS: Derivation<Ids> = {
  of: ({ messageId, inReplyTo, references }) => ({
    own: messageId?.[0],
    inReplyTo: (inReplyTo ?? []).slice(0, MOST_REFERENCES),
    references: (references ?? []).slice(-MOST_REFERENCES),
  }),
  bytes: ({ own = '', inReplyTo, references }) =>
    96 + stringBytes(own) + [...inReplyTo, ...references].reduce((sum, id) => sum + stringBytes(id) + 8, 0),
}
