import { z } from 'zod'
import { readRecords, recordsOfItems, recordState } from '#items'
import { id } from '../calls/arguments.ts'
import { MethodError } from '../calls/errors.ts'
import { isOperator } from '../families/filter.ts'
import { queryMethod, windowOf } from '../families/query.ts'
import { recordMethods } from '../families/records.ts'
import { limits } from '../limits.ts'
import { emailIds, utcDateOf } from '../mail/ids.ts'
import { loadMessage, numberOfEmail } from './of-message.ts'

export const NOTE = 'note'

export interface Note extends Record<string, unknown> {
  emailId: string
  text: string
}

const { ids, methods, type } = recordMethods<Note>({
  type: 'Note',
  kind: NOTE,
  letter: 'N',
  isRestorable: () => true,
  schema: z.object({ emailId: id, text: z.string().min(1).max(20_000) }),
  immutable: ['emailId'],
  serverSet: ['createdAt'],
  show: ({ createdAt }) => ({ createdAt: utcDateOf(createdAt) }),
  async check(session, account, value, before) {
    if (before !== undefined) return value
    const message = await loadMessage(session, account, value.emailId)
    return { ...value, emailId: emailIds.of(message.id) }
  },
  place: ({ emailId }) => ({ itemId: numberOfEmail(emailId) }),
})

/** The notes on some messages: an account may have more than one /get gives. */
const query = queryMethod({
  type: 'Note',
  conditions: { emailIds: z.array(id).max(limits.maxObjectsInGet) },
  sorts: [],
  async run(_session, account, { filter }, window) {
    if (filter !== null && isOperator(filter)) throw new MethodError('unsupportedFilter')
    const queryState = String(await recordState(account, NOTE))
    const wanted = filter?.emailIds
    const found =
      wanted === undefined
        ? await readRecords<Note>(account, NOTE, null)
        : await recordsOfItems<Note>(account, NOTE, emailIds.numbersOf(wanted))
    return {
      queryState,
      canCalculateChanges: false,
      ...windowOf(
        found.map((record) => ids.of(record.id)),
        window,
      ),
    }
  },
})

/** What somebody noted on a message, for themselves. */
export const notes = { methods: [...methods, query], type }
