import type { Finding } from '#mail/findings'
import type { OpenAccount } from '#storage'
import { combine, likelihood, type Letters } from './combine.ts'
import { isPersonal } from './features.ts'
import { keyedFeatures } from './keyed.ts'
import { shippedStart, type Start } from './start.ts'
import { loadTraining } from './stored.ts'
import { countsOf, UNTAUGHT, type Training } from './training.ts'

/** How likely a letter is junk for this account, from 0 to 1, by what is shipped and what the account has taught. The receiver may ask. */
export async function judgeWords(account: OpenAccount, features: Uint32Array): Promise<number> {
  const training = await loadTraining(account)
  const keyed = training.features.length > 0 ? keyedFeatures(account, features) : undefined
  return probability(features, shippedStart(), training, keyed)
}

/**
 * How likely a letter is junk.
 * @param keyed  the features as `training` has them, in the same order
 */
export function probability(
  features: Uint32Array,
  start: Start,
  training: Training = UNTAUGHT,
  keyed?: Uint32Array,
): number {
  const letters: Letters = { shipped: start.letters, own: training.letters }
  return combine(
    Array.from(features, (feature, at) =>
      likelihood(
        {
          shipped: start.countsOf(feature),
          own: keyed === undefined ? undefined : countsOf(training, keyed[at] as number),
          isPersonal: isPersonal(feature),
        },
        letters,
      ),
    ),
  )
}

/** From where on the words alone make a letter junk, from where on they are a sign of it, and up to where one of the opposite. */
export const SURE = 0.98
export const SUSPICIOUS = 0.9
export const GOOD = 0.02

/** What the words say about a letter; undefined when that is nothing. */
export function findingOfWords(junk: number): Finding | undefined {
  if (junk >= SURE) return { name: 'wordsJunk' }
  if (junk >= SUSPICIOUS) return { name: 'wordsSuspicious' }
  return junk <= GOOD ? { name: 'wordsGood' } : undefined
}
