import { z } from 'zod'
import { findRecord, recordState } from '#items'
import { resnooze, SNOOZE, snoozeConversation, wakeNow, type Snooze } from '#mail/later'
import type { OpenAccount } from '#storage'
import { Refusal } from '#system'
import { id as anyId, utcDate } from '../calls/arguments.ts'
import { SetError } from '../calls/errors.ts'
import { checkProperties } from '../calls/properties.ts'
import { recordMethods } from '../families/records.ts'
import { oneByOne, setMethod } from '../families/set.ts'
import { emailIds, mailboxIds, threadIds } from '../mail/ids.ts'
import { loadMessage } from './of-message.ts'

const {
  ids,
  methods: [get, changes],
  type,
} = recordMethods<Snooze>({
  type: 'Snooze',
  kind: SNOOZE,
  letter: 'Z',
  schema: z.object({ until: z.string() }),
  serverSet: ['emailId', 'threadId', 'mailboxId'],
  show: ({ value }) => ({
    emailId: emailIds.of(value.messageId),
    threadId: threadIds.of(value.threadId),
    mailboxId: mailboxIds.of(value.mailboxId),
  }),
})

const numberOf = (id: string): number => ids.numberOf(id) ?? 0

/** Creating one puts a conversation to sleep, destroying it wakes the conversation. */
const set = setMethod({
  type: 'Snooze',
  state: async (account) => String(await recordState(account, SNOOZE)),
  apply: oneByOne({
    async create(session, account, given) {
      const { emailId, until } = checkProperties(z.strictObject({ emailId: anyId, until: utcDate }), given)
      const message = await loadMessage(session, account, emailId)
      try {
        const id = ids.of(await snoozeConversation(account, message.id, until))
        const [shown] = await show(account, message.threadId)
        return { id, ...shown }
      } catch (error) {
        if (!(error instanceof Refusal && error.reason === 'exists')) throw error
        const [, existing] = await show(account, message.threadId)
        throw new SetError('alreadyExists', undefined, existing === undefined ? {} : { existingId: existing })
      }
    },
    async update(_session, account, id, patch) {
      const { until } = checkProperties(z.strictObject({ until: utcDate }), patch)
      await resnooze(account, numberOf(id), until)
      return null
    },
    destroy: (_session, account, id) => wakeNow(account, numberOf(id)),
  }),
})

async function show(account: OpenAccount, threadId: number): Promise<[object, string] | []> {
  const record = await findRecord<Snooze>(account, SNOOZE, `thread/${threadId}`)
  if (record === undefined) return []
  return [{ threadId: threadIds.of(threadId), mailboxId: mailboxIds.of(record.value.mailboxId) }, ids.of(record.id)]
}

/** Conversations that come back at a time. */
export const snoozes = { methods: [get, changes, set].filter((method) => method !== undefined), type }
