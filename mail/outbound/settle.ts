import { count, type Config, type Log } from '#system'
import type { ServiceKey, Sql, Storage } from '#storage'
import type { Claim } from './claim.ts'
import { countFailures } from '#mail/limits'
import {
  enqueue,
  isOwnSending,
  prepareLetter,
  QUEUE_ACCOUNT,
  type LetterName,
  sealRecipient,
  type PreparedLetter,
} from './letter.ts'
import { headerOf } from './header.ts'
import { writeNotice } from './notice/write.ts'
import type { News } from './notice/texts.ts'
import { telling, type DeliveryState } from './tell.ts'
import type { Deferral } from './outcome.ts'
import { endOf, type Verdict } from './verdict.ts'
import { wakeQueue } from './wake.ts'

/** What an attempt came to, to be written down. */
export interface Settlement {
  claim: Claim
  verdicts: Verdict[]
}

/** A whole letter comes back up to this size, and of a larger one its header: many may come back at a time. */
const WHOLE = 256 * 1024

export interface SettleContext {
  config: Config
  storage: Storage
  log: Log
  key: ServiceKey
  note: (ended: EndedDelivery) => void
}

/** A recipient who has a letter, or will not get it. */
export interface EndedDelivery extends Partial<LetterName> {
  /** '' for the null sender. */
  sender: string
  recipient: string
}

/**
 * Writes down what attempts came to: states, notifications to senders, what an account hears of its submission, and the
 * end of letters whose every recipient is final, all in the same transaction.
 */
export async function settle(context: SettleContext, settlements: readonly Settlement[]): Promise<void> {
  const [plain, told] = [settlements.filter((one) => !isTold(one)), settlements.filter(isTold)]
  await Promise.all([
    plain.length === 0 ? undefined : settlePlain(context, plain),
    ...told.map((settlement) => settleTold(context, settlement)),
  ])
}

/** What people send has a story; what is filed here late, and what is written by itself, has none. */
const isTold = (settlement: Settlement): boolean =>
  settlement.claim.envelope.submissionId !== undefined ||
  isSent(settlement) ||
  settlement.verdicts.some(({ news, outcome }) => news !== undefined || outcome.onward !== undefined)

/** Whether a person of ours sent it. */
const isSent = ({ claim: { accountId, envelope } }: Settlement): boolean =>
  accountId !== QUEUE_ACCOUNT && isOwnSending(envelope)

/** Recipients that exist nowhere, or want nothing of it: what another server did not answer is nobody's fault here. */
const failuresOf = ({ verdicts }: Settlement): number =>
  verdicts.filter(({ state, outcome }) => state === 'failed' && outcome.state === 'failed').length

/** Writes down many at once, and tells nobody. */
export async function settlePlain(context: SettleContext, settlements: readonly Settlement[]): Promise<void> {
  const { storage, key } = context
  const files = await storage.database.transaction((sql) => write(sql, key, settlements))
  noteEnds(context, settlements)
  await removeFiles(storage, files)
}

async function settleTold(context: SettleContext, settlement: Settlement): Promise<void> {
  const { storage, key } = context
  const { accountId, letterId, envelope } = settlement.claim
  const onward = settlement.verdicts.flatMap(({ outcome }) => outcome.onward ?? [])
  const further = [...(await prepareNotices(context, settlement)), ...onward]
  const { submissionId } = envelope
  const files = await telling(storage, { accountId, letterId, submissionId }, async (sql, tell) => {
    await tell(settlement.verdicts.map(stateOf))
    const done = await write(sql, key, [settlement])
    await countFailures(sql, accountId, isSent(settlement) ? failuresOf(settlement) : 0)
    for (const letter of further) await enqueue(sql, letter)
    return done
  })
  noteEnds(context, [settlement])
  if (further.length > 0) wakeQueue(storage)
  await removeFiles(storage, files)
}

/** After the commit: what is tried again is not final. */
function noteEnds({ note }: SettleContext, settlements: readonly Settlement[]): void {
  for (const { claim, verdicts } of settlements)
    for (const { recipient, state } of verdicts) {
      count('departures', state === 'waiting' ? 'deferred' : state)
      if (state !== 'waiting')
        note({ ...claim.envelope.name, sender: claim.envelope.mailFrom, recipient: recipient.address })
    }
}

const DELIVERED: Record<Verdict['state'], (how: Verdict['outcome']['how']) => DeliveryState['delivered']> = {
  waiting: () => 'queued',
  failed: () => 'no',
  delivered: (how) => (how === 'filed' ? 'yes' : 'unknown'),
}

const stateOf = ({ recipient, outcome, state }: Verdict): DeliveryState => ({
  address: recipient.given ?? recipient.address,
  smtpReply: outcome.reply,
  delivered: DELIVERED[state](outcome.how),
  displayed: 'unknown',
})

/**
 * Writes the states of recipients that are still under our lease, and removes letters that are done with.
 * @returns the ids of blobs whose files are to be removed after the commit
 * @throws LeaseLost when somebody else has taken over: what was found out is theirs to find out again
 */
