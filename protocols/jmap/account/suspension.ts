import { z } from 'zod'
import { findSuspension, LONGEST_APPEAL } from '#accounts'
import type { OpenAccount } from '#storage'
import { appeal } from '#trust/suspension'
import { id } from '../calls/arguments.ts'
import { method } from '../calls/method.ts'
import { getMethod, type Shown } from '../families/get.ts'
import { utcDateOf } from '../mail/ids.ts'
import { explained } from './refused.ts'

/** For which rule the operator has suspended the account: one object, or none. docs/jmap-extensions.md. */
const ID = 'singleton'

const orNull = (time: Date | null): string | null => (time === null ? null : utcDateOf(time))

/** It has no change number: these are its times, and it is not pushed. */
async function state(account: OpenAccount): Promise<string> {
  const found = await findSuspension(account)
  return [found?.since, found?.appealedAt, found?.keptAt].map((time) => time?.getTime() ?? 0).join('-')
}

const get = getMethod({
  type: 'Suspension',
  properties: ['rule', 'since', 'appealedAt', 'decideBy', 'keptAt', 'reason'],
  state,
  async load(_session, account, { ids }): Promise<Shown[]> {
    const found = ids !== null && !ids.includes(ID) ? undefined : await findSuspension(account)
    if (found === undefined) return []
    const { rule, since, appealedAt, decideBy, keptAt, reason } = found
    return [
      {
        id: ID,
        rule,
        since: utcDateOf(since),
        appealedAt: orNull(appealedAt),
        decideBy: orNull(decideBy),
        keptAt: orNull(keptAt),
        reason,
      },
    ]
  },
})

const appealMethod = method({
  name: 'Suspension/appeal',
  args: z.strictObject({ accountId: id, text: z.string().max(LONGEST_APPEAL) }),
  async run(session, { accountId, text }) {
    const account = session.openAccount(accountId)
    const decideBy = await explained('text', () =>
      appeal(session.context.storage, account, session.context.config.appeals, text),
    )
    return { accountId, decideBy: utcDateOf(decideBy) }
  },
})

export const suspensionMethods = [get, appealMethod]
