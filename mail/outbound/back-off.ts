const HOUR = 3600
const FIRST_WAIT = HOUR / 2
const LONGEST_WAIT = 8 * HOUR

/** Where only this server is concerned, nobody else is bothered: it is tried again sooner. */
const FIRST_WAIT_OURS = 60

/**
 * How long to wait before the next attempt to deliver.
 * @param failures  attempts that have failed so far, from 1
 * @param age       seconds since the letter was to leave
 * @param giveUpAfter  seconds after which it is given back
 * @returns seconds to wait: 30 minutes, doubling up to 8 hours, and not beyond the end; undefined when it is time to give up
 * RFC 5321 §4.5.4.1 asks for at least 30 minutes, and for giving up after 4–5 days.
 */
export function waitSeconds(failures: number, age: number, giveUpAfter: number, isOurs = false): number | undefined {
  if (age >= giveUpAfter) return undefined
  const wait = Math.min((isOurs ? FIRST_WAIT_OURS : FIRST_WAIT) * 2 ** Math.min(failures - 1, 20), LONGEST_WAIT)
  return Math.max(1, Math.min(wait, giveUpAfter - age))
}
