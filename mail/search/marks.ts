import { isMeant, phraseStarts, runsOf, tokensOf, type PhraseTerm, type Term, type WordTerm } from '#formats/words'

/** A place in a text that a search means, in UTF-16 units. */
export interface Mark {
  start: number
  end: number
}

/** The places in a text that any of the terms means, in their order, none within another. */
export function marksIn(text: string, terms: readonly Term[]): Mark[] {
  const words = terms.filter((term): term is WordTerm => term.kind === 'word')
  const phrases = terms.filter((term): term is PhraseTerm => term.kind === 'phrase')
  const marks: Mark[] = []
  if (words.length > 0)
    for (const { tokens, compound = [] } of runsOf(text)) {
      const [first, last] = [tokens[0], tokens.at(-1)]
      if (first !== undefined && last !== undefined && isAnyMeant(words, compound))
        marks.push({ start: first.start, end: last.end })
      else for (const { start, end, forms } of tokens) if (isAnyMeant(words, forms)) marks.push({ start, end })
    }
  const tokens = phrases.length > 0 ? [...tokensOf(text)] : []
  for (const phrase of phrases)
    for (const at of phraseStarts(phrase, tokens))
      marks.push({ start: tokens[at]?.start ?? 0, end: tokens[at + phrase.words.length - 1]?.end ?? 0 })
  return merged(marks)
}

const isAnyMeant = (terms: readonly WordTerm[], words: readonly string[]): boolean =>
  words.some((word) => terms.some((term) => isMeant(term, word)))

function merged(marks: Mark[]): Mark[] {
  const list: Mark[] = []
  for (const { start, end } of marks.sort((a, b) => a.start - b.start)) {
    const last = list.at(-1)
    if (last !== undefined && start < last.end) last.end = Math.max(last.end, end)
    else list.push({ start, end })
  }
  return list
}
