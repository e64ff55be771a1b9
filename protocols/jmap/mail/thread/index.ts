import { readThreads, threadChanges } from '#items'
import { MAIL } from '#mail'
import { changesMethod } from '../../families/changes.ts'
import { getMethod } from '../../families/get.ts'
import { MethodError } from '../../calls/errors.ts'
import { emailIds, threadIds } from '../ids.ts'
import { changesOf, pointOf } from '../../families/points.ts'
import { emailState } from '../states.ts'

/** Thread/get, RFC 8621 §3.1. Not all at once: there are as many as messages. */
const get = getMethod({
  type: 'Thread',
  properties: ['emailIds'],
  state: emailState,
  async load(_session, account, { ids }) {
    if (ids === null) throw new MethodError('requestTooLarge', 'ids: name the threads')
    const threads = await readThreads(account, MAIL, threadIds.numbersOf(ids))
    return [...threads].map(([id, messages]) => ({ id: threadIds.of(id), emailIds: messages.map(emailIds.of) }))
  },
})

/** Thread/changes, RFC 8621 §3.2. */
const changes = changesMethod({
  type: 'Thread',
  changes: async (account, since, most) =>
    changesOf(await threadChanges(account, MAIL, pointOf(since), most), threadIds.of),
})

export const threadMethods = [get, changes]
