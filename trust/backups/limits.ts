import type { Config } from '#system'

const DAY_MS = 24 * 3_600_000

export type BackupSettings = Pick<Config, 'backup' | 'retention' | 'journal' | 'tickets'>

/**
 * Promise 14: a backup lives so many days and takes what is on its way out only while more of that way than these days is left.
 * So the last backup that has it is gone before it has to be.
 */
export interface Limits {
  /** What was deleted before is in no new backup. */
  deletedAfter: Date
  /** The same for what goes with the journal's days. */
  recordedAfter: Date
  /** The same for tickets, which go so many days after they were closed. */
  closedAfter: Date
}

export function limitsAt(at: Date, { backup, retention, journal, tickets }: BackupSettings): Limits {
  const before = (days: number): Date => new Date(at.getTime() - Math.max(0, days - backup.days) * DAY_MS)
  return {
    deletedAfter: before(retention.deletedDays),
    recordedAfter: before(journal.days),
    closedAfter: before(tickets.days),
  }
}

/** The oldest things of a part that are on their way out, in milliseconds since 1970: when they pass a limit it is written anew. */
export interface Oldest {
  deleted?: number | null
  recorded?: number | null
}

/** Of a whole, the oldest of its parts. */
export function earliest(all: readonly Oldest[]): Oldest {
  const least = (times: (number | null | undefined)[]): number | null => {
    const known = times.filter((time) => time !== null && time !== undefined)
    return known.length === 0 ? null : known.reduce((a, b) => Math.min(a, b))
  }
  return { deleted: least(all.map(({ deleted }) => deleted)), recorded: least(all.map(({ recorded }) => recorded)) }
}

export const isPast = ({ deleted, recorded }: Oldest, { deletedAfter, recordedAfter }: Limits): boolean =>
  (deleted ?? Infinity) <= deletedAfter.getTime() || (recorded ?? Infinity) <= recordedAfter.getTime()

/** A backup made before this time has lived long enough when another is made so many hours from now. */
export const endsBefore = (nowMs: number, { backup }: BackupSettings): Date =>
  new Date(nowMs - backup.days * DAY_MS + backup.hours * 3_600_000)
