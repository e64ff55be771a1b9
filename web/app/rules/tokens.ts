/** A word of a script (RFC 5228 §8.1), with where it begins and ends in the text. Of a string `text` is its value. */
export interface Token {
  kind: 'word' | 'tag' | 'string' | 'number' | 'mark' | 'comment'
  text: string
  start: number
  end: number
}

const BLANK = /[ \t\r\n\uFEFF]+/y
const rows: readonly (readonly [Token['kind'], RegExp])[] = [
  ['comment', /#[^\n]*|\/\*[^]*?\*\//y],
  ['string', /"(?:[^"\\]|\\[^])*"/y],
  // RFC 5228 §2.4.2: a text of several lines, up to a line with a dot alone.
  ['string', /text:[ \t]*(?:#[^\n]*)?\r?\n(?:[^]*?\n)??\.(?:\r?\n|$)/iy],
  ['word', /[A-Za-z_]\w*/y],
  ['tag', /:[A-Za-z_]\w*/y],
  ['number', /\d+[KMG]?(?!\w)/iy],
  ['mark', /[[\](){},;]/y],
]

/** The tokens of a script; undefined for what is no Sieve. */
export function tokensOf(script: string): Token[] | undefined {
  const tokens: Token[] = []
  for (let at = 0; ;) {
    BLANK.lastIndex = at
    at += BLANK.exec(script)?.[0].length ?? 0
    if (at === script.length) return tokens
    const token = tokenAt(script, at)
    if (!token) return undefined
    tokens.push(token)
    at = token.end
  }
}

function tokenAt(script: string, start: number): Token | undefined {
  for (const [kind, pattern] of rows) {
    pattern.lastIndex = start
    const raw = pattern.exec(script)?.[0]
    if (raw !== undefined) return { kind, text: valueOf(kind, raw), start, end: start + raw.length }
  }
  return undefined
}

function valueOf(kind: Token['kind'], raw: string): string {
  if (kind !== 'string') return raw
  if (raw.startsWith('"')) return crlf(raw.slice(1, -1).replace(/\\([^])/g, '$1'))
  const body = raw.slice(raw.indexOf('\n') + 1).replace(/\.\r?\n?$/, '')
  return crlf(body.replace(/(^|\n)\.\./g, '$1.'))
}

/** RFC 5228 §8.1: lines within strings end with CRLF, however the script was stored. */
const crlf = (text: string): string => text.replace(/\r?\n/g, '\r\n')

/** Whether two runs of tokens say the same; of our own words none differs from another in its case alone. */
export const isSame = (a: readonly Token[], b: readonly Token[]): boolean =>
  a.length === b.length &&
  a.every(({ kind, text }, at) => kind === b[at]?.kind && text.toLowerCase() === b[at].text.toLowerCase())
