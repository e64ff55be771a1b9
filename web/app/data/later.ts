import type { Id, Reminder, Snooze } from '../jmap/types.ts'
import { Collection } from './collection.svelte.ts'

/** Conversations that come back at a time. */
export const snoozes = new Collection('Snooze')
/** Letters to which somebody should have answered by a time. */
export const reminders = new Collection('Reminder')

export function snoozeOf(threadId: Id): Snooze | undefined {
  for (const one of snoozes.all.values()) if (one.threadId === threadId) return one
  return undefined
}

export function reminderOf(emailId: Id): Reminder | undefined {
  for (const one of reminders.all.values()) if (one.emailId === emailId) return one
  return undefined
}

/** An instant as JMAP writes it: whole seconds in UTC (RFC 8620 §1.4). */
export function utcDate(at: Date): string {
  return `${at.toISOString().slice(0, 19)}Z`
}
