import { fold, parseTerms, runsOf } from '#formats/words'

/**
 * What a mail program looks for: any part of a text, where the index knows whole words. As terms that find it with open
 * ends; what stands between words does not count then.
 * @returns undefined for what no index finds: text without a word, or with what is too long to be one
 */
export function termsFor(needle: string): string | undefined {
  const text = isWrittenTogether(needle) ? `*${needle}*` : `*"${needle.replace(/["\\]/g, '\\$&')}"*`
  const [term, ...others] = parseTerms(text) ?? []
  if (term === undefined || others.length > 0 || (term.kind === 'word' && term.forms.length === 0)) return undefined
  return text
}

/** One run of several words, as an address or a host: what stands between its words is looked for as well. */
function isWrittenTogether(needle: string): boolean {
  const [run, ...others] = runsOf(needle)
  if (run?.compound === undefined || others.length > 0) return false
  return run.tokens[0]?.start === 0 && run.tokens.at(-1)?.end === needle.length
}

const plain = (text: string): string => fold(text).replace(/\s+/g, ' ')

/** Whether texts hold another as it is, case, accents and kinds of white space aside. RFC 9051 §6.4.4. */
export function containing(needle: string): (texts: readonly string[]) => boolean {
  const wanted = plain(needle)
  return (texts) => texts.some((text) => plain(text).includes(wanted))
}
