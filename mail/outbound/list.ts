import { fieldValue, findFields, parseMessage, partText, walkParts } from '#formats/message'
import { now, nowMs, Refusal } from '#system'
import type { BlobRef, Storage } from '#storage'
import { openEnvelope, openRecipient, QUEUE_ACCOUNT } from './letter.ts'
import { removeFiles } from './settle.ts'
import { telling } from './tell.ts'
import { wakeQueue } from './wake.ts'

/** A letter in the queue as the operator sees it: structure, and where it goes. */
export interface QueueEntry {
  id: number
  /** Bytes. */
  size: number
  createdAt: Date
  sendAt: Date
  /** `scheduled` is to leave later, `sending` is being tried, `waiting` will be. */
  state: 'scheduled' | 'sending' | 'waiting'
  /** The most of any recipient. */
  attempts: number
  nextAttemptAt: Date
  recipients: number
  /** The domains of those who wait. */
  destinations: string[]
  /** Whether the service itself wrote it. */
  isOwn: boolean
}

/** What waits of a letter for one destination. */
interface Row {
  letter_id: number
  account_id: number
  size: number
  created_at: Date
  send_at: Date
  number: number
  sealed: Buffer
  recipients: number
  attempts: number
  is_tried: boolean
  next_attempt_at: Date
}

/** Letters that are shown. */
const MOST = 1000

/** What is in the queue, the oldest first; at most 1,000 letters. */
export async function listQueue({ database, keys }: Storage): Promise<QueueEntry[]> {
  const key = await keys.serviceKey('queue')
  const { rows } = await database.sql<Row>`
    select letter_id, account_id, size, created_at, send_at, min(number) as number,
      (array_agg(r.sealed order by number))[1] as sealed, count(*) as recipients, max(attempts) as attempts,
      bool_or(lease is not null and next_attempt_at > ${now()}) as is_tried, min(next_attempt_at) as next_attempt_at
    from (select letter_id, account_id, size, created_at, send_at from queue_letter order by letter_id limit ${MOST}) l
    join queue_recipient r using (letter_id)
    where state = 'waiting'
    group by letter_id, account_id, size, created_at, send_at, destination_key
    order by letter_id`
  return [...Map.groupBy(rows, (row) => row.letter_id).values()].map((destinations) => {
    const [first] = destinations as [Row]
    const domains = destinations.map((row) => openRecipient(key, row.letter_id, row.number, row.sealed).domain)
    const isTried = destinations.some((row) => row.is_tried)
    return {
      id: first.letter_id,
      size: first.size,
      createdAt: first.created_at,
      sendAt: first.send_at,
      state: isTried ? 'sending' : first.send_at.getTime() > nowMs() ? 'scheduled' : 'waiting',
      attempts: Math.max(...destinations.map((row) => row.attempts)),
      nextAttemptAt: new Date(Math.min(...destinations.map((row) => row.next_attempt_at.getTime()))),
      recipients: destinations.reduce((sum, row) => sum + row.recipients, 0),
      destinations: domains.toSorted(),
      isOwn: first.account_id === QUEUE_ACCOUNT,
    }
  })
}

/** A letter on its way, as whoever sent it may see it. */
export interface QueuedLetter {
  id: number
  createdAt: Date
  sendAt: Date
  /** Bytes. */
  size: number
  mailFrom: string
  messageId: string | null
  subject: string | null
  recipients: { address: string; state: 'waiting' | 'delivered' | 'failed'; attempts: number; reply: string | null }[]
  /** A blob of the queue's own account. */
  content: { accountId: number; ref: BlobRef }
}

/** Of one account, what is on its way, the oldest first; at most 1,000 letters. */
export async function queuedOf(
  { database, keys }: Pick<Storage, 'database' | 'keys'>,
  accountId: number,
): Promise<QueuedLetter[]> {
  const key = await keys.serviceKey('queue')
  const { rows } = await database.sql<{
    letter_id: number
    size: number
    letter: Buffer
    created_at: Date
    send_at: Date
    number: number
    sealed: Buffer
    state: 'waiting' | 'delivered' | 'failed'
    attempts: number
  }>`
    select letter_id, size, l.sealed as letter, created_at, send_at, number, r.sealed, state, attempts
    from (select letter_id, size, sealed, created_at, send_at from queue_letter
      where account_id = ${accountId} order by letter_id limit ${MOST}) l
    join queue_recipient r using (letter_id) order by letter_id, number`
  return [...Map.groupBy(rows, (row) => row.letter_id).values()].map((recipients) => {
    const [row] = recipients as [(typeof rows)[number]]
    const { mailFrom, name, blob } = openEnvelope(key, row.letter_id, row.letter)
    return {
      id: row.letter_id,
      content: { accountId: QUEUE_ACCOUNT, ref: blob },
      createdAt: row.created_at,
      sendAt: row.send_at,
      size: row.size,
      mailFrom,
      messageId: name?.messageId ?? null,
      subject: name?.subject ?? null,
      recipients: recipients.map(({ letter_id: id, number, sealed, state, attempts }) => {
        const { given, address, reply } = openRecipient(key, id, number, sealed)
        return { address: given ?? address, state, attempts, reply: reply ?? null }
      }),
    }
  })
}

