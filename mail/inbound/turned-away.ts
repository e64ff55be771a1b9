import { envelope, parseMessage } from '#formats/message'
import type { Summary } from '#mail'
import { headerFields } from '#mail/authentication'
import type { Finding } from '#mail/findings'
import { tellArrival, type Fate, type SmtpStory } from '#mail/stories'
import type { Storage } from '#storage'
import { nowMs, type Log } from '#system'
import type { Arrival } from './receive.ts'
import { storyOf } from './story.ts'

export interface TurnedAway extends Pick<Arrival, 'mailFrom' | 'recipients'> {
  fate: Extract<Fate, 'refused' | 'deferred'>
  /** Undefined where its end was not waited for. */
  content: Buffer | undefined
  findings: readonly Finding[]
  smtp: SmtpStory
}

const NO_HEADER: Pick<Summary, 'from' | 'subject' | 'messageId'> = { from: null, subject: null, messageId: null }

/** What one account is told of in an hour: a flood that is turned away is not to fill its owner's list. */
const MOST_PER_HOUR = 200
const HOUR_MS = 3_600_000
let hour = { number: 0, told: new Map<number, number>() }

function mayTell(accountId: number): boolean {
  const number = Math.floor(nowMs() / HOUR_MS)
  if (hour.number !== number) hour = { number, told: new Map() }
  const told = (hour.told.get(accountId) ?? 0) + 1
  hour.told.set(accountId, told)
  return told <= MOST_PER_HOUR
}

/**
 * Tells the recipients of a letter that was not taken: who wrote, and what the other server was answered. Of its content nothing
 * is kept. Never rejects: the answer to the other server does not depend on it.
 */
export async function tellTurnedAway(storage: Storage, log: Log, letter: TurnedAway): Promise<void> {
  const { content, recipients, fate, findings } = letter
  const head =
    content === undefined ? NO_HEADER : envelope(parseMessage(content.subarray(0, headerFields(content).end)))
  const addresses = new Map(recipients.map(({ accountId, address }) => [accountId, address]))
  await Promise.all(
    [...addresses].map(async ([accountId, to]) => {
      if (!mayTell(accountId)) return
      try {
        const account = await storage.openAccount(accountId)
        await account.write((tx) => tellArrival(tx, storyOf(letter, head, { fate, to, findings })))
      } catch (error) {
        log.error({ account: accountId, err: error }, 'a refusal could not be told to whom it was for')
      }
    }),
  )
}
