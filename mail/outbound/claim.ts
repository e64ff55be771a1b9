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

/** The recipients of one letter at one domain. */
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

/**
 * Takes recipients whose time has come, the longest due first. What one holds already is not taken again, however late.
 * @param held  the leases that one holds
 * @param except  destinations that have enough to do
 * @param most  recipients
 * @returns what to deliver, and what could not be opened
 */
export async function claim(
  { database }: Storage,
  key: ServiceKey,
  held: readonly number[],
  except: readonly Buffer[],
  most: number,
): Promise<{ claims: Claim[]; count: number; broken: Place[] }> {
  const lease = randomInt(1, 2 ** 48 - 1)
  const { rows } = await database.sql<Row>`
    with due as (
      select letter_id, number from queue_recipient
      where state = 'waiting' and next_attempt_at <= ${now()} and coalesce(lease <> all(${held}::bigint[]), true)
        and destination_key <> all(${except}::bytea[])
      order by next_attempt_at limit ${most} for update skip locked
    )
    update queue_recipient r set lease = ${lease}, attempts = r.attempts + 1, next_attempt_at = ${leaseEnd()}
    from due join queue_letter l using (letter_id) left join account a on a.account_id = l.account_id
    where r.letter_id = due.letter_id and r.number = due.number
    returning r.letter_id, r.number, r.destination_key, r.sealed, r.attempts, r.is_warned,
      l.account_id, l.size, l.sealed as envelope, l.created_at, l.send_at,
      coalesce(a.state = 'suspended', false) as is_suspended`
  const claims = new Map<string, Claim>()
  const broken: Place[] = []
  for (const row of rows.toSorted((a, b) => a.letter_id - b.letter_id || a.number - b.number))
    try {
      const recipient = openRecipient(key, row.letter_id, row.number, row.sealed)
      const name = `${row.letter_id} ${recipient.domain}`
      let found = claims.get(name)
      if (found === undefined) claims.set(name, (found = claimOf(key, lease, row, recipient)))
      found.recipients.push({ number: row.number, recipient, attempts: row.attempts, isWarned: row.is_warned })
    } catch (error) {
      if (!(error instanceof SealBroken)) throw error
      broken.push({ lease, letterId: row.letter_id, number: row.number })
    }
  return { claims: [...claims.values()], count: rows.length, broken }
}

function claimOf(key: ServiceKey, lease: number, row: Row, { domain }: Recipient): Claim {
  const envelope = openEnvelope(key, row.letter_id, row.envelope)
  return {
    lease,
    letterId: row.letter_id,
    accountId: row.account_id,
    envelope,
    size: row.size,
    createdAt: row.created_at,
    sendAt: row.send_at,
    isHeldBack: row.is_suspended && isOwnSending(envelope),
    domain,
    destinationKey: row.destination_key,
    recipients: [],
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
