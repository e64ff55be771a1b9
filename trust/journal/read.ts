import { fragment, type Fragment, type JournalKey, type Storage } from '#storage'
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
const MOST_COUNTED = 100_000

/**
 * How many entries of a person there are, and when the oldest was made. Nothing is opened; counting ends at 100,000, and then says so.
 */
export async function countJournal(
  { database, keys }: Pick<Storage, 'database' | 'keys'>,
  { from, to, addresses }: Pick<JournalQuery, 'from' | 'to'> & { addresses: readonly string[] },
): Promise<{ count: number; isMore: boolean; oldestAt: Date | null }> {
  const opened = await keys.journalKeys(daysBetween(from, to))
  const ofPeople = sealedIn(opened, addresses)
  const days = fragment`time between ${from} and ${to} and (time at time zone 'UTC')::date = any(${[...opened.keys()]}::date[])`
  const [counted, oldest] = await Promise.all([
    database.sql<{ count: number }>`
      select count(*)::int as count from (select from journal where ${days} and ${ofPeople} limit ${MOST_COUNTED + 1}) as found`,
    database.sql<{ time: Date }>`select time from journal where ${days} and ${ofPeople} order by time limit 1`,
  ])
  const count = counted.rows[0]?.count ?? 0
  return { count: Math.min(count, MOST_COUNTED), isMore: count > MOST_COUNTED, oldestAt: oldest.rows[0]?.time ?? null }
}

/** Entries in which one of these is sender or recipient, by the forms that they have on each day. */
function sealedIn(opened: ReadonlyMap<string, JournalKey>, addresses: readonly string[]): Fragment {
  const people = [...new Set(addresses.map(personOf))]
  const sealedAs = (column: 'sender' | 'recipient'): (Buffer | null)[] =>
    [...opened].flatMap(([day, key]) => people.map((person) => sealValue(key, day, column, person)))
  return fragment`(sender = any(${sealedAs('sender')}::bytea[]) or recipient = any(${sealedAs('recipient')}::bytea[]))`
}

/**
 * Reads entries, the newest first. A person's are found by the sealed form that their address has on each day; none of another's is
 * opened. Days whose key was destroyed are gone, also while their rows are still there.
 */
export async function readJournal(
  { database, keys }: Pick<Storage, 'database' | 'keys'>,
  { from, to, addresses, limit }: JournalQuery,
): Promise<RecordedEntry[]> {
  const opened = await keys.journalKeys(daysBetween(from, to))
  const ofPeople = addresses === undefined ? fragment`true` : sealedIn(opened, addresses)
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
