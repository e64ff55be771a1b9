import { isCompound, parseTerms, type PhraseTerm, type Term, type WordTerm } from '#formats/words'
import {
  anyOfPairs,
  anyOfWords,
  countsOf,
  EVERY,
  everyQuery,
  NONE,
  openVocabulary,
  wordsMeant,
  type Vocabulary,
  type WordsQuery,
} from '#items'
import type { OpenAccount } from '#storage'
import { Refusal } from '#system'
import { FIELDS, indexedName, isOfSummary, TEXT_FIELDS, type TextField } from './fields.ts'
import { hasTerms, textHas, type Letter } from './letter.ts'

/** What can be asked of the text of a message. RFC 8621 §4.4.1; `attachmentName` is ours. */
export interface TextConditions {
  /** In one of the fields below. */
  text: string
  from: string
  to: string
  cc: string
  bcc: string
  subject: string
  body: string
  attachmentName: string
  /** The name of a header field, and what is to stand in it. */
  header: readonly [name: string, text?: string]
}

const NAMES: ReadonlySet<string> = new Set<keyof TextConditions>([...TEXT_FIELDS, 'text', 'header'])

export const isTextCondition = (name: string): name is keyof TextConditions => NAMES.has(name)

/** A text condition as it is worked through: what the index says, and what only the letter itself can say. */
export interface TextPlan {
  /** Every message that meets the condition is found by this; undefined where the index cannot help. */
  words: WordsQuery | undefined
  /** Whether a message meets it; undefined when the index says all. */
  test: ((letter: Letter) => Promise<boolean>) | undefined
  /** Whether the test needs the content, and not the summary alone. */
  needsContent: boolean
}

export interface TextContext {
  account: OpenAccount
  /** Undefined for messages that are not indexed. */
  vocabulary: Vocabulary | undefined
  /** Words that one term may stand for in the index; beyond that it is so common that looking is quicker. */
  mostWords?: number
}

/** For whoever wants the first page of what is found. */
const MOST_WORDS = 1000

/** @throws Refusal 'tooManyItems' for more terms than a search may have */
export function planText<Name extends keyof TextConditions>(
  name: Name,
  value: TextConditions[Name],
  context: TextContext,
): TextPlan {
  if (name === 'header') return planHeader(value as TextConditions['header'], context)
  const fields = name === 'text' ? TEXT_FIELDS : [name as TextField]
  const terms = termsOf(value as string)
  // Blank is no condition at all; something without a single word stands nowhere.
  if (terms.length === 0) return { words: undefined, test: async () => isBlank(value as string), needsContent: false }
  const test = (letter: Letter): Promise<boolean> => hasTerms(letter, terms, fields)
  const needsContent = fields.some((field) => !isOfSummary(field))
  const { vocabulary } = context
  if (vocabulary === undefined) return { words: undefined, test, needsContent }
  const found = terms.map((term) => wordsOfTerm(term, fields, { ...context, vocabulary }))
  const known = found.flatMap(({ words }) => words ?? [])
  return {
    words: known.length === 0 ? undefined : everyQuery(known),
    test: found.every(({ isExact }) => isExact) ? undefined : test,
    needsContent,
  }
}

/** Words that a term may stand for where nothing but the index is asked. */
const MOST_WORDS_ALONE = 50_000

/** What the index finds for a text; of a phrase, what has its words. @throws as planText */
export async function wordsOfText(account: OpenAccount, text: string): Promise<WordsQuery> {
  if (isBlank(text)) return EVERY
  const vocabulary = await openVocabulary(account)
  return planText('text', text, { account, vocabulary, mostWords: MOST_WORDS_ALONE }).words ?? NONE
}

export const isBlank = (text: string): boolean => !/\S/.test(text)

export function termsOf(text: string): Term[] {
  const terms = parseTerms(text)
  if (terms === undefined) throw new Refusal('tooManyItems', { fields: ['filter'] })
  return terms
}

interface TermPlan {
  words: WordsQuery | undefined
  isExact: boolean
}

function wordsOfTerm(
  term: Term,
  fields: readonly TextField[],
  { account, vocabulary, mostWords = MOST_WORDS }: TextContext & { vocabulary: Vocabulary },
): TermPlan {
  const numbers = numbersOf(fields)
  if (term.kind === 'word') {
    const words = wordsMeant(vocabulary, term, mostWords, numbers)
    if (words === undefined) return { words: undefined, isExact: false }
    return { words: anyOfWords(account, words, numbers), isExact: true }
  }
  const last = term.words.length - 1
  const positions = term.words.map((forms, index) => {
    const isOpenBefore = index === 0 && term.isOpenBefore
    const isOpenAfter = index === last && term.isOpenAfter
    const word: WordTerm = { kind: 'word', forms, isOpenBefore, isOpenAfter, stems: [] }
    return wordsMeant(vocabulary, word, mostWords, numbers)
  })
  const known = positions.filter((words) => words !== undefined)
  if (known.length === 0) return { words: undefined, isExact: false }
  const words = known.map((words) => anyOfWords(account, words, numbers))
  return { words: everyQuery([...words, ...pairsOf(term, positions, account)]), isExact: false }
}

/** Pairs of words that one question may ask for. */
const MOST_PAIRS = 40

/**
 * That the words of a phrase follow one another. Where the first or the last is cut off, in any of the words that it may be of,
 * as long as they are few.
 */
function pairsOf(
  { words, isOpenBefore, isOpenAfter }: PhraseTerm,
  meant: readonly (ReadonlyMap<string, unknown> | undefined)[],
  account: OpenAccount,
): WordsQuery[] {
  const last = words.length - 1
  const written = words.map((forms, index): readonly string[] | undefined => {
    if (!(index === 0 && isOpenBefore) && !(index === last && isOpenAfter)) return forms
    const whole = meant[index]
    return whole && [...whole.keys()].filter((word) => !isCompound(word))
  })
  return written.slice(1).flatMap((second, index) => {
    const first = written[index]
    if (first === undefined || second === undefined || first.length * second.length > MOST_PAIRS) return []
    return first.length * second.length === 0 ? [NONE] : [anyOfPairs(account, first, second)]
  })
}

const numbersOf = (fields: readonly TextField[]): number[] => fields.map((field) => FIELDS[field])

function planHeader([name, text = '']: TextConditions['header'], { account, vocabulary }: TextContext): TextPlan {
  const terms = termsOf(text)
  const test = async (letter: Letter): Promise<boolean> => {
    const values = await letter.header(name)
    if (isBlank(text)) return values.length > 0
    return terms.length > 0 && values.some((value) => textHas(value, terms))
  }
  const indexed = indexedName(name)
  if (vocabulary === undefined || indexed === undefined) return { words: undefined, test, needsContent: true }
  const words = anyOfWords(account, new Map([[indexed, countsOf(vocabulary, indexed)]]), [FIELDS.header])
  return { words, test: isBlank(text) ? undefined : test, needsContent: true }
}
