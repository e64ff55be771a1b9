import { nowMs, type Config } from '#system'
import { waitSeconds } from './back-off.ts'
import type { Claim, Claimed } from './claim.ts'
import { QUEUE_ACCOUNT, type Notify, type Recipient } from './letter.ts'
import type { News } from './notice/texts.ts'
import type { Outcome } from './outcome.ts'

/** What becomes of a recipient after an attempt. */
export interface Verdict {
  number: number
  recipient: Recipient
  outcome: Outcome
  state: 'waiting' | 'delivered' | 'failed'
  /** Of those that wait. */
  nextAttemptAt: Date | undefined
  isWarned: boolean
  /** What the sender is to be told. */
  news: News | undefined
}

/** When a letter is given back (RFC 5321 §4.5.4.1). */
export const endOf = ({ sendAt }: Pick<Claim, 'sendAt'>, { queue }: Pick<Config, 'queue'>): Date =>
  new Date(sendAt.getTime() + queue.giveUpAfterDays * 86_400_000)

/**
 * Weighs the outcome of an attempt: try again, give up, and whether the sender hears of it. In a trial, which may have no
 * internet, what the service itself wrote waits in any case, so that it can be shown.
 */
export function judge(
  claim: Claim,
  claimed: Claimed,
  outcome: Outcome,
  config: Pick<Config, 'queue' | 'trial'>,
  isHere: boolean,
): Verdict {
  const { number, attempts, isWarned } = claimed
  const recipient = { ...claimed.recipient, reply: outcome.reply }
  const age = (nowMs() - claim.sendAt.getTime()) / 1000
  const isKept = config.trial && claim.accountId === QUEUE_ACCOUNT && outcome.state === 'failed'
  const final = outcome.state === 'later' || isKept ? undefined : outcome.state
  // What failed on our side is not the traffic of others.
  const isOurs = isHere || outcome.trouble === 'fault'
  const wait =
    final === undefined ? waitSeconds(attempts, age, config.queue.giveUpAfterDays * 86_400, isOurs) : undefined
  const state = final ?? (wait === undefined ? 'failed' : 'waiting')
  const isLate = state === 'waiting' && !isWarned && age >= config.queue.warnAfterHours * 3600
  const news = newsOf(state, outcome, isLate)
  return {
    number,
    recipient,
    outcome,
    state,
    nextAttemptAt: wait === undefined ? undefined : new Date(nowMs() + wait * 1000),
    isWarned: isWarned || isLate,
    news: news !== undefined && isWanted(news, recipient.notify) && claim.envelope.mailFrom !== '' ? news : undefined,
  }
}

function newsOf(state: Verdict['state'], { how }: Outcome, isLate: boolean): News | undefined {
  if (state === 'failed') return 'failed'
  if (state === 'waiting') return isLate ? 'delayed' : undefined
  // A server that knows DSN reports by itself (RFC 3461 §5.2.1).
  return how === 'filed' ? 'delivered' : how === 'relayed' ? 'relayed' : undefined
}

const ASKED_BY: Record<News, Notify> = {
  failed: 'FAILURE',
  delayed: 'DELAY',
  delivered: 'SUCCESS',
  relayed: 'SUCCESS',
}

/** RFC 3461 §4.1: who asks for nothing in particular hears of failure and delay. */
const isWanted = (news: News, notify: readonly Notify[] = ['FAILURE', 'DELAY']): boolean =>
  notify.includes(ASKED_BY[news])
