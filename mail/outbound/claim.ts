import { randomInt } from 'node:crypto'
import { now, nowMs } from '#system'
import { SealBroken, type ServiceKey, type Storage } from '#storage'
import { isOwnSending, openEnvelope, openRecipient, type Envelope, type Recipient } from './letter.ts'

/**
 * Whoever delivers holds what it has taken in one go under a lease, which it renews while it lives. The lease of a killed
 * process ends after this time, and another goes on; so does one whose taking was never heard of.
 */
export const LEASE_MS = 20_000

/** A recipient on whom an attempt has begun. */
export interface Claimed {
  number: number
  recipient: Recipient
  /** Begun so far, this one included. */
  attempts: number
  isWarned: boolean
}

/** The recipients of one letter at one domain, or one of those for each of whom it is another. */
export interface Claim {
  lease: number
  letterId: number
  /** 0: the service itself. */
  accountId: number
  envelope: Envelope
  size: number
  createdAt: Date
  /** When it was to leave. */
  sendAt: Date
  /** Its account sends nothing at present. */
  isHeldBack: boolean
  domain: string
  destinationKey: Buffer
  recipients: Claimed[]
  /** What is put on top of the letter for its only recipient. */
  fields: string
}

interface Row {
  letter_id: number
  number: number
  destination_key: Buffer
  sealed: Buffer
  attempts: number
  is_warned: boolean
  account_id: number
  size: number
  envelope: Buffer
  created_at: Date
  send_at: Date
  is_suspended: boolean
}

/** A recipient's row. */
export interface Place {
  lease: number
  letterId: number
  number: number
}

/** What is to be taken. */
export interface Wanted {
  /** The leases that one holds: what one has is not taken again, however late. */
  held: readonly number[]
  /** Destinations that have enough to do, or that nobody is to be asked at now. */
  except: readonly Buffer[]
  /** Recipients. */
  most: number
}

/** Of those that are due longest, so many are looked at. Beyond them stand those of destinations that are left out, or nobody. */
const WINDOW = 1000

/** Destinations that are looked at in one go, where others are in the way of those that are due longest. */
const MOST_DESTINATIONS = 200

/** A claim that went by destinations ended here: the next goes on behind it. */
const walked = new WeakMap<Storage, Buffer>()

/**
 * Takes recipients whose time has come, the longest due first. What it costs does not depend on how many wait for destinations that are
 * left out.
 * @returns what to deliver, and what could not be opened; `count`: recipients, both together
 */
export async function claim(
  storage: Storage,
  key: ServiceKey,
  wanted: Wanted,
): Promise<{ claims: Claim[]; count: number; broken: Place[] }> {
  const lease = randomInt(1, 2 ** 48 - 1)
  const { rows, isCrowded } = await takeLongestDue(storage, lease, wanted)
  if (isCrowded && rows.length < wanted.most)
    rows.push(...(await takeByDestination(storage, lease, { ...wanted, most: wanted.most - rows.length })))
  return { ...open(key, lease, rows), count: rows.length }
}

/** @returns what was taken, and whether there are more that are due than were looked at */
async function takeLongestDue(
  { database }: Storage,
  lease: number,
  { held, except, most }: Wanted,
): Promise<{ rows: Row[]; isCrowded: boolean }> {
  const { rows } = await database.sql<MaybeRow & { seen: number }>`
    with near as materialized (
      select letter_id, number, destination_key from queue_recipient
      where state = 'waiting' and next_attempt_at <= ${now()} order by next_attempt_at limit ${WINDOW}
    ), due as (
      select letter_id, number from near join queue_recipient r using (letter_id, number)
      where near.destination_key <> all(${except}::bytea[])
        and r.state = 'waiting' and r.next_attempt_at <= ${now()} and coalesce(r.lease <> all(${held}::bigint[]), true)
      order by r.next_attempt_at limit ${most} for update of r skip locked
    ), taken as (
      update queue_recipient r set lease = ${lease}, attempts = r.attempts + 1, next_attempt_at = ${leaseEnd()}
      from due join queue_letter l using (letter_id) left join account a on a.account_id = l.account_id
      where r.letter_id = due.letter_id and r.number = due.number
      returning r.letter_id, r.number, r.destination_key, r.sealed, r.attempts, r.is_warned,
        l.account_id, l.size, l.sealed as envelope, l.created_at, l.send_at,
        coalesce(a.state = 'suspended', false) as is_suspended
    )
    select taken.*, looked.seen from (select count(*) as seen from near) looked left join taken on true`
  return { rows: rows.filter(isRow), isCrowded: (rows[0]?.seen ?? 0) >= WINDOW }
}

/** A row of what was looked at, with nothing that was taken. */
type MaybeRow = Row | { [Name in keyof Row]: null }

const isRow = <R extends MaybeRow>(row: R): row is R & Row => row.letter_id !== null

