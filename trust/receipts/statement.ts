import { hash } from 'node:crypto'
import type { Config } from '#system'
import { ACCOUNT_TABLES, type Category } from './tables.ts'

/** What is signed. Nothing in it is about a person: the server's copy keeps it. */
export interface Statement {
  version: 1
  /** Its number. */
  receipt: string
  /** The server that has erased. */
  host: string
  /** Hash of the account's address with a salt that its owner alone is told. */
  subject: string
  closedAt: string
  /** From then on nothing of the account opened. */
  keyDestroyedAt: string
  /** The last row and the last file. */
  erasedAt: string
  /** The last key that could have opened a copy of the account's, wherever it lay. */
  keyCopiesDeadAt: string
  erased: { what: Category; count: number }[]
  /** What stays, and until when; null for good. */
  remains: { what: Remnant; until: string | null }[]
}

export type ReceiptSettings = Pick<Config, 'hostname' | 'journal' | 'queue' | 'backup'>

const DAY_MS = 86_400_000

const daysAfter = (time: Date, days: number): string => new Date(time.getTime() + days * DAY_MS).toISOString()

/** What remains of an account that was erased; whoever must keep more by law adds a line. */
export const REMNANTS = {
  /** Keyed hash, so that the address is given to nobody else. */
  addressHash: () => null,
  /** Entries about mail to the address, sealed under their day's key. */
  journal: (erasedAt, { journal }) => daysAfter(erasedAt, journal.days + 1),
  /** Rows of the directory, in backups that were made before; what was sealed under the account's key opens nowhere. */
  backups: (erasedAt, { backup }) => daysAfter(erasedAt, backup.days),
  /** The letter with the receipt, while it is on its way. */
  letter: (_, { queue }, issuedAt) => daysAfter(issuedAt, queue.giveUpAfterDays),
  /** The statement, in which nobody is named. */
  statement: () => null,
} as const satisfies Record<string, (erasedAt: Date, settings: ReceiptSettings, issuedAt: Date) => string | null>

export type Remnant = keyof typeof REMNANTS

/** What was erased, in categories, from the rows of each table. */
export function inCategories(counts: Readonly<Record<string, number>>): Statement['erased'] {
  const sums = new Map<Category, number>()
  for (const { table, category, isCounted } of ACCOUNT_TABLES)
    sums.set(category, (sums.get(category) ?? 0) + (isCounted === true ? (counts[table] ?? 0) : 0))
  return [...sums].map(([what, count]) => ({ what, count }))
}

export const subjectOf = (salt: string, address: string): string => hash('sha256', `${salt}\0${address}`, 'base64url')
