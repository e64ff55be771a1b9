import { z } from 'zod'
import { confirmPassword, givePermit } from '#accounts'
import { nowMs, Refusal } from '#system'
import { readHeld, vanish as vanishNow, type Held } from '#trust/held'
import { id } from '../calls/arguments.ts'
import { MethodError } from '../calls/errors.ts'
import { method } from '../calls/method.ts'
import { explained } from '../account/refused.ts'
import { sessionIdOf } from '../context.ts'
import { DOWNLOAD_PERMIT, downloadPath } from '../endpoints/held.ts'
import { getMethod, type Shown } from '../families/get.ts'
import { utcDateOf } from '../mail/ids.ts'

const properties = [
  'group',
  'name',
  'fields',
  'why',
  'purposes',
  'places',
  'count',
  'isMore',
  'size',
  'oldestAt',
  'keptDays',
  'vanishesAt',
  'ends',
  'canVanish',
  'needsPassword',
  'stays',
  'barred',
]

const utcDateOrNull = (date: Date | null): string | null => (date === null ? null : utcDateOf(date))

const show = (held: Held): Shown => ({
  ...held,
  oldestAt: utcDateOrNull(held.oldestAt),
  vanishesAt: utcDateOrNull(held.vanishesAt),
})

const get = getMethod({
  type: 'HeldCategory',
  properties,
  // Counted anew each time, and never pushed: no state is ever the same.
  state: async () => String(nowMs()),
  async load({ context: { storage, config } }, account, { ids }) {
    return (await readHeld({ storage, config, account }, ids ?? undefined)).map(show)
  },
})

const password = z.string().max(1024)

const vanish = method({
  name: 'HeldCategory/vanish',
  args: z.strictObject({ accountId: id, id, password: password.optional() }),
  async run({ openAccount, context, visitor }, { accountId, id: category, password: given }) {
    const account = openAccount(accountId)
    const { storage, config } = context
    const who = { password: given, sessionId: sessionIdOf(visitor) }
    const vanished = await vanishNow({ storage, config, account }, category, who).catch((error: unknown) => {
      if (!(error instanceof Refusal)) throw error
      if (error.reason === 'notFound') throw new MethodError('invalidArguments', 'id: nothing that can vanish')
      if (error.reason === 'forbidden') throw new MethodError('forbidden', error.fields[0])
      return explained('password', () => Promise.reject(error))
    })
    return { accountId, id: category, vanished }
  },
})

/** The download begins within this time, or the password is asked for again. */
const PERMIT_SECONDS = 300

const prepare = method({
  name: 'HeldDownload/prepare',
  args: z.strictObject({ accountId: id, password }),
  async run({ openAccount, context }, { accountId, password: given }) {
    const account = openAccount(accountId)
    const { storage } = context
    await explained('password', () => confirmPassword(storage, account.id, given))
    const permit = { accountId: account.id, purpose: DOWNLOAD_PERMIT }
    const { token, endsAt } = await givePermit(storage, permit, PERMIT_SECONDS)
    return { accountId, path: downloadPath(accountId, token), expiresAt: utcDateOf(endsAt) }
  },
})

export const heldMethods = [get, vanish, prepare]