async function write(sql: Sql, key: ServiceKey, settlements: readonly Settlement[]): Promise<string[]> {
  const letters = [...new Set(settlements.map(({ claim }) => claim.letterId))]
  const rows = settlements.flatMap(({ claim, verdicts }) =>
    verdicts.map((verdict) => ({ id: claim.letterId, lease: claim.lease, ...verdict })),
  )
  // Locked first and in order: two who settle recipients of one letter must not both see the other's as waiting.
  await sql`select from queue_letter where letter_id = any(${letters}::bigint[]) order by letter_id for update`
  const { rowCount } = await sql`
    update queue_recipient r set state = given.state, next_attempt_at = coalesce(given.at, r.next_attempt_at),
      lease = null, sealed = given.sealed, is_warned = given.is_warned, deferral = given.deferral
    from unnest(${rows.map((row) => row.id)}::bigint[], ${rows.map((row) => row.number)}::int[],
        ${rows.map((row) => row.state)}::text[], ${rows.map((row) => row.nextAttemptAt ?? null)}::timestamptz[],
        ${rows.map((row) => sealRecipient(key, row.id, row.number, row.recipient))}::bytea[],
        ${rows.map((row) => row.isWarned)}::boolean[], ${rows.map((row) => row.lease)}::bigint[],
        ${rows.map(deferralOf)}::text[])
      as given (letter_id, number, state, at, sealed, is_warned, lease, deferral)
    where r.letter_id = given.letter_id and r.number = given.number and r.lease = given.lease`
  if (rowCount < rows.length && settlements.length === 1) throw new LeaseLost()
  return removeDone(sql, letters)
}

/** Why it is tried again: in a word of ours; what the other server said stays sealed. */
const deferralOf = ({ state, outcome }: Verdict): Deferral | null =>
  state === 'waiting' ? (outcome.trouble ?? 'theirAnswer') : null

/** What it was to write down, somebody else is finding out again. */
export class LeaseLost extends Error {
  override name = 'LeaseLost'
}

/** Removes those of the letters that wait for nobody any more. @returns blobs that are files */
export async function removeDone(sql: Sql, letters: readonly number[]): Promise<string[]> {
  const { rows } = await sql<{ blob_id: string; is_file: boolean }>`
    with gone as (
      delete from queue_letter l where letter_id = any(${letters}::bigint[])
        and not exists (select from queue_recipient r where r.letter_id = l.letter_id and r.state = 'waiting')
      returning blob_id
    )
    delete from blob b using gone where b.account_id = ${QUEUE_ACCOUNT} and b.blob_id = gone.blob_id
    returning b.blob_id, b.content is null as is_file`
  return rows.filter((row) => row.is_file).map((row) => row.blob_id)
}

/** Letters that wait for nobody and are still there: a batch of them is removed. @returns how many */
export async function forgetDone(storage: Storage): Promise<number> {
  const { count, files } = await storage.database.transaction(async (sql) => {
    const { rows } = await sql<{ letter_id: number }>`
      select letter_id from queue_letter l
      where not exists (select from queue_recipient r where r.letter_id = l.letter_id and r.state = 'waiting')
      order by letter_id limit 500 for update skip locked`
    return {
      count: rows.length,
      files: await removeDone(
        sql,
        rows.map((row) => row.letter_id),
      ),
    }
  })
  await removeFiles(storage, files)
  return count
}

/** After the commit; what a crash leaves is the sweep's. */
export async function removeFiles({ blobs }: Storage, files: readonly string[]): Promise<void> {
  for (const id of files) await blobs.removeFile(QUEUE_ACCOUNT, id)
}

/** One notification for each kind of news. */
async function prepareNotices(
  { config, storage, log }: SettleContext,
  { claim, verdicts }: Settlement,
): Promise<PreparedLetter[]> {
  const { envelope, accountId, createdAt } = claim
  const byNews = Map.groupBy(
    verdicts.filter(({ news }) => news !== undefined),
    ({ news }) => news as News,
  )
  if (byNews.size === 0) return []
  const isWhole = byNews.has('failed') && claim.size <= WHOLE && isReturned(claim)
  const { blobs, database } = storage
  const beginning = blobs.stream(database.sql, QUEUE_ACCOUNT, envelope.blob, 0, Math.min(claim.size, WHOLE))
  const content = await Array.fromAsync(beginning).then(Buffer.concat, (error: unknown) => {
    log.error({ letter: claim.letterId, err: error }, 'the content of a letter cannot be read')
    return Buffer.from('\r\n')
  })
  const header = headerOf(content)
  return Promise.all(
    [...byNews].map(([news, told]) =>
      prepareLetter(storage, {
        accountId: accountId === QUEUE_ACCOUNT ? undefined : accountId,
        mailFrom: '',
        recipients: [{ address: envelope.mailFrom, notify: ['NEVER'] }],
        content: writeNotice({
          news,
          to: envelope.mailFrom,
          hostname: config.hostname,
          language: envelope.language ?? 'en',
          recipients: told,
          envid: envelope.envid,
          arrivedAt: createdAt,
          until: endOf(claim, config),
          ...(news === 'failed' && isWhole ? { letter: content, isWhole } : { letter: header, isWhole: false }),
        }),
        language: envelope.language,
        isWrittenHere: true,
        isTlsRequired: envelope.care === 'proven',
      }),
    ),
  )
}

/** Asked for, or nothing said and an account's own; never where it travels over proven TLS alone (RFC 8689 §5). */
const isReturned = ({ envelope: { ret, care }, accountId }: Claim): boolean =>
  care !== 'proven' && (ret === 'FULL' || (ret === undefined && accountId !== QUEUE_ACCOUNT))
