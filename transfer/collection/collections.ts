import { newId, type OpenAccount, type Sql, type Transaction } from '#storage'
import { now, nowMs, Refusal, type Config } from '#system'
import { checkPort, type Origin, type Protocol } from '../provider/origin.ts'
import { UNREAD, type ProviderPosition } from '../provider/read.ts'
import type { Damage } from '../source.ts'

export type CollectionState = 'active' | 'paused'

/** Minutes between two rounds. */
export const INTERVALS = [15, 60, 1440] as const
export type Interval = (typeof INTERVALS)[number]

/** A mailbox that was chosen, and its names from the top, by which it is made again when it is gone. */
export interface Chosen {
  id: number
  path: readonly string[]
}

/** What comes to an account elsewhere and is collected again and again, as its owner sees it. */
export interface Collection extends Omit<Origin, 'password'> {
  id: number
  protocol: Protocol
  mailbox: number | undefined
  everyMinutes: number
  leavesThere: boolean
  state: CollectionState
  isRunning: boolean
  /** Why the last attempt was in vain. */
  reason: string | undefined
  added: number
  damaged: number
  /** The first of what was damaged. */
  damages: Damage[]
  createdAt: Date
  /** End of the last round that was whole. */
  collectedAt: Date | undefined
  /** Of the next one; undefined when it is paused. */
  dueAt: Date | undefined
}

/** What is sealed in its row. */
export interface Detail {
  origin: Origin
  /** Undefined: what lies in the inbox there arrives here, and other folders are called as theirs. */
  chosen?: Chosen | undefined
  /** Of IMAP. */
  position: ProviderPosition
  damages: Damage[]
  reason?: string | undefined
  /** It was let in once: whoever refuses later may do so for a while only. */
  hasSignedIn?: boolean
}

interface Row {
  collection_id: number
  protocol: Protocol
  state: CollectionState
  every_minutes: number
  leaves_there: boolean
  created_at: Date
  collected_at: Date | null
  due_at: Date | null
  leased_until: Date | null
  added: number
  damaged: number
  sealed: Buffer
}

/** Collections of one account. */
export const MOST_COLLECTIONS = 10

export const sealDetail = (account: OpenAccount, id: number, detail: Detail): Buffer =>
  account.seal('collection', id, JSON.stringify(detail))

export const openDetail = (account: OpenAccount, id: number, sealed: Buffer): Detail =>
  JSON.parse(account.open('collection', id, sealed).toString()) as Detail

const rowsOf = (sql: Sql, account: OpenAccount, ids: readonly number[] | null = null): Promise<{ rows: Row[] }> =>
  sql<Row>`
    select collection_id, protocol, state, every_minutes, leaves_there, created_at, collected_at, due_at, leased_until,
      added, damaged, sealed
    from collection
    where account_id = ${account.id} and (${ids === null}::boolean or collection_id = any(${[...(ids ?? [])]}::bigint[]))
    order by collection_id`

/** The oldest first. @param ids  undefined for all */
export async function readCollections(account: OpenAccount, ids?: readonly number[]): Promise<Collection[]> {
  const { rows } = await rowsOf(account.sql, account, ids)
  return rows.map((row) => {
    const { origin, chosen, damages, reason } = openDetail(account, row.collection_id, row.sealed)
    const { host, port, security, user } = origin
    return {
      id: row.collection_id,
      protocol: row.protocol,
      host,
      port,
      security,
      user,
      mailbox: chosen?.id,
      everyMinutes: row.every_minutes,
      leavesThere: row.leaves_there,
      state: row.state,
      isRunning: row.leased_until !== null && row.leased_until >= now(),
      reason,
      added: row.added,
      damaged: row.damaged,
      damages,
      createdAt: row.created_at,
      collectedAt: row.collected_at ?? undefined,
      dueAt: row.due_at ?? undefined,
    }
  })
}

export interface NewCollection {
  protocol: Protocol
  origin: Origin
  chosen: Chosen | undefined
  everyMinutes: Interval
  leavesThere: boolean
}

/** The account has this name at this server already. */
export class AlreadyCollected extends Refusal {
  readonly id: number
  constructor(id: number) {
    super('exists')
    this.id = id
  }
}

/**
 * Begins to collect; the first round is due at once.
 * @throws Refusal 'invalid' for a port at which nobody speaks the protocol, and for IMAP that is to remove letters there; 'tooManyItems';
 *   AlreadyCollected
 */
