/**
 * What comes back by itself: conversations that sleep until a time, and letters to which nobody has answered by then.
 * Records of the kinds `snooze` and `reminder`, both due at their time.
 */
export { resnooze, SNOOZE, SNOOZED, snoozeConversation, wakeNow, type Snooze } from './snooze.ts'
export { FOLLOW_UP, REMINDER, type Reminder } from './reminder.ts'
export { isWithinReach } from './reach.ts'
export { lookAtReminders, lookAtSnoozes, remindDue, startLater, wakeDue } from './worker.ts'
