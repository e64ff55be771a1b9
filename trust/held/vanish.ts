import { accountState, confirmPassword, endAllSessions } from '#accounts'
import { promisesInForce, readPromises } from '#policy'
import { Refusal } from '#system'
import { eraseOnRequest } from '#trust/retention'
import { CATEGORIES } from './categories.ts'
import type { HeldContext } from './category.ts'

/**
 * What keeps something of an account from vanishing early: the promises, that the account is not open, or an order of an authority, which
 * its owner may be told (`ordered`) or not (`kept`).
 */
export type Bar = 'policy' | 'suspended' | 'closed' | 'ordered' | 'kept'

/** Undefined where what is held may vanish when its owner asks for it. */
export async function whyNot({ storage, config, account }: HeldContext): Promise<Bar | undefined> {
  const { sql } = storage.database
  if (!(await promisesInForce(sql, readPromises(config))).erasure.onRequest) return 'policy'
  const state = await accountState(sql, account.id)
  if (state === 'open') return undefined
  return state === 'suspended' ? 'suspended' : 'closed'
}

/**
 * Makes a category vanish now, for good.
 * @param by  the password, where one is asked for; the session that stays
 * @returns how much went
 * @throws Refusal 'notFound' for what is no category or has to be kept; 'forbidden' with the bar as its field;
 *   'badCredentials' and 'tooManyAttempts' for the password
 */
export async function vanish(
  context: HeldContext,
  id: string,
  { password, sessionId }: { password: string | undefined; sessionId: string | undefined },
): Promise<number> {
  const { storage, account } = context
  const vanishing = CATEGORIES.find(({ name }) => name === id)?.vanishing
  if (vanishing === undefined) throw new Refusal('notFound')
  const barred = await whyNot(context)
  if (barred !== undefined) throw new Refusal('forbidden', { fields: [barred] })
  if (vanishing.needsPassword) await confirmPassword(storage, account.id, password ?? '')
  if (vanishing.erases === 'otherSessions') return endAllSessions(storage, account.id, sessionId)
  let count = 0
  for (const what of vanishing.erases) count += await eraseOnRequest(storage, account, what)
  return count
}
