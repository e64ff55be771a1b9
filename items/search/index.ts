/**
 * The blind index over items of any kind, and the vocabulary in which their words are looked up. Writes the tables
 * item_words, vocabulary and index_state, and settles erased_words.
 */
export { indexNext, type IndexedItem, type ItemToIndex } from './add.ts'
export { accountsToIndex, indexBacklog, waitingItems } from './state.ts'
export { areAllIndexedWith, itemsFound } from './found.ts'
export { forgetWords, forgetWordsOf } from './sweep.ts'
export { openVocabulary, type Vocabulary } from './vocabulary/open.ts'
export { countsOf, frequentWords, someWordsMeant, wordsMeant } from './vocabulary/find.ts'
export type { Counts } from './vocabulary/segment.ts'
export {
  anyOfPairs,
  anyOfWords,
  everyQuery,
  EVERY,
  foundBy,
  NONE,
  noQuery,
  someQuery,
  type WordsQuery,
} from './words-query.ts'
