/**
 * Whether a letter is one that nobody wants: by its words (Bayes, with a start that is shipped and what each account has taught), by its
 * form, and as rspamd says where it is asked. Writes the column `sealed` of `spam_training`;
 * `mail/lessons` notices what is taught.
 */
export {
  featuresOf,
  featuresOfMessage,
  featuresOfWord,
  isPersonal,
  LOOKED_AT_BYTES,
  MOST_FEATURES,
} from './features.ts'
export { findingOfWords, GOOD, judgeWords, probability, SURE, SUSPICIOUS } from './judge.ts'
export { keyedFeatures } from './keyed.ts'
export { lookAtForm } from './rules.ts'
export { openRspamd, type Rspamd } from './rspamd.ts'
export { readStart, shippedStart, writeStart, type Start } from './start.ts'
export { loadTraining, storeTraining } from './stored.ts'
export { MOST_KEPT, teach, UNTAUGHT, type Lesson, type Training } from './training.ts'
export type { Counts } from './combine.ts'
