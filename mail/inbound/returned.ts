import { parseAddress } from '#formats/message'
import { judge } from '#mail/findings'
import { readReturned } from '#mail/forwarding'
import { enqueue, prepareLetter, wakeQueue } from '#mail/outbound'
import { Refusal } from '#system'
import type { Storage } from '#storage'
import { reasonsOf } from './judge.ts'
import type { SmtpArrival } from './receive.ts'

/**
 * Takes a notification that came back to the address of a letter which was passed on: it stands in the queue, which knows what to tell
 * its author. What is no notification is refused. Needs no more than zegel_receiver may.
 * @returns undefined when it is durable; otherwise why not, and the peer is to keep it
 */
export async function receiveReturned(
  storage: Storage,
  arrival: SmtpArrival,
  address: string,
): Promise<Refusal | undefined> {
  const { mailFrom, trace, content, findings } = arrival
  const parsed = parseAddress(address)
  if (parsed === undefined) return new Refusal('invalid')
  const verdict = judge(findings)
  if (verdict.place === 'refused') return new Refusal('refused', { fields: reasonsOf(verdict) })
  if (mailFrom !== '' || readReturned(content, parsed.domain) === undefined)
    return new Refusal('refused', { fields: ['noNotification'] })
  const letter = await prepareLetter(storage, {
    accountId: undefined,
    mailFrom: '',
    recipients: [{ address }],
    content: Buffer.concat([trace, content]),
    isTraced: true,
  })
  await storage.database.transaction(async (sql) => void (await enqueue(sql, letter)))
  wakeQueue(storage)
  return undefined
}
