import { z } from 'zod'
import {
  accountLetter,
  confirmRecovery,
  findRecovery,
  maskAddress,
  pendingRecovery,
  readSettings,
  requestRecovery,
} from '#accounts'
import { sendOwnLetter, wakeQueue } from '#mail/outbound'
import type { OpenAccount } from '#storage'
import { id } from '../calls/arguments.ts'
import { method, type CallSession } from '../calls/method.ts'
import { getMethod, type Shown } from '../families/get.ts'
import { utcDateOf } from '../mail/ids.ts'
import { noticeOf } from './notice.ts'
import { explained } from './refused.ts'

/** The address outside by which a person gets back in: one object, shown masked. docs/jmap-extensions.md. */
const ID = 'singleton'

/** It has no change number: this is when it was proven, and it is not pushed. */
const state = async (account: OpenAccount, { context }: CallSession): Promise<string> =>
  String((await findRecovery(context.storage, account.id))?.provenAt.getTime() ?? 0)

const get = getMethod({
  type: 'Recovery',
  properties: ['address', 'provenAt', 'pending'],
  state,
  async load({ context: { storage } }, account, { ids }): Promise<Shown[]> {
    if (ids !== null && !ids.includes(ID)) return []
    const [recovery, pending] = await Promise.all([
      findRecovery(storage, account.id),
      pendingRecovery(storage, account),
    ])
    return [
      {
        id: ID,
        address: recovery === undefined ? null : maskAddress(recovery.address),
        provenAt: recovery === undefined ? null : utcDateOf(recovery.provenAt),
        pending: pending === undefined ? null : maskAddress(pending),
      },
    ]
  },
})

const request = method({
  name: 'Recovery/request',
  args: z.strictObject({ accountId: id, address: z.string().max(320), password: z.string().max(1024) }),
  async run(session, { accountId, address, password }) {
    const account = session.openAccount(accountId)
    const { storage, config } = session.context
    const { code, to, endsAt } = await explained('password', () =>
      requestRecovery(storage, config.signUp, account, { address, password }),
    )
    const { language } = await readSettings(account)
    const values = { host: config.hostname, code, minutes: config.signUp.codeMinutes }
    await sendOwnLetter(storage, { to, language, ...accountLetter({ kind: 'recovery', language, values }) })
    return { accountId, expiresAt: utcDateOf(endsAt) }
  },
})

const confirm = method({
  name: 'Recovery/confirm',
  args: z.strictObject({ accountId: id, code: z.string().max(64) }),
  async run(session, { accountId, code }) {
    const account = session.openAccount(accountId)
    const { context } = session
    await explained('code', () =>
      confirmRecovery(context.storage, account, code, ({ before, after }) =>
        noticeOf(context, account, 'recoveryChanged', {
          // Whoever reads the old address is told, too: it may be the person that somebody else shuts out.
          others: before === undefined || before === after ? [] : [before],
          recovery: maskAddress(after),
        }),
      ),
    )
    wakeQueue(context.storage)
    return { accountId }
  },
})

export const recoveryMethods = [get, request, confirm]
