import { knows, t } from '../shell/texts.svelte.ts'

/** Why something could not be brought in, or nothing at all, in words. */
export function reasonOf(reason: string): string {
  const key = `transfer.reason.${reason}`
  return knows(key) ? t(key) : reason
}

/** Why nothing could be collected: what is tried again is told otherwise than what is over. */
export function whyNotCollected(reason: string): string {
  const key = `collect.reason.${reason}`
  return knows(key) ? t(key) : reasonOf(reason)
}
