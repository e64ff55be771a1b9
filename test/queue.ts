import { listQueue } from '#mail/outbound'
import type { BlobRef, Storage } from '#storage'
import { until } from './until.ts'

/** A letter as it waits in the queue. */
export interface QueuedLetter {
  id: number
  mailFrom: string
  recipients: { address: string; notify?: string[]; orcpt?: string }[]
  ret?: string
  envid?: string
  /** How it wants to travel. */
  care?: string
  /** What is vouched for with a seal. */
  found?: { results: string; chain: string }
  sendAt: Date
  /** What will leave. */
  content: string
}

/** What an account has in the queue, the oldest first. */
export async function queuedLetters({ database, keys, blobs }: Storage, accountId: number): Promise<QueuedLetter[]> {
  const key = await keys.serviceKey('queue')
  const open = (place: string, sealed: Buffer): unknown => JSON.parse(key.open(place, sealed).toString())
  const { rows } = await database.sql<{ letter_id: number; sealed: Buffer; send_at: Date; recipients: Buffer[] }>`
    select letter_id, sealed, send_at, array(
      select r.sealed from queue_recipient r where r.letter_id = l.letter_id order by r.number) as recipients
    from queue_letter l where account_id = ${accountId} order by letter_id`
  return Promise.all(
    rows.map(async ({ letter_id: id, sealed, send_at: sendAt, recipients }) => {
      const { blob, ...envelope } = open(`queue/${id}`, sealed) as Omit<QueuedLetter, 'id' | 'content'> & {
        blob: BlobRef
      }
      return {
        ...envelope,
        id,
        sendAt,
        recipients: recipients.map((one, number) => open(`queue/${id}/${number}`, one)) as QueuedLetter['recipients'],
        content: (await blobs.read(database.sql, 0, blob)).toString('latin1'),
      }
    }),
  )
}

export const queueIsEmpty = (storage: Storage): Promise<void> =>
  until('the queue is empty', async () => (await listQueue(storage)).length === 0)
