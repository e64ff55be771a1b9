import { setTimeout as sleep } from 'node:timers/promises'
import { now, onceUntilOver, type Countries, type Log } from '#system'
import { sqlState, type JournalKey, type Storage } from '#storage'
import { dayOf, makeDay } from './days.ts'
import type { JournalEntry, Note } from './entry.ts'
import { personOf, sealValue, shortened, type Column } from './values.ts'

export interface Journal {
  note: Note
  /** Writes what is left, as long as the database takes it. */
  close(): Promise<void>
}

/** An entry that waits to be written: its values bounded, its country still to be found. */
type Waiting = { time: Date } & Partial<Record<Column, string | undefined>>

/** For so long an entry waits for others to be written with it. A killed process loses as much. */
const GATHER_MS = 250

/** Entries in one statement; as soon as there are so many, they are written. */
const TOGETHER = 500

/** Entries kept while the database is away: some 20 MB at most. The oldest make room. */
const MOST_WAITING = 20_000

const AGAIN_MS = 1000

/** For the last ones, when the process ends. */
const CLOSE_MS = 5000

/** No partition holds the time: it was not made, or was dropped meanwhile (PostgreSQL's check_violation). */
const NO_PARTITION = '23514'

/**
 * Opens the journal to write to: one for a process, over the app's role. Entries are gathered in memory and written together. While
 * the database is away they wait; those that there is no room for are counted in the log.
 */
export function openJournal(
  { database, keys }: Pick<Storage, 'database' | 'keys'>,
  log: Log,
  countries: Countries,
): Journal {
  let waiting: Waiting[] = []
  let dropped = 0
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> | undefined
  let isClosing = false
  /** Partitions that are there. */
  const days = new Set<string>()
  const outage = onceUntilOver(
    (message) => log.error({}, message),
    'the journal is not written: its entries wait',
    'the journal is written again',
  )

  const bound = (): void => {
    // Cut rarely and by many: each cut moves what stays.
    if (waiting.length <= MOST_WAITING + TOGETHER) return
    const tooMany = waiting.length - MOST_WAITING
    waiting = waiting.slice(tooMany)
    dropped += tooMany
  }

  const write = async (batch: readonly Waiting[]): Promise<void> => {
    const opened = new Map<string, JournalKey>()
    for (const day of new Set(batch.map(({ time }) => dayOf(time)))) {
      if (!days.has(day)) await makeDay({ database }, day)
      days.add(day)
      opened.set(day, await keys.journalKey(day))
    }
    const found = new Map<string, string | undefined>()
    for (const { ip } of batch) if (ip !== undefined && !found.has(ip)) found.set(ip, await countries.find(ip))

    const sealed = (column: Column, value: (entry: Waiting) => string | undefined): (Buffer | null)[] =>
      batch.map((entry) => {
        const day = dayOf(entry.time)
        return sealValue(opened.get(day) as JournalKey, day, column, value(entry))
      })
    await database.sql`
      insert into journal (time, ip, message_id, sender, recipient, subject, browser, country)
      select * from unnest(${batch.map(({ time }) => time)}::timestamptz[], ${sealed('ip', ({ ip }) => ip)}::bytea[],
        ${sealed('message_id', (entry) => entry.message_id)}::bytea[], ${sealed('sender', ({ sender }) => sender)}::bytea[],
        ${sealed('recipient', ({ recipient }) => recipient)}::bytea[], ${sealed('subject', ({ subject }) => subject)}::bytea[],
        ${sealed('browser', ({ browser }) => browser)}::bytea[],
        ${sealed('country', ({ ip }) => (ip === undefined ? undefined : found.get(ip)))}::bytea[])`
  }

  const writeAll = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, TOGETHER)
      const droppedBefore = dropped
      try {
        await write(batch)
      } catch (error) {
        if (sqlState(error) === NO_PARTITION) days.clear()
        outage.trouble()
        log.debug({ count: batch.length, err: error }, 'entries of the journal could not be written')
        if (isClosing) return
        await sleep(AGAIN_MS, undefined, { ref: false })
        continue
      }
      // Those that were dropped meanwhile stood at the front.
      waiting = waiting.slice(Math.max(0, batch.length - (dropped - droppedBefore)))
      outage.over()
    }
    if (dropped > 0) log.error({ count: dropped }, 'entries of the journal were dropped while it could not be written')
    dropped = 0
  }

  const start = (): void => {
    clearTimeout(timer)
    timer = undefined
    writing ??= writeAll().finally(() => {
      writing = undefined
      if (waiting.length > 0 && !isClosing) timer ??= setTimeout(start, GATHER_MS)
    })
  }

  return {
    note(entry) {
      waiting.push(waitingOf(entry))
      bound()
      if (waiting.length >= TOGETHER) start()
      else if (writing === undefined) timer ??= setTimeout(start, GATHER_MS)
    },
    async close() {
      isClosing = true
      clearTimeout(timer)
      const timeout = new AbortController()
      const written = async (): Promise<void> => {
        await writing
        await writeAll()
      }
      await Promise.race([written(), sleep(CLOSE_MS, undefined, { signal: timeout.signal }).catch(() => undefined)])
      timeout.abort()
      const lost = waiting.length + dropped
      waiting = []
      if (lost > 0) log.error({ count: lost }, 'entries of the journal were lost: the database did not take them')
    },
  }
}

function waitingOf({ ip, messageId, sender, recipient, subject, browser, isSealed = false }: JournalEntry): Waiting {
  return {
    time: now(),
    ip: shortened('ip', ip),
    message_id: shortened('message_id', messageId),
    sender: personIn('sender', sender),
    recipient: personIn('recipient', recipient),
    subject: isSealed ? undefined : shortened('subject', subject),
    browser: shortened('browser', browser),
  }
}

const personIn = (column: 'sender' | 'recipient', address: string | undefined): string | undefined => {
  const short = shortened(column, address)
  return short === undefined ? undefined : personOf(short)
}
