import { Refusal } from '#system'
import type { Sql, Storage } from '#storage'
import type { Grantable } from '#trust/looks'

/** What a ticket is about, as whoever writes it says. */
export const TICKET_KINDS = ['delivery', 'access', 'plan', 'sync', 'domain', 'other'] as const
export type TicketKind = (typeof TICKET_KINDS)[number]

/** `open`: customer service has to answer. */
export const TICKET_STATES = ['open', 'answered', 'closed'] as const
export type TicketState = (typeof TICKET_STATES)[number]

/** Account 0: of somebody who has shown no account. */
export const STRANGER = 0

/** Characters. */
export const LONGEST_SUBJECT = 200
export const LONGEST_TEXT = 10_000

/** Texts of one ticket: who has more to say writes another. */
export const MOST_TEXTS = 200

/** Tickets that one account may have open, and may begin in a day. */
export const MOST_OPEN = 20
export const MOST_A_DAY = 10

/** What customer service may look at for one ticket, by its owner's leave. */
export interface Grant {
  fields: readonly Grantable[]
  /** How far back, of what has days. */
  days: number
  until: Date
}

/** Days that a leave may last, and that it may reach back. */
export const LONGEST_GRANT_DAYS = 30

/** What is sealed of a ticket, beside its texts. */
export interface Said {
  subject: string
  /** Of one by mail: the address it came from, whether that was proven, and the language in which it is answered. */
  from?: { address: string; isProven: boolean; language: 'de' | 'fr' | 'nl' | 'en' }
}

export interface Ticket extends Said {
  accountId: number
  number: number
  kind: TicketKind
  state: TicketState
  createdAt: Date
  changedAt: Date
  closedAt: Date | null
  /** What runs now. */
  grant: Grant | null
}

/** A text of a ticket; a `note` is for the staff. */
export interface TicketText {
  at: Date
  by: 'person' | 'support' | 'note'
  staff: number | null
  text: string
}

/** Seals what stands in one account's tickets. */
export interface Sealer {
  seal(place: string, value: string): Buffer
  open(place: string, sealed: Uint8Array): string
}

export const ticketPlace = (number: number): string => String(number)
export const textPlace = (number: number, textId: number): string => `${number}/${textId}`

/** The account's key, with which its tickets go; a stranger's stand under the service's. @throws Refusal 'notFound' */
export async function sealerOf(storage: Storage, accountId: number): Promise<Sealer> {
  if (accountId === STRANGER) {
    const key = await storage.keys.serviceKey('support')
    return {
      seal: (place, value) => key.seal(`ticket/${place}`, value),
      open: (place, sealed) => key.open(`ticket/${place}`, sealed).toString(),
    }
  }
  const account = await storage.openAccount(accountId)
  return {
    seal: (place, value) => account.seal('ticket', place, value),
    open: (place, sealed) => account.open('ticket', place, sealed).toString(),
  }
}

/** Writes to the tickets of an account, whose clients hear of it, or of strangers. */
export async function writeTickets<T>(
  storage: Storage,
  accountId: number,
  work: (sql: Sql, change: number) => Promise<T>,
): Promise<T> {
  if (accountId === STRANGER) return storage.database.transaction((sql) => work(sql, 0))
  const account = await storage.openAccount(accountId)
  return account.write((tx) => work(tx.sql, tx.change))
}

/** One text that says something. @throws Refusal 'invalid' with the field */
export function checkedText(field: string, text: string, longest: number): string {
  const words = text.trim().toWellFormed()
  if (words === '' || words.length > longest) throw new Refusal('invalid', { fields: [field] })
  return words
}