/** Goes from destination to destination, from where the last time ended, and takes of each what is due longest. */
async function takeByDestination(storage: Storage, lease: number, { held, except, most }: Wanted): Promise<Row[]> {
  const from = walked.get(storage) ?? Buffer.alloc(0)
  const { rows } = await storage.database.sql<MaybeRow & { furthest: Buffer | null }>`
    with recursive destination as (
      (select destination_key, 1 as count from queue_recipient
       where state = 'waiting' and destination_key > ${from} order by destination_key limit 1)
      union all
      select next.destination_key, destination.count + 1 from destination cross join lateral (
        select destination_key from queue_recipient
        where state = 'waiting' and destination_key > destination.destination_key order by destination_key limit 1
      ) next where destination.count < ${MOST_DESTINATIONS}
    ), due as (
      select one.letter_id, one.number from destination cross join lateral (
        select letter_id, number from queue_recipient r
        where r.state = 'waiting' and r.destination_key = destination.destination_key and r.next_attempt_at <= ${now()}
          and coalesce(r.lease <> all(${held}::bigint[]), true)
        order by r.next_attempt_at limit ${most} for update skip locked
      ) one where destination.destination_key <> all(${except}::bytea[]) limit ${most}
    ), taken as (
      update queue_recipient r set lease = ${lease}, attempts = r.attempts + 1, next_attempt_at = ${leaseEnd()}
      from due join queue_letter l using (letter_id) left join account a on a.account_id = l.account_id
      where r.letter_id = due.letter_id and r.number = due.number
      returning r.letter_id, r.number, r.destination_key, r.sealed, r.attempts, r.is_warned,
        l.account_id, l.size, l.sealed as envelope, l.created_at, l.send_at,
        coalesce(a.state = 'suspended', false) as is_suspended
    )
    select taken.*, walk.furthest
    from (
      select case when count(*) = ${MOST_DESTINATIONS} then max(destination_key) end as furthest from destination
    ) walk left join taken on true`
  const taken: Row[] = rows.filter(isRow)
  // Taken enough: the rest of the way is for the next time. Come to the end: it begins anew.
  const last =
    taken.length >= most
      ? taken
          .map((row) => row.destination_key)
          .toSorted(Buffer.compare)
          .at(-1)
      : rows[0]?.furthest
  if (last === null || last === undefined) walked.delete(storage)
  else walked.set(storage, last)
  return taken
}

function open(key: ServiceKey, lease: number, rows: readonly Row[]): { claims: Claim[]; broken: Place[] } {
  const claims = new Map<string, Claim>()
  const broken: Place[] = []
  for (const row of rows.toSorted((a, b) => a.letter_id - b.letter_id || a.number - b.number))
    try {
      const recipient = openRecipient(key, row.letter_id, row.number, row.sealed)
      const name = `${row.letter_id} ${recipient.own === undefined ? recipient.domain : row.number}`
      let found = claims.get(name)
      if (found === undefined) claims.set(name, (found = claimOf(key, lease, row, recipient)))
      found.recipients.push({ number: row.number, recipient, attempts: row.attempts, isWarned: row.is_warned })
    } catch (error) {
      if (!(error instanceof SealBroken)) throw error
      broken.push({ lease, letterId: row.letter_id, number: row.number })
    }
  return { claims: [...claims.values()], broken }
}

function claimOf(key: ServiceKey, lease: number, row: Row, { domain, own }: Recipient): Claim {
  const whole = openEnvelope(key, row.letter_id, row.envelope)
  const envelope = own === undefined ? whole : { ...whole, mailFrom: own.mailFrom }
  return {
    lease,
    letterId: row.letter_id,
    accountId: row.account_id,
    envelope,
    size: row.size + (own?.fields.length ?? 0),
    createdAt: row.created_at,
    sendAt: row.send_at,
    isHeldBack: row.is_suspended && isOwnSending(envelope),
    domain,
    destinationKey: row.destination_key,
    recipients: [],
    fields: own?.fields ?? '',
  }
}

const leaseEnd = (): Date => new Date(nowMs() + LEASE_MS)

/** Keeps what is being tried. */
export async function renew({ database }: Storage, held: readonly number[]): Promise<void> {
  await database.sql`update queue_recipient set next_attempt_at = ${leaseEnd()} where lease = any(${held}::bigint[])`
}

export const placesOf = (claims: readonly Claim[]): Place[] =>
  claims.flatMap(({ lease, letterId, recipients }) => recipients.map(({ number }) => ({ lease, letterId, number })))

/** Gives back what was taken and not begun: another may take it at once. */
export const release = (storage: Storage, places: readonly Place[]): Promise<void> => letGo(storage, places, 1, now())

/** When something is wrong with a letter here, it must not be tried again and again. */
const POSTPONED_MS = 1_800_000

/** Lets what cannot be worked on wait for half an hour. */
export const postpone = (storage: Storage, places: readonly Place[]): Promise<void> =>
  letGo(storage, places, 0, new Date(nowMs() + POSTPONED_MS))

async function letGo({ database }: Storage, places: readonly Place[], notBegun: 0 | 1, until: Date): Promise<void> {
  if (places.length === 0) return
  await database.sql`
    update queue_recipient r set lease = null, attempts = r.attempts - ${notBegun}::int, next_attempt_at = ${until}
    from unnest(${places.map((p) => p.letterId)}::bigint[], ${places.map((p) => p.number)}::int[],
      ${places.map((p) => p.lease)}::bigint[]) as given (letter_id, number, lease)
    where r.letter_id = given.letter_id and r.number = given.number and r.lease = given.lease`
}
