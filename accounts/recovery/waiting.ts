import { now, nowMs, Refusal, today } from '#system'
import { fragment, type Fragment, type OpenAccount, type ServiceKey, type Sql, type Storage } from '#storage'
import { addressesOf } from '../directory/addresses.ts'
import { tryProven, useCode } from '../codes/codes.ts'
import { countToday } from '../limits/daily.ts'
import { changePassword } from '../passwords/change.ts'
import { refuseWeakPassword } from '../passwords/new.ts'
import { dropFactors } from '../second-factor/change.ts'
import { resumeStopped } from '../suspension/stop.ts'
import { findRecovery, recoveryKey } from './address.ts'
import { mayComeBack } from './reset.ts'

const DAY_MS = 86_400_000

/** For how many days the link that lets in is good. */
const LINK_DAYS = 7

/** Begun in a day: of one account, and from one network. */
const MOST_OF_ACCOUNT = 3
const MOST_FROM_NETWORK = 50

/** Somebody asks to get in without the second factor, by the address outside. */
export interface RecoveryWait {
  /** `ready`: its time is over, and the link is mailed. */
  state: 'waiting' | 'ready' | 'stopped' | 'done'
  /** Who asked: a person on the site, or customer service for somebody who wrote to it. */
  by: 'person' | 'support'
  begunAt: Date
  readyAt: Date
  endsAt: Date
}

/** The links of one wait. They follow from it, so that each letter can have them and nowhere do they stand. */
export interface WaitLinks {
  /** Stops it, and does nothing else. */
  stop: string
  /** Lets in, once it is ready. */
  set: string
}

/** Prepares what tells of a wait, to be written in the same transaction. */
export type TellWait = (wait: RecoveryWait, links: WaitLinks) => Promise<(sql: Sql) => Promise<unknown>>

interface Row {
  state: RecoveryWait['state']
  by: RecoveryWait['by']
  begun_at: Date
  ready_at: Date
  ends_at: Date
}

const columns = (): Fragment => fragment`state, by, begun_at, ready_at, ends_at`

const waitOf = ({ state, by, begun_at, ready_at, ends_at }: Row): RecoveryWait => ({
  state,
  by,
  begunAt: begun_at,
  readyAt: ready_at,
  endsAt: ends_at,
})

/** It goes on: it can be stopped, or used. */
const isRunning = (): Fragment =>
  fragment`recovery_wait.state in ('waiting', 'ready') and recovery_wait.ends_at > ${now()}`

function linksOf(tickets: ServiceKey, accountId: number, begunAt: Date): WaitLinks {
  const of = (what: string): string =>
    tickets.hash(`recovery ${what}\0${accountId}\0${begunAt.getTime()}`).toString('base64url')
  return { stop: of('stop'), set: of('set') }
}

const linkKey = (tickets: ServiceKey, link: string): Buffer => tickets.hash(`recovery link\0${link}`)

/**
 * Begins a wait for whoever has proven the address outside by a code, and uses the code up. Of one that goes on already nothing
 * changes.
 * @param token  of the reset
 * @throws Refusal 'notFound' without a proven code; 'invalid' with `factor.none` where the password alone lets in;
 * 'tooManyAttempts' for today
 */
export async function beginWait(
  storage: Storage,
  token: string,
  { accountId, network, waitDays }: { accountId: number; network: string; waitDays: number },
  tell: TellWait,
): Promise<RecoveryWait> {
  const { accounts, recovery } = await tryProven(storage, 'reset', token)
  if (!accounts.some((one) => one.accountId === accountId)) throw new Refusal('notFound')
  await countToday(storage, 'recovery waits from', network, MOST_FROM_NETWORK)
  return writeWait(storage, accountId, {
    by: 'person',
    waitDays,
    key: Buffer.from(recovery, 'base64url'),
    tell,
    within: (sql) => useCode(storage, sql, 'reset', token),
  })
}

/**
 * Begins a wait for somebody who has written to customer service; what lets in goes to the address outside, whoever they are.
 * @throws Refusal 'notFound' for an account without an address outside; else as beginWait
 */
export async function beginWaitFor(
  storage: Storage,
  accountId: number,
  { waitDays }: { waitDays: number },
  tell: TellWait,
): Promise<RecoveryWait> {
  const recovery = await findRecovery(storage, accountId)
  if (recovery === undefined) throw new Refusal('notFound')
  const key = recoveryKey(await storage.keys.serviceKey('directory'), recovery.address)
  return writeWait(storage, accountId, { by: 'support', waitDays, key, tell, within: async () => undefined })
}

