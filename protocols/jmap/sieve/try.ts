import { z } from 'zod'
import { SieveError } from '#formats/sieve'
import { MOST_TRIED, tryScript, type TriedAction } from '#mail/trial'
import { id } from '../calls/arguments.ts'
import { openGate } from '../calls/gate.ts'
import { method } from '../calls/method.ts'
import { emailIds, mailboxIds } from '../mail/ids.ts'
import { type } from './script.ts'

/** Trials of one account: one takes seconds of work. */
const gate = openGate(1, 4)

/** SieveScript/try: what a script would have done with the newest letters. docs/jmap-extensions.md. */
export const tryMethod = method({
  name: `${type}/try`,
  args: z.strictObject({
    accountId: id,
    content: z.string(),
    limit: z.int().min(1).max(MOST_TRIED),
  }),
  async run(session, { accountId, content, limit }) {
    const account = session.openAccount(accountId)
    const { config, storage } = session.context
    const leave = await gate.enter(account.id)
    try {
      const { letters, isPartial } = await tryScript(account, content, {
        storage,
        hostname: config.hostname,
        limit,
      })
      const list = letters.map(({ id: number, actions, fault }) => ({
        emailId: emailIds.of(number),
        actions: actions.map(shown),
        fault: fault === undefined ? null : { ...fault, script: fault.script ?? null },
      }))
      return { accountId, list, isPartial, error: null }
    } catch (error) {
      if (!(error instanceof SieveError)) throw error
      const { message: description, place } = error
      return { accountId, list: [], isPartial: false, error: { description, ...place } }
    } finally {
      leave()
    }
  },
})

const shown = ({ mailboxId, ...action }: TriedAction): Record<string, unknown> =>
  action.kind === 'fileinto'
    ? { ...action, mailboxId: mailboxId === undefined ? null : mailboxIds.of(mailboxId) }
    : action
