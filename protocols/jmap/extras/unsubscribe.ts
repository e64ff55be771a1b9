import { z } from 'zod'
import { readMessages } from '#mail'
import { unsubscribe as leave } from '#mail/unsubscribe'
import { openFetch, Refusal } from '#system'
import { id } from '../calls/arguments.ts'
import { MethodError } from '../calls/errors.ts'
import { method } from '../calls/method.ts'
import { emailIds } from '../mail/ids.ts'

/** Email/unsubscribe: leaves the list that sent a message. docs/jmap-extensions.md. */
export const unsubscribe = method({
  name: 'Email/unsubscribe',
  args: z.strictObject({ accountId: id, emailId: id }),
  async run(session, { accountId, emailId }) {
    const account = session.openAccount(accountId)
    const { context: tools } = session
    const [message] = await readMessages(account, emailIds.numbersOf([session.realId(emailId) ?? '']))
    if (message === undefined) throw new MethodError('invalidArguments', 'emailId: there is no such message')
    try {
      const done = await leave({ ...tools, fetch: openFetch(tools.config) }, account, message)
      return { accountId, emailId: emailIds.of(message.id), ...done }
    } catch (error) {
      if (!(error instanceof Refusal) || error.reason !== 'notFound') throw error
      throw new MethodError('invalidArguments', 'emailId: the message does not say how its list is left')
    }
  },
})