async function writeWait(
  storage: Storage,
  accountId: number,
  {
    by,
    waitDays,
    key,
    tell,
    within,
  }: {
    by: RecoveryWait['by']
    waitDays: number
    key: Buffer
    tell: TellWait
    within: (sql: Sql) => Promise<void>
  },
): Promise<RecoveryWait> {
  const account = await storage.openAccount(accountId)
  const { rows: asking } = await account.sql<{ asks: boolean }>`
    select asks_factor as asks from password where account_id = ${accountId}`
  if (asking[0]?.asks !== true) throw new Refusal('invalid', { fields: ['factor.none'] })
  const tickets = await storage.keys.serviceKey('tickets')
  const begunAt = now()
  const readyAt = new Date(begunAt.getTime() + waitDays * DAY_MS)
  const wait: RecoveryWait = {
    state: 'waiting',
    by,
    begunAt,
    readyAt,
    endsAt: new Date(readyAt.getTime() + LINK_DAYS * DAY_MS),
  }
  const links = linksOf(tickets, accountId, begunAt)
  // One that goes on is not told of again: whoever asks twice fills no mailbox.
  const known = await findWait(account)
  if (known !== undefined) {
    await account.write((tx) => within(tx.sql))
    return known
  }
  await countToday(storage, 'recovery waits of', String(accountId), MOST_OF_ACCOUNT)
  const told = await tell(wait, links)
  await account.write(async ({ sql, change }) => {
    await within(sql)
    const { rowCount } = await sql`
      select from recovery join account using (account_id)
      where account_id = ${accountId} and address_key = ${key} and ${mayComeBack()} for update of recovery`
    if (rowCount === 0) throw new Refusal('notFound')
    const begun = await sql`
      insert into recovery_wait (account_id, state, by, begun_at, ready_at, ends_at, told_on, address_key, stop_key, change)
      values (${accountId}, 'waiting', ${by}, ${begunAt}, ${readyAt}, ${wait.endsAt}, ${today()}, ${key},
        ${linkKey(tickets, links.stop)}, ${change})
      on conflict (account_id) do update set
        (state, by, begun_at, ready_at, ends_at, told_on, address_key, stop_key, link_key, change) =
        (excluded.state, excluded.by, excluded.begun_at, excluded.ready_at, excluded.ends_at, excluded.told_on,
          excluded.address_key, excluded.stop_key, null, excluded.change)
      where not (${isRunning()})`
    // Two at once: the first is told of.
    if (begun.rowCount > 0) await told(sql)
  })
  return (await findWait(account)) ?? wait
}

/** The wait of an account that goes on. */
export async function findWait({ id, sql }: Pick<OpenAccount, 'id' | 'sql'>): Promise<RecoveryWait | undefined> {
  const { rows } = await sql<Row>`
    select ${columns()} from recovery_wait where account_id = ${id} and ${isRunning()}`
  return rows[0] && waitOf(rows[0])
}

/** What is kept of the last wait of an account, over or not: for whoever asks what is held. */
export async function lastWait({ id, sql }: Pick<OpenAccount, 'id' | 'sql'>): Promise<RecoveryWait | undefined> {
  const { rows } = await sql<Row>`select ${columns()} from recovery_wait where account_id = ${id}`
  return rows[0] && waitOf(rows[0])
}

/** Changes with every step of a wait: its JMAP state. */
export async function waitState({ id, sql }: Pick<OpenAccount, 'id' | 'sql'>): Promise<string> {
  const { rows } = await sql<{ change: number; state: string }>`
    select change, state from recovery_wait where account_id = ${id}`
  return rows[0] === undefined ? '0' : `${rows[0].change}-${rows[0].state}`
}

/**
 * Stops a wait: for whoever is signed in, signs in with the second factor, or has the link that stops.
 * @param tell  prepares what tells of it
 * @returns false when none goes on
 */
export async function stopWait(
  storage: Storage,
  accountId: number,
  tell: () => Promise<(sql: Sql) => Promise<unknown>>,
): Promise<boolean> {
  const account = await storage.openAccount(accountId)
  if ((await findWait(account)) === undefined) return false
  const told = await tell()
  return account.write(async ({ sql, change }) => {
    const { rowCount } = await sql`
      update recovery_wait set state = 'stopped', ends_at = ${now()}, change = ${change}
      where account_id = ${accountId} and ${isRunning()}`
    if (rowCount > 0) await told(sql)
    return rowCount > 0
  })
}

