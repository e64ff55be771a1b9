import { countToday } from '#accounts'
import { now, nowMs, Refusal } from '#system'
import { newId, type OpenAccount, type Sql, type Storage } from '#storage'
import { GRANTABLE } from '#trust/looks'
import {
  checkedText,
  LONGEST_GRANT_DAYS,
  LONGEST_SUBJECT,
  LONGEST_TEXT,
  MOST_A_DAY,
  MOST_OPEN,
  MOST_TEXTS,
  sealerOf,
  textPlace,
  ticketPlace,
  writeTickets,
  type Grant,
  type Said,
  type Sealer,
  type Ticket,
  type TicketKind,
  type TicketText,
} from './ticket.ts'

const DAY_MS = 86_400_000

/** What is written down of a new ticket. */
export interface NewTicket extends Said {
  kind: TicketKind
  text: string
  grant?: Grant | null
}

/**
 * Opens a ticket for somebody who is signed in.
 * @returns its number
 * @throws Refusal 'invalid' with the fields; 'tooManyItems' with 20 open ones; 'tooManyAttempts' for today
 */
export async function openTicket(
  storage: Storage,
  account: OpenAccount,
  { kind, subject, text, grant = null }: Omit<NewTicket, 'from'>,
): Promise<number> {
  const wished = {
    kind,
    subject: checkedText('subject', subject.replace(/\s+/gu, ' '), LONGEST_SUBJECT),
    text: checkedText('text', text, LONGEST_TEXT),
    grant: checkedGrant(grant),
  }
  await countToday(storage, 'tickets of', String(account.id), MOST_A_DAY)
  return createTicket(storage, account.id, wished, async (sql) => {
    const { rows } = await sql<{ open: number }>`
      select count(*)::int as open from ticket where account_id = ${account.id} and state <> 'closed'`
    if ((rows[0]?.open ?? 0) >= MOST_OPEN) throw new Refusal('tooManyItems')
  })
}

/** Writes a ticket and its first text. @param check  runs in the same transaction, before */
export async function createTicket(
  storage: Storage,
  accountId: number,
  { kind, text, grant = null, ...said }: NewTicket,
  check: (sql: Sql) => Promise<void> = async () => undefined,
): Promise<number> {
  const sealer = await sealerOf(storage, accountId)
  const { rows } = await storage.database.sql<{ number: number }>`select nextval('ticket_number') as number`
  const number = Number(rows[0]?.number)
  const at = now()
  await writeTickets(storage, accountId, async (sql, change) => {
    await check(sql)
    await sql`
      insert into ticket (account_id, number, kind, state, by_mail, sealed, created_at, changed_at, change,
        grant_fields, grant_days, grant_until)
      values (${accountId}, ${number}, ${kind}, 'open', ${said.from !== undefined},
        ${sealer.seal(ticketPlace(number), JSON.stringify(said))}, ${at}, ${at}, ${change},
        ${[...(grant?.fields ?? [])]}::text[], ${grant?.days ?? 0}, ${grant?.until ?? null})`
    await addText(sql, sealer, { accountId, number, by: 'person', staff: null, text })
  })
  return number
}

async function addText(
  sql: Sql,
  sealer: Sealer,
  { accountId, number, by, staff, text }: Omit<TicketText, 'at'> & { accountId: number; number: number },
): Promise<void> {
  const id = newId()
  await sql`
    insert into ticket_text (account_id, number, text_id, at, by, staff, sealed)
    values (${accountId}, ${number}, ${id}, ${now()}, ${by}, ${staff}, ${sealer.seal(textPlace(number, id), text)})`
}

/** By whom a text is, and in which state it leaves the ticket. */
const LEAVES = { person: 'open', support: 'answered', note: undefined } as const

/**
 * Adds a text. What the person writes opens a closed ticket again; an answer to one is refused, for its end has been told.
 * @param within  what belongs to it, in its transaction
 * @throws Refusal 'invalid' with `text`; 'notFound'; 'tooManyItems' after 200 texts
 */
export async function addToTicket(
  storage: Storage,
  { accountId, number }: Pick<Ticket, 'accountId' | 'number'>,
  { by, staff = null, text }: { by: TicketText['by']; staff?: number | null; text: string },
  within: (sql: Sql) => Promise<unknown> = async () => undefined,
): Promise<void> {
  const words = checkedText('text', text, LONGEST_TEXT)
  const sealer = await sealerOf(storage, accountId)
  await writeTickets(storage, accountId, async (sql, change) => {
    const { rowCount } = await sql`
      update ticket set state = coalesce(${LEAVES[by] ?? null}::text, state), changed_at = ${now()},
        closed_at = case when ${by} = 'person' then null else closed_at end, change = ${change}
      where account_id = ${accountId} and number = ${number} and (state <> 'closed' or ${by} <> 'support')`
    if (rowCount === 0) throw new Refusal('notFound')
    const { rows } = await sql<{ texts: number }>`
      select count(*)::int as texts from ticket_text where account_id = ${accountId} and number = ${number}`
    if ((rows[0]?.texts ?? 0) >= MOST_TEXTS) throw new Refusal('tooManyItems')
    await addText(sql, sealer, { accountId, number, by, staff, text: words })
    await within(sql)
  })
}

/** Ends a ticket and what it allowed. Ending it again changes nothing. @throws Refusal 'notFound' */
export async function closeTicket(
  storage: Storage,
  { accountId, number }: Pick<Ticket, 'accountId' | 'number'>,
): Promise<void> {
  await writeTickets(storage, accountId, async (sql, change) => {
    const { rowCount } = await sql`
      update ticket set state = 'closed', closed_at = coalesce(closed_at, ${now()}), changed_at = ${now()},
        change = ${change}, grant_fields = '{}', grant_days = 0, grant_until = null
      where account_id = ${accountId} and number = ${number}`
    if (rowCount === 0) throw new Refusal('notFound')
  })
}

/**
 * Says what customer service may look at for a ticket from now on, in place of what it might before.
 * @param grant  null takes it back
 * @throws Refusal 'invalid' with `grant`; 'notFound' also of a ticket that is closed
 */
export async function setGrant(
  storage: Storage,
  account: OpenAccount,
  number: number,
  grant: Grant | null,
): Promise<void> {
  const checked = checkedGrant(grant)
  await writeTickets(storage, account.id, async (sql, change) => {
    const { rowCount } = await sql`
      update ticket set grant_fields = ${[...(checked?.fields ?? [])]}::text[], grant_days = ${checked?.days ?? 0},
        grant_until = ${checked?.until ?? null}, change = ${change}
      where account_id = ${account.id} and number = ${number} and state <> 'closed'`
    if (rowCount === 0) throw new Refusal('notFound')
  })
}

/** @throws Refusal 'invalid' with `grant` */
function checkedGrant(grant: Grant | null): Grant | null {
  if (grant === null || grant.fields.length === 0) return null
  const { fields, days, until } = grant
  const isRight =
    fields.every((field) => GRANTABLE.includes(field)) &&
    Number.isInteger(days) &&
    days >= 0 &&
    days <= LONGEST_GRANT_DAYS &&
    until > now() &&
    until.getTime() <= nowMs() + LONGEST_GRANT_DAYS * DAY_MS
  if (!isRight) throw new Refusal('invalid', { fields: ['grant'] })
  return { fields: [...new Set(fields)], days, until }
}
