import { z } from 'zod'
import { changeOwnPassword } from '#accounts'
import { wakeQueue } from '#mail/outbound'
import { id } from '../calls/arguments.ts'
import { method } from '../calls/method.ts'
import { sessionIdOf } from '../context.ts'
import { noticeOf } from './notice.ts'
import { explained } from './refused.ts'

/** Ends every sign-in but this one, and is told in the inbox. docs/jmap-extensions.md. */
const change = method({
  name: 'Password/change',
  args: z.strictObject({ accountId: id, current: z.string().max(1024), new: z.string().max(1024) }),
  async run(session, { accountId, current, new: next }) {
    const account = session.openAccount(accountId)
    const { context, visitor } = session
    await explained('current', () =>
      changeOwnPassword(context.storage, account, { current, next, keptSession: sessionIdOf(visitor) }, () =>
        noticeOf(context, account, 'passwordChanged'),
      ),
    )
    wakeQueue(context.storage)
    return { accountId }
  },
})

export const passwordMethods = [change]
