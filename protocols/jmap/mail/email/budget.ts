import { MethodError } from '../../calls/errors.ts'

/**
 * What one call may read and show altogether, in bytes but for the parts: far more than a reader needs, and less than
 * would be the server's end, for whoever has been sent a thousand of the largest messages.
 */
const MOST = {
  /** Summaries, sealed. */
  summaries: 100_000_000,
  /** Headers and bodies, still encoded. */
  content: 150_000_000,
  parts: 100_000,
}

export type Spend = (what: keyof typeof MOST, amount: number) => void

/** Counts what a call takes. What it gives throws MethodError 'requestTooLarge' when that is too much. */
export function openBudget(): Spend {
  const left = { ...MOST }
  return (what, amount) => {
    left[what] -= amount
    if (left[what] < 0) throw new MethodError('requestTooLarge', `the ${what} are too much for one call`)
  }
}
