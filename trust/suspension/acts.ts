import { z } from 'zod'
import { findAccount, listAppeals, LONGEST_APPEAL, SUSPENSION_RULES, type SuspensionRule } from '#accounts'
import { Refusal } from '#system'
import { Reason } from '#trust/access'
import { act, type AnyAct, type Desk } from '#trust/desk'
import { lookAt } from '#trust/looks'
import { keep, lift } from './decide.ts'
import { suspend } from './suspend.ts'

const roles = ['abuse'] as const
const account = z.number().int().positive().max(Number.MAX_SAFE_INTEGER)
const { reference } = Reason.shape

/** An appeal that waits, without a word of whose it is: an account's number, as it stands in no letter. */
export interface WaitingAppeal {
  account: number
  rule: SuspensionRule
  since: string
  decideBy: string
}

/** The appeal as somebody reads it who is to decide. */
export interface ReadAppeal extends WaitingAppeal {
  text: string
}

async function waiting({ storage }: Pick<Desk, 'storage'>): Promise<WaitingAppeal[]> {
  return (await listAppeals(storage)).map(({ accountId, rule, since, decideBy }) => ({
    account: accountId,
    rule,
    since: since.toISOString(),
    decideBy: decideBy.toISOString(),
  }))
}

async function waitingOf(desk: Pick<Desk, 'storage'>, id: number): Promise<WaitingAppeal> {
  const found = (await waiting(desk)).find((one) => one.account === id)
  if (found === undefined) throw new Refusal('notFound')
  return found
}

/** What the abuse desk does: suspending, and deciding on appeals. */
export const suspensionActs: readonly AnyAct[] = [
  act({
    name: 'appeal.list',
    roles,
    given: z.strictObject({}),
    run: (desk) => waiting(desk),
  }),
  act({
    name: 'appeal.read',
    roles,
    given: z.strictObject({ account, reference }),
    async run(desk, given): Promise<ReadAppeal> {
      const found = await waitingOf(desk, given.account)
      const { storage, staff } = desk
      const { appeal } = await lookAt(storage, given.account, {
        purpose: 'checks',
        reference: given.reference,
        by: 'abuse',
        staff: staff.id,
        fields: ['suspension', 'appeal'],
      })
      return { ...found, text: String(appeal) }
    },
  }),
  act({
    name: 'appeal.decide',
    roles,
    given: z.strictObject({ account, isLifted: z.boolean(), reason: z.string().max(LONGEST_APPEAL + 1000) }),
    async run(desk, given) {
      await waitingOf(desk, given.account)
      const { storage, config } = desk
      if (given.isLifted) await lift(storage, config, given.account)
      else await keep(storage, config, given.account, given.reason)
      return {}
    },
  }),
  act({
    name: 'account.suspend',
    roles,
    given: z.strictObject({ address: z.string().max(254), rule: z.enum(SUSPENSION_RULES) }),
    async run({ storage, config }, { address, rule }) {
      const found = await findAccount(storage, address.trim(), { alsoMasked: true })
      if (found === undefined || found.state === 'closed' || found.state === 'erasing') throw new Refusal('notFound')
      // Its owner is told, which is more than an entry of the access log says.
      if (!(await suspend(storage, config, found.id, rule))) throw new Refusal('exists')
      return {}
    },
  }),
]
