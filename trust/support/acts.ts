import { z } from 'zod'
import { now, Refusal } from '#system'
import { wakeQueue } from '#mail/outbound'
import { FIELDS, recordAccess } from '#trust/access'
import { act, type AnyAct } from '#trust/desk'
import { GRANTABLE, lookAt, SHOWN } from '#trust/looks'
import { beginRecoveryFor } from '#trust/recovery'
import {
  addToTicket,
  closeTicket,
  listTickets,
  loadTicket,
  LONGEST_TEXT,
  STRANGER,
  textsOf,
  TICKET_STATES,
  type Ticket,
} from '#trust/tickets'
import { answerLetters } from './tell.ts'
import { referenceOf } from './texts.ts'

const roles = ['support'] as const

const number = z.number().int().positive().max(Number.MAX_SAFE_INTEGER)
const text = z.string().max(LONGEST_TEXT + 1000)

/** Why somebody looks, in a sentence that the person reads: "support" alone says nothing. */
const why = z
  .string()
  .trim()
  .min(20)
  .max(80)
  .regex(/^\P{C}+$/u)

/** A ticket as the desk is told of it: times are text. */
export interface ShownTicket {
  number: number
  kind: Ticket['kind']
  state: Ticket['state']
  subject: string
  createdAt: string
  changedAt: string
  closedAt: string | null
  /** Null of somebody who has shown no account. */
  accountId: number | null
  /** Null of what was written in the app. */
  from: { address: string | null; isProven: boolean; language: string } | null
  grant: { fields: readonly string[]; days: number; until: string } | null
}

export interface ShownTicketWithTexts extends ShownTicket {
  texts: { at: string; by: 'person' | 'support' | 'note'; staff: number | null; text: string }[]
  /** Fields that may be looked at now. */
  mayLookAt: readonly string[]
}

/** A ticket as the staff has it. Whose account it is stands there as a number; by which address it is found, nobody needs for that. */
const shown = ({ accountId, from, grant, createdAt, changedAt, closedAt, ...ticket }: Ticket): ShownTicket => ({
  ...ticket,
  createdAt: createdAt.toISOString(),
  changedAt: changedAt.toISOString(),
  closedAt: closedAt?.toISOString() ?? null,
  accountId: accountId === STRANGER ? null : accountId,
  // Whoever is known by an account is not named by the address outside as well.
  from: from === undefined ? null : { ...from, address: accountId === STRANGER ? from.address : null },
  grant: grant === null ? null : { ...grant, until: grant.until.toISOString() },
})

/** What the staff does for those who write to customer service. */
export const supportActs: readonly AnyAct[] = [
  act({
    name: 'ticket.list',
    roles,
    given: z.strictObject({ state: z.enum(TICKET_STATES) }),
    run: async ({ storage }, { state }) => (await listTickets(storage, state)).map(shown),
  }),
  act({
    name: 'ticket.show',
    roles,
    given: z.strictObject({ number }),
    async run({ storage }, given) {
      const ticket = await loadTicket(storage, given.number)
      return {
        ...shown(ticket),
        texts: await textsOf(storage, ticket),
        mayLookAt: ticket.accountId === STRANGER ? [] : fieldsFor(ticket),
      }
    },
  }),
  act({
    name: 'ticket.answer',
    roles,
    given: z.strictObject({ number, text }),
    async run({ storage, config, staff }, given) {
      const ticket = await loadTicket(storage, given.number)
      const tell = await answerLetters(storage, config, ticket, given.text)
      await addToTicket(storage, ticket, { by: 'support', staff: staff.id, text: given.text }, tell)
      wakeQueue(storage)
      return {}
    },
  }),
  act({
    name: 'ticket.note',
    roles,
    given: z.strictObject({ number, text }),
    async run({ storage, staff }, given) {
      const ticket = await loadTicket(storage, given.number)
      await addToTicket(storage, ticket, { by: 'note', staff: staff.id, text: given.text })
      return {}
    },
  }),
  act({
    name: 'ticket.close',
    roles,
    given: z.strictObject({ number }),
    async run({ storage }, given) {
      await closeTicket(storage, await loadTicket(storage, given.number))
      return {}
    },
  }),
  act({
    name: 'ticket.look',
    roles,
    given: z.strictObject({ number, why, fields: z.array(z.enum(FIELDS)).min(1).max(FIELDS.length) }),
    async run({ storage, staff }, given) {
      const ticket = await loadTicket(storage, given.number)
      // Somebody who has shown no account is shown none, and a ticket that is over is no reason.
      if (ticket.accountId === STRANGER || ticket.state === 'closed')
        throw new Refusal('forbidden', { fields: given.fields })
      const found = await lookAt(storage, ticket.accountId, {
        purpose: 'support',
        reference: `${referenceOf(ticket.number)}: ${given.why}`,
        by: 'support',
        staff: staff.id,
        fields: given.fields,
        allowed: ticket.grant ?? undefined,
      })
      return { at: now(), found }
    },
  }),
  act({
    name: 'recovery.begin',
    roles,
    given: z.strictObject({ number, why }),
    async run({ storage, config, staff }, given) {
      const ticket = await loadTicket(storage, given.number)
      if (ticket.accountId === STRANGER || ticket.state === 'closed') throw new Refusal('forbidden')
      // Whether it can be begun tells whether a second factor is asked for.
      await recordAccess(storage, [ticket.accountId], {
        purpose: 'support',
        reference: `${referenceOf(ticket.number)}: ${given.why}`,
        by: 'support',
        staff: staff.id,
        fields: ['secondFactor'],
      })
      const { readyAt } = await beginRecoveryFor(storage, config, ticket.accountId)
      return { readyAt }
    },
  }),
]

/** What customer service may look at for a ticket now. */
const fieldsFor = ({ grant }: Ticket): readonly string[] => [
  ...SHOWN.support.always,
  ...GRANTABLE.filter((field) => grant?.fields.includes(field)),
]
