import { fieldValue, findFields, parseMessage, partText, walkParts } from '#formats/message'
import { now, nowMs, Refusal } from '#system'
import type { Storage } from '#storage'
import { openEnvelope, openRecipient, QUEUE_ACCOUNT } from './letter.ts'
import { removeFiles } from './settle.ts'
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

interface Row {
  letter_id: number
  account_id: number
  size: number
  created_at: Date
  send_at: Date
  number: number
  sealed: Buffer
  attempts: number
  lease: number | null
  next_attempt_at: Date
}

/** Letters that are shown. */
const MOST = 1000

/** What is in the queue, the oldest first; at most 1,000 letters. */
export async function listQueue({ database, keys }: Storage): Promise<QueueEntry[]> {
  const key = await keys.serviceKey('queue')
  const { rows } = await database.sql<Row>`
    select l.letter_id, account_id, size, created_at, send_at, number, r.sealed, attempts, lease, next_attempt_at
    from (select letter_id, account_id, size, created_at, send_at from queue_letter order by letter_id limit ${MOST}) l
    join queue_recipient r using (letter_id)
    where state = 'waiting' order by letter_id, number`
  return [...Map.groupBy(rows, (row) => row.letter_id).values()].map((recipients) => {
    const [first] = recipients as [Row]
    const domains = recipients.map((row) => openRecipient(key, row.letter_id, row.number, row.sealed).domain)
    const next = Math.min(...recipients.map((row) => row.next_attempt_at.getTime()))
    const isTried = recipients.some((row) => row.lease !== null && row.next_attempt_at.getTime() > nowMs())
    return {
      id: first.letter_id,
      size: first.size,
      createdAt: first.created_at,
      sendAt: first.send_at,
      state: isTried ? 'sending' : first.send_at.getTime() > nowMs() ? 'scheduled' : 'waiting',
      attempts: Math.max(...recipients.map((row) => row.attempts)),
      nextAttemptAt: new Date(next),
      recipients: recipients.length,
      destinations: [...new Set(domains)].toSorted(),
      isOwn: first.account_id === QUEUE_ACCOUNT,
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

/** Lets a letter be tried at once. @throws Refusal 'notFound' when nothing of it waits */
export async function retryLetter(storage: Storage, id: number): Promise<void> {
  const { rowCount } = await storage.database.sql`
    update queue_recipient set next_attempt_at = ${now()}
    where letter_id = ${id} and state = 'waiting' and (lease is null or next_attempt_at <= ${now()})`
  if (rowCount === 0) throw new Refusal('notFound')
  wakeQueue(storage)
}

/** Removes a letter; nobody is told. What is under way at this moment may still arrive. @throws Refusal 'notFound' */
export async function removeLetter(storage: Storage, id: number): Promise<void> {
  const files = await storage.database.transaction(async (sql) => {
    const { rows } = await sql<{ blob_id: string }>`delete from queue_letter where letter_id = ${id} returning blob_id`
    if (rows[0] === undefined) throw new Refusal('notFound')
    const gone = await sql<{ is_file: boolean }>`
      delete from blob where account_id = ${QUEUE_ACCOUNT} and blob_id = ${rows[0].blob_id} returning content is null as is_file`
    return gone.rows[0]?.is_file === true ? [rows[0].blob_id] : []
  })
  await removeFiles(storage, files)
}