/** A letter of the service's own, to be read. */
export interface ShownLetter {
  /** Decoded, in the order of the letter. */
  fields: { name: string; value: string }[]
  text: string
}

const SHOWN = ['From', 'To', 'Subject', 'Date', 'Message-ID', 'Auto-Submitted']

/**
 * Opens a letter that the service itself wrote.
 * @throws Refusal 'notFound', 'forbidden' when somebody else wrote it: nobody but they may read it
 */
export async function showOwnLetter({ database, keys, blobs }: Storage, id: number): Promise<ShownLetter> {
  const { rows } = await database.sql<{ account_id: number; sealed: Buffer }>`
    select account_id, sealed from queue_letter where letter_id = ${id}`
  if (rows[0] === undefined) throw new Refusal('notFound')
  if (rows[0].account_id !== QUEUE_ACCOUNT) throw new Refusal('forbidden')
  const { blob } = openEnvelope(await keys.serviceKey('queue'), id, rows[0].sealed)
  const message = parseMessage(await blobs.read(database.sql, QUEUE_ACCOUNT, blob))
  const fields = SHOWN.flatMap((name) =>
    findFields(message, message.root, name).map((field) => ({ name, value: fieldValue(message, field, 'Text') })),
  )
  const text = [...walkParts(message.root)].find(({ type, children }) => type === 'text' && children.length === 0)
  return { fields, text: text === undefined ? '' : partText(message, text).text }
}

/**
 * Lets a letter be tried at once.
 * @throws Refusal 'notFound' when nothing of it waits; 'forbidden' when its sender wants it to leave later
 */
export async function retryLetter(storage: Storage, id: number): Promise<void> {
  const { sql } = storage.database
  const { rows } = await sql<{ send_at: Date }>`select send_at from queue_letter where letter_id = ${id}`
  if (rows[0] !== undefined && rows[0].send_at > now()) throw new Refusal('forbidden')
  const { rowCount } = await sql`
    update queue_recipient set next_attempt_at = ${now()}
    where letter_id = ${id} and state = 'waiting' and (lease is null or next_attempt_at <= ${now()})`
  if (rowCount === 0) throw new Refusal('notFound')
  wakeQueue(storage)
}

const REMOVED = '554 5.7.0 Whoever runs this server has removed the letter from its queue'

/**
 * Removes a letter. No notification is sent, but the submission that it came from says so. What is under way at this
 * moment may still arrive. @throws Refusal 'notFound'
 */
export async function removeLetter(storage: Storage, id: number): Promise<void> {
  const key = await storage.keys.serviceKey('queue')
  const { rows } = await storage.database.sql<{ account_id: number; sealed: Buffer }>`
    select account_id, sealed from queue_letter where letter_id = ${id}`
  if (rows[0] === undefined) throw new Refusal('notFound')
  const { blob, submissionId } = openEnvelope(key, id, rows[0].sealed)
  const isFile = await telling(
    storage,
    { accountId: rows[0].account_id, letterId: id, submissionId },
    async (sql, tell) => {
      const { rowCount } = await sql`select from queue_letter where letter_id = ${id} for update`
      // It has left meanwhile.
      if (rowCount === 0) throw new Refusal('notFound')
      const waiting = await sql<{ number: number; sealed: Buffer }>`
      select number, sealed from queue_recipient where letter_id = ${id} and state = 'waiting' order by number`
      await tell(
        waiting.rows.map((row) => {
          const { given, address } = openRecipient(key, id, row.number, row.sealed)
          return { address: given ?? address, delivered: 'no', smtpReply: REMOVED, displayed: 'unknown' }
        }),
      )
      await sql`delete from queue_letter where letter_id = ${id}`
      const gone = await sql<{ is_file: boolean }>`
      delete from blob where account_id = ${QUEUE_ACCOUNT} and blob_id = ${blob.id} returning content is null as is_file`
      return gone.rows[0]?.is_file === true
    },
  )
  await removeFiles(storage, isFile ? [blob.id] : [])
}
