import { z } from 'zod'
import { findWait, waitState } from '#accounts'
import { stopRecovery } from '#trust/recovery'
import { id } from '../calls/arguments.ts'
import { method } from '../calls/method.ts'
import type { DataType } from '../capability.ts'
import { getMethod } from '../families/get.ts'
import { utcDateOf } from '../mail/ids.ts'

/** Somebody asks to get in without the second factor: one object, or none. docs/jmap-extensions.md. */
const ID = 'singleton'

export const recoveryWaitType: DataType = { name: 'RecoveryWait', state: waitState }

const get = getMethod({
  type: 'RecoveryWait',
  properties: ['state', 'by', 'begunAt', 'readyAt', 'endsAt'],
  state: waitState,
  async load(_session, account, { ids }) {
    const wait = ids !== null && !ids.includes(ID) ? undefined : await findWait(account)
    if (wait === undefined) return []
    const { state, by, begunAt, readyAt, endsAt } = wait
    return [{ id: ID, state, by, begunAt: utcDateOf(begunAt), readyAt: utcDateOf(readyAt), endsAt: utcDateOf(endsAt) }]
  },
})

/** Without the password: whoever is signed in stops it with one click, and nothing is lost by it. */
const stop = method({
  name: 'RecoveryWait/stop',
  args: z.strictObject({ accountId: id }),
  async run({ openAccount, context: { storage, config } }, { accountId }) {
    return { accountId, stopped: await stopRecovery(storage, config, openAccount(accountId).id) }
  },
})

export const recoveryWaitMethods = [get, stop]