/** Whose wait a link stops; undefined for a link of none that goes on. */
export async function waitOfStopLink(storage: Storage, link: string): Promise<number | undefined> {
  const key = linkKey(await storage.keys.serviceKey('tickets'), link)
  const { rows } = await storage.database.sql<{ account_id: number }>`
    select account_id from recovery_wait where stop_key = ${key} and ${isRunning()}`
  return rows[0]?.account_id
}

/** Whom a link lets in, now; undefined for any other. */
export async function waitOfSetLink(
  storage: Storage,
  link: string,
): Promise<{ accountId: number; address: string } | undefined> {
  const key = linkKey(await storage.keys.serviceKey('tickets'), link)
  const { rows } = await storage.database.sql<{ account_id: number }>`
    select account_id from recovery_wait where link_key = ${key} and state = 'ready' and ${isRunning()}`
  const [row] = rows
  if (row === undefined) return undefined
  return { accountId: row.account_id, address: (await addressesOf(storage, row.account_id))[0] ?? '' }
}

/**
 * Lets somebody in by the link: sets a new password, takes the second factors away and ends every sign-in.
 * @param tell  prepares what tells of it, to be written in the same transaction
 * @throws Refusal 'notFound' for a link that lets nobody in, also when the address outside is another by now; 'invalid' as
 * refuseWeakPassword
 */
export async function finishWait(
  storage: Storage,
  link: string,
  password: string,
  tell: (accountId: number) => Promise<(sql: Sql) => Promise<unknown>>,
): Promise<void> {
  const found = await waitOfSetLink(storage, link)
  if (found === undefined) throw new Refusal('notFound')
  const { accountId } = found
  const recovery = await findRecovery(storage, accountId)
  if (recovery === undefined) throw new Refusal('notFound')
  refuseWeakPassword(password, [...(await addressesOf(storage, accountId)), recovery.address])
  const told = await tell(accountId)
  await changePassword(storage, accountId, password, {
    async within(sql) {
      const { rowCount } = await sql`
        update recovery_wait set state = 'done', ends_at = ${now()}
        where account_id = ${accountId} and ${isReady()} and exists (
          select from recovery join account using (account_id)
          where account_id = ${accountId} and recovery.address_key = recovery_wait.address_key and ${mayComeBack()})`
      if (rowCount === 0) throw new Refusal('notFound')
      await dropFactors(sql, accountId)
      await resumeStopped(sql, accountId)
      await told(sql)
    },
  })
}

const isReady = (): Fragment => fragment`recovery_wait.state = 'ready' and recovery_wait.ends_at > ${now()}`

/** A wait of which it is time to tell again, or to mail the link. */
export interface DueWait extends RecoveryWait {
  accountId: number
  links: WaitLinks
}

/** Waits in one round. */
const MOST_DUE = 500

/** Those whose time is over, and those of which nothing was told today. */
export async function dueWaits(storage: Storage): Promise<DueWait[]> {
  const tickets = await storage.keys.serviceKey('tickets')
  const { rows } = await storage.database.sql<Row & { account_id: number }>`
    select account_id, ${columns()} from recovery_wait
    where ${isRunning()} and (told_on < ${today()} or (state = 'waiting' and ready_at <= ${now()}))
    order by ready_at limit ${MOST_DUE}`
  return rows.map((row) => ({
    ...waitOf(row),
    accountId: row.account_id,
    links: linksOf(tickets, row.account_id, row.begun_at),
  }))
}

/**
 * Notes that a wait is told of today, and that it is ready when its time is over.
 * @param tell  what tells of it, written in the same transaction
 * @returns false when somebody was faster, or has stopped it
 */
export async function noteWait(
  storage: Storage,
  { accountId, links, readyAt, state }: DueWait,
  tell: (sql: Sql) => Promise<unknown>,
): Promise<boolean> {
  const isNowReady = state === 'waiting' && readyAt.getTime() <= nowMs()
  const account = await storage.openAccount(accountId)
  const key = linkKey(await storage.keys.serviceKey('tickets'), links.set)
  return account.write(async ({ sql, change }) => {
    const { rowCount } = await sql`
      update recovery_wait set told_on = ${today()}, change = ${change},
        state = case when ${isNowReady} then 'ready' else state end,
        link_key = case when ${isNowReady} then ${key}::bytea else link_key end
      where account_id = ${accountId} and ${isRunning()} and state = ${state}
        and (told_on < ${today()} or ${isNowReady})`
    if (rowCount > 0) await tell(sql)
    return rowCount > 0
  })
}
