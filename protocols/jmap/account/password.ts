import { z } from 'zod'
import { changeOwnPassword, letProgramsIn, passwordUse } from '#accounts'
import { wakeQueue } from '#mail/outbound'
import type { OpenAccount } from '#storage'
import { id } from '../calls/arguments.ts'
import { SetError } from '../calls/errors.ts'
import { method, type CallSession } from '../calls/method.ts'
import { checkProperties } from '../calls/properties.ts'
import { sessionIdOf } from '../context.ts'
import { getMethod } from '../families/get.ts'
import { setMethod, oneByOne } from '../families/set.ts'
import { applyPatch } from '../json/patch.ts'
import { utcDateOf } from '../mail/ids.ts'
import { noticeOf } from './notice.ts'
import { explained } from './refused.ts'

/** What is known of the main password: one object. docs/jmap-extensions.md. */
const ID = 'singleton'

const Given = z.strictObject({ worksInPrograms: z.boolean() })

const load = async (account: OpenAccount, { context }: CallSession) => {
  const { letsProgramsIn: worksInPrograms, setAt } = await passwordUse(context.storage, account.id)
  return { id: ID, worksInPrograms, changedAt: utcDateOf(setAt) }
}

/** It has no change number, and is not pushed. */
const state = async (account: OpenAccount, session: CallSession): Promise<string> => {
  const { worksInPrograms, changedAt } = await load(account, session)
  return `${Date.parse(changedAt)}-${Number(worksInPrograms)}`
}

const get = getMethod({
  type: 'Password',
  properties: ['worksInPrograms', 'changedAt'],
  state,
  load: async (session, account, { ids }) => (ids === null || ids.includes(ID) ? [await load(account, session)] : []),
})

const set = setMethod({
  type: 'Password',
  isSingleton: true,
  state,
  apply: oneByOne({
    async update(session, account, one, patch) {
      if (one !== ID) throw new SetError('notFound')
      const { id: _, changedAt, ...before } = await load(account, session)
      const { changedAt: given = changedAt, id: same = ID, ...after } = applyPatch({ ...before }, patch)
      if (given !== changedAt || same !== ID) throw new SetError('invalidProperties')
      const { worksInPrograms } = checkProperties(Given, after)
      if (worksInPrograms !== before.worksInPrograms)
        await letProgramsIn(session.context.storage, account.id, worksInPrograms)
      return null
    },
  }),
})

/** Ends every session but this one, and is told in the inbox. */
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

export const passwordMethods = [get, set, change]
