import { stripComments } from './comments.ts'

const MAX_IDS = 10_000

/**
 * The message identifiers in a field such as References (RFC 5322 §3.6.4), without angle brackets, comments and white
 * space. Words around them are passed over, as old In-Reply-To fields have them ("Your message of ... <id>"). Without any
 * bracket, words that hold an "@" are taken.
 * @returns null when there is none
 */
export function parseMessageIds(text: string): string[] | null {
  const ids = text.includes('<') ? bracketed(text) : bareIds(stripComments(text))
  return ids.length > 0 ? ids.slice(0, MAX_IDS) : null
}

/** The addresses in a field of RFC 2369 (List-Unsubscribe and its kin), without angle brackets; null when there is none. */
export function parseUrls(text: string): string[] | null {
  const urls = bracketed(text)
  return urls.length > 0 ? urls.slice(0, MAX_IDS) : null
}

const bareIds = (text: string): string[] => text.split(/[\s,;]+/).filter((word) => word.includes('@'))

/** What stands in angle brackets, white space and the comments that come with it removed; empty brackets are left out. */
function bracketed(text: string): string[] {
  const found: string[] = []
  for (const [, content] of text.matchAll(/<([^<>]*)>/g)) {
    // Parentheses without white space belong to the identifier: programs make such, and comments are long out of use.
    const id = /\s/.test(content!) ? stripComments(content!).replace(/\s+/g, '') : content!
    if (id !== '') found.push(id)
  }
  return found
}
