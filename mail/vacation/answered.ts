import { hash } from 'node:crypto'
import { noteUntil } from '#items'
import type { Transaction } from '#storage'
import { now } from '#system'
import type { Vacation } from './vacation.ts'

/** Who was answered, until they may be again: nothing is in such a record but a keyed hash and that time. */
export const ANSWER = 'vacationAnswer'

/** RFC 5230 §4.1: seven days, unless somebody says otherwise. */
const PAUSE_MS = 7 * 24 * 3_600_000

/**
 * Notes that somebody is answered, in the transaction that does it.
 * @returns false when they have heard the same within seven days
 */
export async function noteAnswered(tx: Transaction, vacation: Vacation, sender: string): Promise<boolean> {
  const { subject, textBody, htmlBody } = vacation
  // Who has something else to say says it to everybody once more (RFC 5230 §4.2).
  const said = hash('sha256', JSON.stringify([subject, textBody, htmlBody]), 'base64url')
  const lookup = `${said}/${sender.toLowerCase()}`
  return noteUntil(tx, { kind: ANSWER, lookup, dueAt: new Date(now().getTime() + PAUSE_MS) })
}
