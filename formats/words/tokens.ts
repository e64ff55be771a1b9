import { formsOf } from './fold.ts'

/** A word where it stands in a text. */
export interface Token {
  /** Its place in the text, in UTF-16 units. */
  start: number
  end: number
  /** How it may be written, accents and case aside; the first is the usual one. None of what is no word that is kept. */
  forms: readonly string[]
}

/** Words that are written together, and each of them: "jan.peeters@example.org", "E-Mail-Adresse". */
export interface Run {
  tokens: Token[]
  /** The whole as one word, when it is several; undefined when it is too long to be one. */
  compound: string[] | undefined
}

/** Characters of the longest word, and of the longest that has digits in it: what is longer is no word that anybody reads. */
export const LONGEST = 64
const LONGEST_WITH_DIGITS = 24

// Classes that have nothing in common, one after the other: a search through any text is linear. What goes on for longer
// than any word or run begins anew, so that nothing grows with the text.
const WORD = String.raw`[\p{L}\p{N}\p{M}\p{Cf}]{1,1000}`
const CONNECTOR = String.raw`[-.'’‐‑@_+]`
const RUNS = new RegExp(`[A-Za-z0-9+/=]{60,1000}|${WORD}(?:${CONNECTOR}${WORD}){0,15}`, 'gu')
const PARTS = new RegExp(WORD, 'gu')
// The same for text in ASCII, three times as fast.
const RUNS_ASCII = /[a-z0-9+/=]{60,1000}|[a-z0-9]{1,1000}(?:[-.'@_+][a-z0-9]{1,1000}){0,15}/g
const CONNECTORS = new RegExp(CONNECTOR, 'u')

/** Lines of base64: letters of both cases and digits, nothing else for a long time. */
const isEncoded = (text: string): boolean =>
  text.length >= 60 && /^[A-Za-z0-9+/=]+$/.test(text) && /\d/.test(text) && /[a-z]/.test(text) && /[A-Z]/.test(text)

/** Scripts that put no space between words: of these every two neighbours are a word. */
const SPACELESS = String.raw`\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Hang}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}ー`
const HAS_SPACELESS = new RegExp(`[${SPACELESS}]`, 'u')
const SEGMENTS = new RegExp(`[${SPACELESS}]+|[^${SPACELESS}]+`, 'gu')
const BEYOND_ASCII = /[^\x00-\x7f]/

/** The runs of a text, in its order. */
export function* runsOf(text: string): Generator<Run> {
  const isAscii = !BEYOND_ASCII.test(text)
  // Lengths stay as they are, so that places do.
  const searched = isAscii ? text.toLowerCase() : text
  for (const { 0: run, index } of searched.matchAll(isAscii ? RUNS_ASCII : RUNS)) {
    if (run.length < 60) yield isAscii ? asciiRun(run, index) : runAt(run, index)
    else if (isEncoded(text.slice(index, index + run.length)))
      yield { tokens: [{ start: index, end: index + run.length, forms: [] }], compound: undefined }
    // It may also be a path: its pieces are words each.
    else if (/[/=]/.test(run))
      for (const { 0: piece, index: at } of run.matchAll(/[A-Za-z0-9+]+/g)) yield runAt(piece, index + at)
    else yield runAt(run, index)
  }
}

function asciiRun(run: string, start: number): Run {
  const tokens: Token[] = []
  let from = 0
  for (let at = 0; at <= run.length; at++) {
    const code = at === run.length ? 0 : run.charCodeAt(at)
    if ((code >= 97 && code <= 122) || (code >= 48 && code <= 57)) continue
    const word = run.slice(from, at)
    tokens.push({ start: start + from, end: start + at, forms: isTooLong(word) ? [] : [word] })
    from = at + 1
  }
  return { tokens, compound: tokens.length > 1 && run.length <= LONGEST ? [run] : undefined }
}

function runAt(run: string, start: number): Run {
  if (!CONNECTORS.test(run)) return { tokens: [...tokensOfWord(run, start)], compound: undefined }
  const tokens: Token[] = []
  for (const { 0: part, index } of run.matchAll(PARTS)) tokens.push(...tokensOfWord(part, start + index))
  const isOne = run.length <= LONGEST && tokens.length > 1
  return { tokens, compound: isOne ? formsOf(run.replace(/[’]/g, "'").replace(/[‐‑]/g, '-')) : undefined }
}

function* tokensOfWord(word: string, start: number): Generator<Token> {
  if (!BEYOND_ASCII.test(word) || !HAS_SPACELESS.test(word)) {
    const forms = isTooLong(word) ? undefined : formsOf(word)
    // What cannot be seen is nothing at all.
    if (forms?.length !== 0)
      yield { start, end: start + word.length, forms: forms?.filter((form) => !isTooLong(form)) ?? [] }
    return
  }
  for (const { 0: segment, index } of word.matchAll(SEGMENTS))
    if (HAS_SPACELESS.test(segment)) yield* pairsOf(segment, start + index)
    else yield* tokensOfWord(segment, start + index)
}

/** Every two neighbours of a segment; of one that is a single character, that. */
function* pairsOf(segment: string, start: number): Generator<Token> {
  let before: { character: string; at: number } | undefined
  let isAlone = true
  let at = start
  for (const character of segment) {
    if (before !== undefined) {
      isAlone = false
      yield* pair(before.character + character, before.at, at + character.length)
    }
    before = { character, at }
    at += character.length
  }
  if (isAlone && before !== undefined) yield* pair(before.character, start, at)
}

function* pair(characters: string, start: number, end: number): Generator<Token> {
  const forms = formsOf(characters)
  if (forms.length > 0) yield { start, end, forms }
}

const isTooLong = (word: string): boolean =>
  word.length > LONGEST || (word.length > LONGEST_WITH_DIGITS && /\d/.test(word))

/** The single words of a text, in its order, and what stands where there is none that is kept. */
export function* tokensOf(text: string): Generator<Token> {
  for (const { tokens } of runsOf(text)) yield* tokens
}

/**
 * Puts the words that a text is found by into a set: single words and those written together, in all their forms.
 * @param most  words that the set may hold; what is beyond is left out
 * @param sequence  gets the forms of the single words one after the other, where that is wanted
 */
export function collectWords(text: string, into: Set<string>, most: number, sequence?: (readonly string[])[]): void {
  for (const { tokens, compound } of runsOf(text)) {
    if (into.size >= most) return
    for (const { forms } of tokens) {
      for (const form of forms) into.add(form)
      sequence?.push(forms)
    }
    for (const form of compound ?? []) into.add(form)
  }
}

/** Whether a word is written together from several. */
export const isCompound = (word: string): boolean => CONNECTORS.test(word)

/** Whether two of its words are joined here. */
export const isConnector = (character: string | undefined): boolean =>
  character !== undefined && CONNECTORS.test(character)

/** Whether a word is one character of a script without spaces: a part of the words that stand for such text. */
export const isLoneCharacter = (word: string): boolean => HAS_SPACELESS.test(word) && [...word].length === 1
