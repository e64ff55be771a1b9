import { summarise } from '#mail'
import { featuresOf } from '#mail/antispam'
import type { Finding } from '#mail/findings'
import { hasPassed, hopsOf, MOST_HOPS } from '#mail/outbound'
import { Refusal } from '#system'
import type { Storage } from '#storage'
import { mustComeAgain } from './greylist.ts'
import { judgeFor, reasonsOf } from './judge.ts'
import { queueArrival } from './queue.ts'
import type { SmtpArrival } from './receive.ts'

/** A letter for a closed account whose mail goes on to its owner's address outside. */
interface Forwarded {
  accountId: number
  /** By which it was named. */
  address: string
  mailFrom: string
  content: Buffer
  findings: readonly Finding[] | undefined
  /** Its words, where they are at hand. */
  features?: Uint32Array | undefined
}

/**
 * Whether a letter may go on: only what would have gone to the inbox, by what its owner has said and taught. Whoever sends
 * junk on is taken for its sender. RFC 5321 §6.3: what goes in a circle is stopped, here before it has gone round fifty times.
 * @returns why not: 'loop', or 'refused' with the findings that say so
 */
export async function mayForward(storage: Storage, letter: Forwarded): Promise<Refusal | undefined> {
  const { accountId, address, mailFrom, content, findings } = letter
  if (hopsOf(content) > MOST_HOPS || hasPassed(content, address)) return new Refusal('loop')
  // What was handed in here is not judged by its words.
  const features = findings === undefined ? undefined : (letter.features ?? featuresOf(content))
  const account = await storage.openAccount(accountId)
  const { verdict } = await judgeFor(account, { mailFrom, findings, features }, summarise(content))
  if (verdict === undefined || verdict.place === 'inbox') return undefined
  return new Refusal('refused', { fields: reasonsOf(verdict) })
}

/**
 * Takes responsibility for a letter to a closed account, the only recipient: it stands in the queue, which knows where it goes
 * on to. Nothing of it is filed. Needs no more than zegel_receiver may.
 * @returns undefined when it is durable; otherwise why not, and the peer is to keep it
 */
export async function receiveForwarded(
  storage: Storage,
  arrival: SmtpArrival,
  greylistMinutes: number,
): Promise<Refusal | undefined> {
  const { mailFrom, content, findings, features, recipients } = arrival
  const [recipient] = recipients
  if (recipient === undefined) return new Refusal('invalid')
  const { accountId, address } = recipient
  const refusal = await mayForward(storage, { accountId, address, mailFrom, content, findings, features })
  if (refusal !== undefined) return refusal
  if (await mustComeAgain(storage, arrival, greylistMinutes)) return new Refusal('comeAgain')
  await queueArrival(storage, arrival, [recipient])
  return undefined
}
