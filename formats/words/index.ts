/**
 * Words as people search for them: how a text is taken apart, which spellings and stems are the same word, and what a
 * search asks for. Text only.
 */
export { fold, formsOf } from './fold.ts'
export { collectWords, isCompound, LONGEST, runsOf, tokensOf, type Run, type Token } from './tokens.ts'
export { stemSearches, type StemSearch } from './stem.ts'
export {
  hasPhrase,
  isMeant,
  MOST_TERMS,
  parseTerms,
  phraseStarts,
  stands,
  type PhraseTerm,
  type Term,
  type WordTerm,
} from './terms.ts'