export async function createCollection(
  config: Pick<Config, 'fetch'>,
  account: OpenAccount,
  { protocol, origin, chosen, everyMinutes, leavesThere }: NewCollection,
): Promise<number> {
  checkPort(config, origin.port, protocol)
  refuseRemoving(protocol, leavesThere)
  const id = newId()
  const sealed = sealDetail(account, id, { origin, chosen, position: UNREAD, damages: [] })
  await account.write(async ({ sql }) => {
    const { rows } = await rowsOf(sql, account)
    if (rows.length >= MOST_COLLECTIONS) throw new Refusal('tooManyItems')
    for (const row of rows) {
      const { host, user } = openDetail(account, row.collection_id, row.sealed).origin
      if (row.protocol === protocol && host === origin.host && user === origin.user)
        throw new AlreadyCollected(row.collection_id)
    }
    await sql`
      insert into collection (account_id, collection_id, protocol, state, every_minutes, leaves_there, created_at, due_at, sealed)
      values (${account.id}, ${id}, ${protocol}, 'active', ${everyMinutes}, ${leavesThere}, ${now()}, ${now()}, ${sealed})`
  })
  return id
}

/** Of IMAP nothing is ever changed there. @throws Refusal 'invalid' */
function refuseRemoving(protocol: Protocol, leavesThere: boolean): void {
  if (protocol === 'imap' && !leavesThere) throw new Refusal('invalid', { fields: ['leavesThere'] })
}

/** What its owner wishes to be otherwise. */
export interface CollectionChange {
  /** `active` counts attempts anew and is due at once. */
  state?: CollectionState | undefined
  password?: string | undefined
  everyMinutes?: Interval | undefined
  /** Null: as if none had been chosen. */
  chosen?: Chosen | null | undefined
  leavesThere?: boolean | undefined
  isDueNow?: boolean | undefined
}

/**
 * Changes a collection. A round that is under way stops where it is, unless only its times change, and goes on by what holds now.
 * @throws Refusal 'notFound'; 'invalid' for IMAP that is to remove letters there, and for one that is paused and to be due
 */
export async function changeCollection(account: OpenAccount, id: number, change: CollectionChange): Promise<void> {
  await account.write(async ({ sql }) => {
    const before = await lockRow({ sql, account }, id)
    const { state = before.state, everyMinutes = before.every_minutes, leavesThere = before.leaves_there } = change
    refuseRemoving(before.protocol, leavesThere)
    if (change.isDueNow === true && state === 'paused') throw new Refusal('invalid', { fields: ['dueAt'] })
    const { origin, chosen, reason, ...detail } = openDetail(account, id, before.sealed)
    const sealed = sealDetail(account, id, {
      ...detail,
      origin: { ...origin, password: change.password ?? origin.password },
      chosen: change.chosen === undefined ? chosen : (change.chosen ?? undefined),
      reason: change.state === undefined ? reason : undefined,
    })
    const isDueNow = change.isDueNow === true || change.state === 'active'
    const dueAt = state === 'paused' ? null : isDueNow ? now() : earlier(before.due_at, everyMinutes)
    const ends = [change.state, change.password, change.chosen, change.leavesThere].some((one) => one !== undefined)
    await sql`
      update collection set state = ${state}, every_minutes = ${everyMinutes}, leaves_there = ${leavesThere}, due_at = ${dueAt},
        sealed = ${sealed}, round = round + ${ends ? 1 : 0}, leased_until = case when ${ends}::boolean then null else leased_until end,
        attempts = case when ${change.state === 'active'}::boolean then 0 else attempts end,
        refusals = case when ${change.state === 'active'}::boolean then 0 else refusals end
      where account_id = ${account.id} and collection_id = ${id}`
  })
}

/** A shorter interval brings the next round nearer. */
function earlier(dueAt: Date | null, everyMinutes: number): Date {
  const latest = nowMs() + everyMinutes * 60_000
  return new Date(Math.min(dueAt?.getTime() ?? latest, latest))
}

/** @throws Refusal 'notFound' */
async function lockRow({ sql, account }: Pick<Transaction, 'sql' | 'account'>, id: number): Promise<Row> {
  const { rows } = await sql<Row>`
    select protocol, state, every_minutes, leaves_there, due_at, sealed from collection
    where account_id = ${account.id} and collection_id = ${id} for update`
  const [row] = rows
  if (row === undefined) throw new Refusal('notFound')
  return row
}

/** Forgets a collection with its password; what has come stays. @throws Refusal 'notFound' */
export async function removeCollection(account: OpenAccount, id: number): Promise<void> {
  await account.write(async ({ sql }) => {
    const { rowCount } = await sql`
      delete from collection where account_id = ${account.id} and collection_id = ${id}`
    if (rowCount === 0) throw new Refusal('notFound')
  })
}
