import { now, Refusal } from '#system'
import { fragment, type Fragment, type OpenAccount, type Storage } from '#storage'
import { GRANTABLE, type Grantable } from '#trust/looks'
import {
  sealerOf,
  textPlace,
  ticketPlace,
  type Grant,
  type Said,
  type Sealer,
  type Ticket,
  type TicketKind,
  type TicketState,
  type TicketText,
} from './ticket.ts'

interface Row {
  account_id: number
  number: number
  kind: TicketKind
  state: TicketState
  sealed: Buffer
  created_at: Date
  changed_at: Date
  closed_at: Date | null
  grant_fields: string[]
  grant_days: number
  grant_until: Date | null
}

/** Tickets that are shown at once, the newest changed first. */
export const MOST_SHOWN = 500

const columns = (): Fragment => fragment`
  account_id, number, kind, state, sealed, created_at, changed_at, closed_at, grant_fields, grant_days, grant_until`

/** One that has ended is none. */
function grantOf({ grant_fields: fields, grant_days: days, grant_until: until, state }: Row): Grant | null {
  const known = GRANTABLE.filter((field) => fields.includes(field)) satisfies readonly Grantable[]
  if (until === null || until <= now() || state === 'closed' || known.length === 0) return null
  return { fields: known, days, until }
}

const ticketOf = (sealer: Sealer, row: Row): Ticket => ({
  ...(JSON.parse(sealer.open(ticketPlace(row.number), row.sealed)) as Said),
  accountId: row.account_id,
  number: row.number,
  kind: row.kind,
  state: row.state,
  createdAt: row.created_at,
  changedAt: row.changed_at,
  closedAt: row.closed_at,
  grant: grantOf(row),
})

/** The tickets of an account, the newest first. */
export async function ownTickets(storage: Storage, account: OpenAccount): Promise<Ticket[]> {
  const { rows } = await account.sql<Row>`
    select ${columns()} from ticket where account_id = ${account.id} order by number desc limit ${MOST_SHOWN}`
  const sealer = await sealerOf(storage, account.id)
  return rows.map((row) => ticketOf(sealer, row))
}

/** Changes whenever one of them does, and when one is erased: their JMAP state. */
export async function ticketsState({ id, sql }: OpenAccount): Promise<string> {
  const { rows } = await sql<{ change: number; count: number }>`
    select coalesce(max(change), 0) as change, count(*)::int as count from ticket where account_id = ${id}`
  return `${rows[0]?.change ?? 0}-${rows[0]?.count ?? 0}`
}

/** Tickets for whoever answers them: those in one state, the longest waiting first. */
export async function listTickets(storage: Storage, state: TicketState): Promise<Ticket[]> {
  const { rows } = await storage.database.sql<Row>`
    select ${columns()} from ticket where state = ${state} order by changed_at, number limit ${MOST_SHOWN}`
  const sealers = new Map<number, Promise<Sealer>>()
  const sealer = (accountId: number): Promise<Sealer> => {
    const known = sealers.get(accountId) ?? sealerOf(storage, accountId)
    sealers.set(accountId, known)
    return known
  }
  const tickets: Ticket[] = []
  for (const row of rows) {
    const found = await sealer(row.account_id).catch(whenErased)
    if (found !== undefined) tickets.push(ticketOf(found, row))
  }
  return tickets
}

/** An account that is being erased: its tickets cannot be read any more, and go in a moment. */
function whenErased(error: unknown): undefined {
  if (!(error instanceof Refusal) || error.reason !== 'notFound') throw error
}

/** @throws Refusal 'notFound' */
export async function loadTicket(storage: Storage, number: number): Promise<Ticket> {
  const { rows } = await storage.database.sql<Row>`select ${columns()} from ticket where number = ${number}`
  const [row] = rows
  if (row === undefined) throw new Refusal('notFound')
  return ticketOf(await sealerOf(storage, row.account_id), row)
}

/** A ticket of this account. @throws Refusal 'notFound' */
export async function loadOwnTicket(storage: Storage, account: OpenAccount, number: number): Promise<Ticket> {
  const { rows } = await account.sql<Row>`
    select ${columns()} from ticket where account_id = ${account.id} and number = ${number}`
  const [row] = rows
  if (row === undefined) throw new Refusal('notFound')
  return ticketOf(await sealerOf(storage, account.id), row)
}

/** What was said in a ticket, in its order. */
export async function textsOf(
  storage: Storage,
  { accountId, number }: Pick<Ticket, 'accountId' | 'number'>,
): Promise<TicketText[]> {
  const { rows } = await storage.database.sql<{
    text_id: number
    at: Date
    by: TicketText['by']
    staff: number | null
    sealed: Buffer
  }>`
    select text_id, at, by, staff, sealed from ticket_text
    where account_id = ${accountId} and number = ${number} order by text_id`
  const sealer = await sealerOf(storage, accountId)
  return rows.map(({ text_id: id, at, by, staff, sealed }) => ({
    at,
    by,
    staff,
    text: sealer.open(textPlace(number, id), sealed),
  }))
}
