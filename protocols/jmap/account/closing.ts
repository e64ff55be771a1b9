import { z } from 'zod'
import {
  closingTerms,
  confirmPassword,
  findRecovery,
  forwardDaysOf,
  isLastOperator,
  maskAddress,
  remindersOf,
} from '#accounts'
import { close } from '#trust/closing'
import type { OpenAccount } from '#storage'
import { now } from '#system'
import { id } from '../calls/arguments.ts'
import { method, type CallSession } from '../calls/method.ts'
import { getMethod, type Shown } from '../families/get.ts'
import { utcDateOf } from '../mail/ids.ts'
import { explained } from './refused.ts'

/** What would happen to the account if it were closed now: one object. docs/jmap-extensions.md. */
const ID = 'singleton'

/** It has no change number: it is another one each day, and it is not pushed. */
const state = async (): Promise<string> => now().toISOString().slice(0, 10)

const get = getMethod({
  type: 'Closing',
  properties: ['reopenUntil', 'eraseAt', 'reminders', 'recovery', 'forwardChoices', 'isLastOperator'],
  state,
  async load({ context: { storage, config } }, account, { ids }): Promise<Shown[]> {
    if (ids !== null && !ids.includes(ID)) return []
    const closedAt = now()
    const terms = closingTerms(config.closing, closedAt)
    const forwardChoice = (days: number): { days: number; until: string | null } => {
      const { forwardUntil } = closingTerms(config.closing, closedAt, days)
      return { days, until: forwardUntil && utcDateOf(forwardUntil) }
    }
    const [recovery, isLast] = await Promise.all([
      findRecovery(storage, account.id),
      isLastOperator(storage.database.sql, account.id),
    ])
    return [
      {
        id: ID,
        reopenUntil: utcDateOf(terms.reopenUntil),
        eraseAt: utcDateOf(terms.eraseAt),
        reminders: remindersOf(config.closing, terms).map(utcDateOf),
        recovery: recovery === undefined ? null : maskAddress(recovery.address),
        // Only to an address that has been proven.
        forwardChoices: recovery === undefined ? [] : forwardDaysOf(config.closing).map(forwardChoice),
        isLastOperator: isLast,
      },
    ]
  },
})

/** The last call that a session of the account makes. */
const closeMethod = method({
  name: 'Closing/close',
  args: z.strictObject({ accountId: id, password: z.string().max(1024), forwardDays: z.int().nullish() }),
  async run(session: CallSession, { accountId, password, forwardDays }) {
    const account: OpenAccount = session.openAccount(accountId)
    const { storage, config } = session.context
    const { reopenUntil, eraseAt, forwardUntil } = await explained('password', async () => {
      const passwordSetAt = await confirmPassword(storage, account.id, password)
      return close(storage, config, account, {
        closedBy: 'owner',
        passwordSetAt,
        forwardDays: forwardDays ?? undefined,
      })
    })
    return {
      accountId,
      reopenUntil: utcDateOf(reopenUntil),
      eraseAt: utcDateOf(eraseAt),
      forwardUntil: forwardUntil && utcDateOf(forwardUntil),
    }
  },
})

export const closingMethods = [get, closeMethod]
