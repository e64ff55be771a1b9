import { fragment, type Storage } from '#storage'
import { dayOf, daysBetween } from './days.ts'
import { openValue, personOf, sealValue, type Column } from './values.ts'

/** An entry as it was recorded; null for what was not known. */
export interface RecordedEntry {
  time: Date
  ip: string | null
  messageId: string | null
  sender: string | null
  recipient: string | null
  subject: string | null
  browser: string | null
  country: string | null
}

export interface JournalQuery {
  /** Both with it. */
  from: Date
  to: Date
  /** Of one person: entries in which any of these is sender or recipient. Without it, all. */
  addresses?: readonly string[] | undefined
  limit: number
}

type Row = { time: Date } & Record<Column, Buffer | null>

/** At most so many, whatever is asked for. */
const MOST = 10_000

/**
 * Reads entries, the newest first. A person's are found by the sealed form that their address has on each day; none of another's is
 * opened. Days whose key was destroyed are gone, also while their rows are still there.
 */
export async function readJournal(
  { database, keys }: Pick<Storage, 'database' | 'keys'>,
  { from, to, addresses, limit }: JournalQuery,
): Promise<RecordedEntry[]> {
  const opened = await keys.journalKeys(daysBetween(from, to))
  const people = addresses === undefined ? undefined : [...new Set(addresses.map(personOf))]
  const sealedAs = (column: 'sender' | 'recipient'): (Buffer | null)[] =>
    [...opened].flatMap(([day, key]) => (people ?? []).map((person) => sealValue(key, day, column, person)))
  const ofPeople =
    people === undefined
      ? fragment`true`
      : fragment`(sender = any(${sealedAs('sender')}::bytea[]) or recipient = any(${sealedAs('recipient')}::bytea[]))`
  const { rows } = await database.sql<Row>`
    select time, ip, message_id, sender, recipient, subject, browser, country from journal
    where time between ${from} and ${to} and (time at time zone 'UTC')::date = any(${[...opened.keys()]}::date[]) and ${ofPeople}
    order by time desc limit ${Math.min(limit, MOST)}`
  return rows.flatMap(({ time, ...sealed }) => {
    const day = dayOf(time)
    const key = opened.get(day)
    if (key === undefined) return []
    const value = (column: Column): string | null => openValue(key, day, column, sealed[column])
    return {
      time,
      ip: value('ip'),
      messageId: value('message_id'),
      sender: value('sender'),
      recipient: value('recipient'),
      subject: value('subject'),
      browser: value('browser'),
      country: value('country'),
    }
  })
}
