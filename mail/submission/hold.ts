import { nowMs } from '#system'
import { faulty } from './faults.ts'

/** RFC 4865 §3 leaves it to us how long a letter may wait: 365 days, in seconds. */
export const MAX_DELAY_SECONDS = 365 * 86_400

/** RFC 3339 §5.6. */
const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/i

export interface Hold {
  /** HOLDFOR: seconds to wait. */
  holdFor: string | undefined
  /** HOLDUNTIL: the time to wait for. */
  holdUntil: string | undefined
}

/**
 * When a letter may leave, as the parameters of FUTURERELEASE ask (RFC 4865 §4); undefined when they are not given.
 * @throws Refusal 'invalid' with the fault 'sendAt': for what is no time, both at once, or longer than a letter may wait
 */
export function sendAtOf({ holdFor, holdUntil }: Hold): Date | undefined {
  if (holdFor === undefined && holdUntil === undefined) return undefined
  if (holdFor !== undefined && holdUntil !== undefined) throw faulty('sendAt')
  const isWritten = holdFor === undefined ? DATE_TIME.test(holdUntil ?? '') : /^\d{1,9}$/.test(holdFor)
  const at = holdFor === undefined ? Date.parse(holdUntil ?? '') : nowMs() + Number(holdFor) * 1000
  // Not a comparison that NaN would pass.
  if (!isWritten || !(at <= nowMs() + MAX_DELAY_SECONDS * 1000)) throw faulty('sendAt')
  return new Date(at)
}
