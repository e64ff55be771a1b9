import { z } from 'zod'
import { GRANTABLE } from '#trust/looks'
import {
  addToTicket,
  closeTicket,
  LONGEST_GRANT_DAYS,
  loadOwnTicket,
  openTicket,
  ownTickets,
  setGrant,
  textsOf,
  TICKET_KINDS,
  ticketsState,
  type Grant,
  type Ticket,
  type TicketText,
} from '#trust/tickets'
import { MethodError, SetError } from '../calls/errors.ts'
import { checkProperties } from '../calls/properties.ts'
import { isOperator } from '../families/filter.ts'
import { getMethod, type Shown } from '../families/get.ts'
import { queryMethod, windowOf } from '../families/query.ts'
import { oneByOne, setMethod } from '../families/set.ts'
import { idsWith } from '../ids.ts'
import { utcDateOf } from '../mail/ids.ts'

/** What somebody has written to customer service, with the answers. docs/jmap-extensions.md. */
const properties = [
  'number',
  'kind',
  'state',
  'subject',
  'createdAt',
  'changedAt',
  'closedAt',
  'byMail',
  'grant',
  'texts',
]

const ids = idsWith('k')

const Leave = z.strictObject({
  fields: z.array(z.enum(GRANTABLE)).max(GRANTABLE.length),
  days: z.number().int().min(0).max(LONGEST_GRANT_DAYS),
  until: z.iso.datetime(),
})

const grantOf = (leave: z.output<typeof Leave> | null): Grant | null =>
  leave === null ? null : { ...leave, until: new Date(leave.until) }

const New = z.strictObject({
  kind: z.enum(TICKET_KINDS),
  subject: z.string(),
  text: z.string(),
  grant: Leave.nullable().default(null),
})

/** What a patch may say: each of them is done by itself. */
const Change = z.union([
  z.strictObject({ answer: z.string() }),
  z.strictObject({ state: z.literal('closed') }),
  z.strictObject({ grant: Leave.nullable() }),
])

const get = getMethod({
  type: 'Ticket',
  properties,
  state: ticketsState,
  async load({ context: { storage } }, account, { ids: wanted, properties: asked }) {
    const tickets = (await ownTickets(storage, account)).filter(
      ({ number }) => wanted === null || wanted.includes(ids.of(number)),
    )
    const found: Shown[] = []
    for (const ticket of tickets)
      found.push({
        ...show(ticket),
        ...(asked.has('texts') ? { texts: shownTexts(await textsOf(storage, ticket)) } : {}),
      })
    return found
  },
})

function show({ number, kind, state, subject, createdAt, changedAt, closedAt, from, grant }: Ticket): Shown {
  return {
    id: ids.of(number),
    number,
    kind,
    state,
    subject,
    createdAt: utcDateOf(createdAt),
    changedAt: utcDateOf(changedAt),
    closedAt: closedAt === null ? null : utcDateOf(closedAt),
    byMail: from !== undefined,
    grant: grant === null ? null : { ...grant, until: utcDateOf(grant.until) },
  }
}

const shownTexts = (texts: readonly TicketText[]): object[] =>
  texts.filter(({ by }) => by !== 'note').map(({ at, by, staff, text }) => ({ at: utcDateOf(at), by, staff, text }))

const query = queryMethod({
  type: 'Ticket',
  conditions: { state: z.enum(['open', 'answered', 'closed']) },
  sorts: [],
  async run({ context: { storage } }, account, { filter }, window) {
    if (filter !== null && isOperator(filter)) throw new MethodError('unsupportedFilter')
    const found = (await ownTickets(storage, account))
      .filter(({ state }) => filter?.state === undefined || filter.state === state)
      .map(({ number }) => ids.of(number))
    return { queryState: await ticketsState(account), canCalculateChanges: false, ...windowOf(found, window) }
  },
})

const numberOf = (id: string): number => {
  const number = ids.numberOf(id)
  if (number === undefined) throw new SetError('notFound')
  return number
}

const set = setMethod({
  type: 'Ticket',
  state: ticketsState,
  apply: oneByOne({
    async create({ context: { storage } }, account, given) {
      const { grant, ...wished } = checkProperties(New, given)
      const number = await openTicket(storage, account, { ...wished, grant: grantOf(grant) })
      const { id, ...shown } = show(await loadOwnTicket(storage, account, number))
      return { id, ...shown }
    },
    async update({ context: { storage } }, account, id, patch) {
      const number = numberOf(id)
      const ticket = await loadOwnTicket(storage, account, number)
      const change = Change.safeParse(patch).data
      if (change === undefined)
        throw new SetError('invalidProperties', 'one of answer, state and grant', { properties: Object.keys(patch) })
      if ('answer' in change) await addToTicket(storage, ticket, { by: 'person', text: change.answer })
      else if ('grant' in change) await setGrant(storage, account, number, grantOf(change.grant))
      else await closeTicket(storage, ticket)
      const { id: _, ...shown } = show(await loadOwnTicket(storage, account, number))
      return shown
    },
  }),
})

export const ticketMethods = [get, query, set]
