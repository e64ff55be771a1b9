/**
 * Takes the comments out of a structured field (RFC 5322 §3.2.2), nested to any depth, quoted strings left alone.
 * One that is never closed is taken for a plain parenthesis.
 * @param text  already unfolded
 */
export function stripComments(text: string): string {
  if (!text.includes('(')) return text
  let output = ''
  let kept = 0
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '\\') at++
    else if (character === '"') at = Math.max(at, quotedEnd(text, at))
    else if (character === '(') {
      const end = commentEnd(text, at)
      // When this one never ends, none that begins inside it can be trusted: the rest is plain text.
      if (end === -1) break
      output += `${text.slice(kept, at)} `
      at = end
      kept = end + 1
    }
  }
  return output + text.slice(kept)
}

/** Where the comment closes that opens at `start`; -1 when it does not. */
export function commentEnd(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const character = text[at]
    if (character === '\\') at++
    else if (character === '(') depth++
    else if (character === ')' && --depth === 0) return at
  }
  return -1
}

/** Where the quoted string closes that opens at `start`; -1 when it does not. */
export function quotedEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const character = text[at]
    if (character === '\\') at++
    else if (character === '"') return at
  }
  return -1
}

/** The text inside a quoted string or a comment: quoted pairs decoded (RFC 5322 §3.2.1). */
export const unescape = (text: string): string => (text.includes('\\') ? text.replace(/\\(.)/gs, '$1') : text)
