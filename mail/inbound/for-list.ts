import type { ListAddress } from '#accounts'
import { hasRoom, mayPost } from '#mail/lists'
import { Refusal, type Config } from '#system'
import type { Storage } from '#storage'
import { mustComeAgain } from './greylist.ts'
import { queueArrival } from './queue.ts'
import type { SmtpArrival } from './receive.ts'

/**
 * Takes responsibility for a letter to a list, the only recipient: it stands in the queue, which knows its members. Needs no more than
 * zegel_receiver may.
 * @returns undefined when it is durable; otherwise why not, and the peer is to keep it
 */
export async function receiveForList(
  storage: Storage,
  arrival: SmtpArrival,
  list: ListAddress & { detail: string | undefined },
  greylistMinutes: number,
  settings: Config['lists'],
): Promise<Refusal | undefined> {
  const { mailFrom, content, findings, recipients } = arrival
  const [recipient] = recipients
  if (recipient === undefined) return new Refusal('invalid')
  const { address } = recipient
  const may = await mayPost(storage, { list, address, mailFrom, content, findings })
  if (may instanceof Refusal) return may
  if (may === 'held' && !(await hasRoom(storage, list, settings))) return new Refusal('tooManyItems')
  if (await mustComeAgain(storage, { ...arrival, recipients: [] }, greylistMinutes)) return new Refusal('comeAgain')
  await queueArrival(storage, arrival, [recipient])
  return undefined
}
