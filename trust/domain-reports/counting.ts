import type { DmarcArrival, CountArrival } from '#mail/domain-reports'
import { onceUntilOver, today, type Log } from '#system'
import type { JournalKey, Storage } from '#storage'
import { addressHash } from './address-hash.ts'
import { otherDomainKey } from './kept.ts'

/** Between two times of writing. */
const WRITE_MS = 5000

/** Letters that differ, held in memory until they are written; what comes beyond is not counted. */
const MOST_HELD = 5000

/** Rows in one statement. */
const TOGETHER = 500

/** What is sealed of letters that are alike. */
export interface KeptArrival extends Omit<DmarcArrival, 'source'> {
  /** As `addressHash` has it. */
  source: string
}

export const arrivalPlace = (day: string, key: Buffer): string => `arrival/${day}/${key.toString('base64url')}`

interface Held {
  day: string
  arrival: DmarcArrival
  letters: number
}

/**
 * Counts letters for the reports of the next day, in memory first: no letter waits for it, and a killed process loses a few seconds
 * of counts. An address is in memory only, and is written as a hash under its day's key.
 */
export function openDmarcCounts(
  storage: Pick<Storage, 'database' | 'keys'>,
  log: Log,
  everyMs = WRITE_MS,
): { count: CountArrival; close(): Promise<void> } {
  let held = new Map<string, Held>()
  let writing: Promise<void> | undefined
  const outage = onceUntilOver(
    (message) => log.warn({}, message),
    'letters could not be counted for reports',
    'letters are counted for reports again',
  )

  const write = async (): Promise<void> => {
    const taken = [...held.values()]
    held = new Map()
    try {
      for (let at = 0; at < taken.length; at += TOGETHER) await writeRows(storage, taken.slice(at, at + TOGETHER))
      outage.over()
    } catch (error) {
      outage.trouble()
      log.debug({ count: taken.length, err: error }, 'letters could not be counted for reports')
    }
  }
  const tick = (): Promise<void> => (writing ??= write().finally(() => (writing = undefined)))
  const timer = setInterval(() => {
    if (held.size > 0) void tick()
  }, everyMs).unref()

  return {
    count(arrival) {
      const day = today()
      const name = JSON.stringify([day, arrival])
      const known = held.get(name)
      if (known !== undefined) known.letters++
      else if (held.size < MOST_HELD) held.set(name, { day, arrival, letters: 1 })
    },
    async close() {
      clearInterval(timer)
      await writing
      await tick()
    },
  }
}

async function writeRows({ database, keys }: Pick<Storage, 'database' | 'keys'>, rows: readonly Held[]): Promise<void> {
  const service = await keys.serviceKey('domainReports')
  const days = new Map<string, JournalKey>()
  for (const { day } of rows) if (!days.has(day)) days.set(day, await keys.journalKey(day))
  const made = rows
    .map(({ day, arrival, letters }) => {
      const kept: KeptArrival = {
        ...arrival,
        source: addressHash(days.get(day) as JournalKey, day, arrival.source),
      }
      const words = JSON.stringify(kept)
      const key = service.hash(`arrival\0${words}`)
      return {
        day,
        key,
        domain: otherDomainKey(service, arrival.policyDomain),
        sealed: service.seal(arrivalPlace(day, key), words),
        letters,
      }
    })
    // Two processes write the same rows in the same order.
    .toSorted((a, b) => a.day.localeCompare(b.day) || Buffer.compare(a.key, b.key))
  await database.sql`
    insert into dmarc_arrival as known (day, row_key, domain_key, sealed, letters)
    select * from unnest(${made.map(({ day }) => day)}::date[], ${made.map(({ key }) => key)}::bytea[],
      ${made.map(({ domain }) => domain)}::bytea[], ${made.map(({ sealed }) => sealed)}::bytea[],
      ${made.map(({ letters }) => letters)}::bigint[])
    on conflict (day, row_key) do update set letters = known.letters + excluded.letters`
}
