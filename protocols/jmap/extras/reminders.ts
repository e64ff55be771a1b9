import { z } from 'zod'
import { isWithinReach, REMINDER, type Reminder } from '#mail/later'
import { id, utcDate } from '../calls/arguments.ts'
import { SetError } from '../calls/errors.ts'
import { recordMethods } from '../families/records.ts'
import { emailIds, utcDateOf } from '../mail/ids.ts'
import { loadMessage, numberOfEmail } from './of-message.ts'

/** Wishes to be told when nobody has answered a message by a time. */
export const reminders = recordMethods<Reminder>({
  type: 'Reminder',
  kind: REMINDER,
  letter: 'R',
  schema: z.object({
    emailId: id,
    dueAt: utcDate.transform(utcDateOf),
    kind: z.literal('followUp').default('followUp'),
  }),
  immutable: ['emailId', 'kind'],
  async check(session, account, value, before) {
    if (!isWithinReach(new Date(value.dueAt)))
      throw new SetError('invalidProperties', 'a time to come, within five years', { properties: ['dueAt'] })
    if (before !== undefined) return value
    const message = await loadMessage(session, account, value.emailId)
    return { ...value, emailId: emailIds.of(message.id) }
  },
  place: ({ emailId, dueAt }) => ({ lookup: emailId, itemId: numberOfEmail(emailId), dueAt: new Date(dueAt) }),
})
