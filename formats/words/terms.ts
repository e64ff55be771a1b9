import { fold } from './fold.ts'
import { stemSearches, type StemSearch } from './stem.ts'
import { isCompound, isConnector, isLoneCharacter, runsOf, tokensOf, type Token } from './tokens.ts'

/** One thing that a search looks for. */
export type Term = WordTerm | PhraseTerm

/** A word, in any of its forms. None: no text has it. */
export interface WordTerm {
  kind: 'word'
  forms: readonly string[]
  /** Whether something may stand before it in the word, or after it. */
  isOpenBefore: boolean
  isOpenAfter: boolean
  /** Words with the same stem are meant too. */
  stems: readonly StemSearch[]
}

/** Words one after the other, each in any of its forms. What stands between them does not count. */
export interface PhraseTerm {
  kind: 'phrase'
  words: readonly (readonly string[])[]
  /** Whether the first may end with what is looked for, and the last begin with it. */
  isOpenBefore: boolean
  isOpenAfter: boolean
}

/** Terms of one search; whoever names more is told so. */
export const MOST_TERMS = 50

// A quoted phrase may not be closed, and its quotes may be escaped within (RFC 8621 §4.4.1).
const PIECES = /(\*?)"((?:[^"\\]|\\.)*)(?:"(\*?)|$)|(\*?)(?<!\S)'((?:[^'\\]|\\.)*)'(\*?)(?!\S)|(\S+)/gs

/**
 * What a text asks for: words that all have to be there; "a phrase" in quotes; `begin*` a beginning and `*part*` a part of
 * a word (of a phrase: its first and last). Any other word stands for those with its stem as well.
 * @returns undefined when there are more than MOST_TERMS. A text without a single word asks for nothing
 */
export function parseTerms(text: string): Term[] | undefined {
  const terms: Term[] = []
  for (const piece of text.matchAll(PIECES)) {
    const [, before, double, after, singleBefore, single, singleAfter, word] = piece
    const quoted = double ?? single
    if (quoted === undefined) terms.push(...termsOfWord(word as string))
    else {
      const open = { isOpenBefore: Boolean(before || singleBefore), isOpenAfter: Boolean(after || singleAfter) }
      terms.push(...termOfPhrase(quoted.replace(/\\(.)/gs, '$1'), open))
    }
    if (terms.length > MOST_TERMS) return undefined
  }
  return terms
}

function termOfPhrase(text: string, open: Pick<PhraseTerm, 'isOpenBefore' | 'isOpenAfter'>): Term[] {
  const words: (readonly string[])[] = []
  for (const { forms } of tokensOf(text)) words.push(forms)
  if (words.some((forms) => forms.length === 0)) return [{ ...NOWHERE }]
  const [first] = words
  if (first === undefined) return []
  if (words.length === 1) return [{ kind: 'word', forms: first, ...open, stems: [] }]
  return [{ kind: 'phrase', words, ...open }]
}

function termsOfWord(piece: string): Term[] {
  const [begins, ends] = [piece.startsWith('*'), piece.endsWith('*')]
  const runs = [...runsOf(piece)].filter(({ tokens }) => tokens.length > 0)
  // What no letter is found by.
  if (runs.some(({ tokens }) => tokens.some(({ forms }) => forms.length === 0))) return [{ ...NOWHERE }]
  return runs.map(({ tokens, compound }, index) => {
    const open = { isOpenBefore: begins && index === 0, isOpenAfter: ends && index === runs.length - 1 }
    if (compound !== undefined && !hasPairs(tokens)) return { kind: 'word', forms: compound, ...open, stems: [] }
    const [only, ...others] = tokens as [Token, ...Token[]]
    if (others.length > 0) return { kind: 'phrase', words: tokens.map(({ forms }) => forms), ...open }
    const isLone = only.forms.some(isLoneCharacter)
    const isPlain = !isLone && !open.isOpenBefore && !open.isOpenAfter
    return {
      kind: 'word',
      forms: only.forms,
      isOpenBefore: open.isOpenBefore || isLone,
      isOpenAfter: open.isOpenAfter || isLone,
      stems: isPlain ? only.forms.flatMap(stemSearches) : [],
    }
  })
}

const NOWHERE: WordTerm = { kind: 'word', forms: [], isOpenBefore: false, isOpenAfter: false, stems: [] }

/** Neighbouring pairs overlap: such text is looked for as a sequence. */
const hasPairs = (tokens: readonly Token[]): boolean =>
  tokens.some((token, index) => index > 0 && token.start < (tokens[index - 1] as Token).end)

/** Whether a word, as `collectWords` gives it, is one that is meant. */
export function isMeant(term: WordTerm, word: string): boolean {
  return term.forms.some((form) => stands(term, form, word)) || term.stems.some((search) => search.has(word))
}

/**
 * Whether a form stands in a word: is all of it, or where it is open its beginning, its end or a part. A form that is several
 * words is also found within more of them: "example.org" in "jan@example.org".
 */
export function stands({ isOpenBefore, isOpenAfter }: Omit<WordTerm, 'kind'>, form: string, word: string): boolean {
  if (word === form) return true
  if (!isCompound(form)) {
    if (isOpenBefore) return isOpenAfter ? word.includes(form) : word.endsWith(form)
    return isOpenAfter && word.startsWith(form)
  }
  for (let at = word.indexOf(form); at !== -1; at = word.indexOf(form, at + 1)) {
    const end = at + form.length
    const begins = isOpenBefore || at === 0 || isConnector(word[at - 1])
    if (begins && (isOpenAfter || end === word.length || isConnector(word[end]))) return true
  }
  return false
}

/** Whether a phrase stands in a text: what `phraseStarts` finds, without taking the text apart where that can be told before. */
export function hasPhrase(phrase: PhraseTerm, text: string): boolean {
  const pattern = patternOf(phrase)
  if (/[^\x00-\x7f]/.test(text))
    return (
      (pattern.nearly === undefined || pattern.nearly.test(fold(text))) &&
      !phraseStarts(phrase, [...tokensOf(text)]).next().done
    )
  return pattern.ascii.test(text)
}

interface Patterns {
  /** Finds the phrase in a text in ASCII. */
  ascii: RegExp
  /** Finds it in any folded text, and perhaps what is like it; undefined for words beyond ASCII. */
  nearly: RegExp | undefined
}

const patterns = new WeakMap<PhraseTerm, Patterns>()

function patternOf(phrase: PhraseTerm): Patterns {
  let known = patterns.get(phrase)
  if (known === undefined) {
    const isPlain = (form: string): boolean => /^[a-z0-9]+$/.test(form)
    const ascii = phrase.words.map((forms) => forms.filter(isPlain))
    const isAscii = phrase.words.every((forms) => forms.every(isPlain))
    // A folded "Müller" is "muller", whichever of its forms is meant.
    const nearly = ascii.map((forms) => forms.map((form) => form.replace(/([aou])e/g, '$1e?')))
    known = { ascii: patternFor(phrase, ascii), nearly: isAscii ? patternFor(phrase, nearly) : undefined }
    patterns.set(phrase, known)
  }
  return known
}

/** @param words  letters, digits and what a pattern says of them */
function patternFor({ isOpenBefore, isOpenAfter }: PhraseTerm, words: readonly (readonly string[])[]): RegExp {
  const parts = words.map((forms) => (forms.length === 0 ? '(?!)' : `(?:${forms.join('|')})`))
  return new RegExp(
    `${isOpenBefore ? '' : '(?<![a-z0-9])'}${parts.join('[^a-z0-9]+')}${isOpenAfter ? '' : '(?![a-z0-9])'}`,
    'i',
  )
}

/** The places in a list of tokens where a phrase begins. */
export function* phraseStarts(phrase: PhraseTerm, tokens: readonly Token[]): Generator<number> {
  const last = phrase.words.length - 1
  const fits = (token: Token, index: number): boolean =>
    (phrase.words[index] as readonly string[]).some((form) =>
      token.forms.some((written) => {
        if (written === form) return true
        const [isOpenBefore, isOpenAfter] = [index === 0 && phrase.isOpenBefore, index === last && phrase.isOpenAfter]
        // The first word may be cut off in front, the last behind, and nothing else.
        return (isOpenBefore && written.endsWith(form)) || (isOpenAfter && written.startsWith(form))
      }),
    )
  for (let at = 0; at + last < tokens.length; at++)
    if (phrase.words.every((_forms, index) => fits(tokens[at + index] as Token, index))) yield at
}
