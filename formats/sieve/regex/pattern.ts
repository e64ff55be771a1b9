/** A regular expression that is malformed, too big, or whose match takes too long. The sentence quotes nothing of it. */
export class RegexError extends Error {
  override name = 'RegexError'
}

/** What one character may be. */
export type CharacterTest = (code: number) => boolean

export type Pattern =
  | { kind: 'character'; test: CharacterTest }
  | { kind: 'begin' | 'end' }
  | { kind: 'sequence'; parts: Pattern[] }
  | { kind: 'choice'; parts: Pattern[] }
  | { kind: 'group'; number: number; part: Pattern }
  | { kind: 'repeat'; part: Pattern; least: number; most: number }

/** UTF-16 units of a pattern. */
const LONGEST_PATTERN = 4096

const DEEPEST = 50

/** RE_DUP_MAX of POSIX. */
const MOST_REPEATS = 255

/** Match variables that can be referred to: RFC 5229 §6 wants nine. */
export const MOST_GROUPS = 99

/**
 * What a backslash may stand before: characters that have a meaning of their own, and others for which nobody has given it one. Some
 * libraries find back references, word boundaries and classes behind it, which draft-ietf-sieve-regex §6 leaves out.
 */
const ESCAPED = /^[$()*+.?[\\\]^{|}!"#%&,\-/:;=@_~ ]$/

/** POSIX.1 §9.3.5, for Unicode. */
const CLASSES: Readonly<Record<string, RegExp>> = {
  alnum: /[\p{L}\p{M}\p{Nd}]/u,
  alpha: /[\p{L}\p{M}]/u,
  blank: /[ \t]/,
  cntrl: /\p{Cc}/u,
  digit: /[0-9]/,
  graph: /[^\s\p{C}]/u,
  lower: /\p{Ll}/u,
  print: /[^\p{C}\p{Zl}\p{Zp}]/u,
  punct: /[\p{P}\p{S}]/u,
  space: /\s/,
  upper: /\p{Lu}/u,
  xdigit: /[0-9A-Fa-f]/,
}

/**
 * Reads an extended regular expression (POSIX.1 §9.4, as draft-ietf-sieve-regex wants it; no back references, no word boundaries).
 * @param isCaseless  whether ASCII letters of both cases are the same, as for i;ascii-casemap
 * @throws RegexError
 */
export function parsePattern(text: string, isCaseless: boolean): { pattern: Pattern; groups: number } {
  if (text.length > LONGEST_PATTERN) throw new RegexError('it is too long')
  const characters = [...text]
  let at = 0
  let groups = 0

  const character = (test: CharacterTest): Pattern => ({
    kind: 'character',
    test: isCaseless ? (code) => test(code) || test(otherCase(code)) : test,
  })
  const literal = (text: string): Pattern => {
    const wanted = text.codePointAt(0)!
    return character((code) => code === wanted)
  }

  const choice = (depth: number): Pattern => {
    if (depth > DEEPEST) throw new RegexError('its parentheses are nested too deep')
    const parts = [sequence(depth)]
    while (characters[at] === '|') {
      at++
      parts.push(sequence(depth))
    }
    return parts.length === 1 ? parts[0]! : { kind: 'choice', parts }
  }

  const sequence = (depth: number): Pattern => {
    const parts: Pattern[] = []
    while (at < characters.length && characters[at] !== '|' && characters[at] !== ')') parts.push(repeated(depth))
    return parts.length === 1 ? parts[0]! : { kind: 'sequence', parts }
  }

  const repeated = (depth: number): Pattern => {
    let part = atom(depth)
    let stacked = 0
    for (let range = repeats(); range !== undefined; range = repeats()) {
      if (part.kind === 'begin' || part.kind === 'end') throw new RegexError('it repeats “^” or “$”')
      if (++stacked > DEEPEST) throw new RegexError('it repeats repetitions too often')
      part = { kind: 'repeat', part, least: range[0], most: range[1] }
    }
    return part
  }

  /** How often what came before may come: both ends included. */
  const repeats = (): [number, number] | undefined => {
    const sign = characters[at]
    if (sign === '*' || sign === '+' || sign === '?') {
      at++
      return sign === '*' ? [0, Infinity] : sign === '+' ? [1, Infinity] : [0, 1]
    }
    if (sign !== '{') return undefined
    const end = characters.indexOf('}', at)
    const range = end === -1 ? null : /^(\d{1,5})(?:(,)(\d{0,5}))?$/.exec(characters.slice(at + 1, end).join(''))
    if (range === null) throw new RegexError('“{” begins no number of repetitions')
    const least = Number(range[1])
    const most = range[2] === undefined ? least : range[3] === '' ? Infinity : Number(range[3])
    if (least > most) throw new RegexError('the numbers within “{}” stand in the wrong order')
    if (least > MOST_REPEATS || (most !== Infinity && most > MOST_REPEATS))
      throw new RegexError(`it repeats something more than ${MOST_REPEATS} times`)
    at = end + 1
    return [least, most]
  }

  const atom = (depth: number): Pattern => {
    const sign = characters[at++]!
    if (sign === '^') return { kind: 'begin' }
    if (sign === '$') return { kind: 'end' }
    if (sign === '.') return { kind: 'character', test: () => true }
    if (sign === '[') return character(bracket())
    if (sign === '(') {
      if (++groups > MOST_GROUPS) throw new RegexError(`it has more than ${MOST_GROUPS} groups`)
      const number = groups
      const part = choice(depth + 1)
      if (characters[at++] !== ')') throw new RegexError('“)” is missing')
      return { kind: 'group', number, part }
    }
    if (sign === '\\') {
      const escaped = characters[at++]
      if (escaped === undefined) throw new RegexError('it ends with a backslash')
      if (!ESCAPED.test(escaped))
        throw new RegexError('a backslash stands before something that has no meaning with it')
      return literal(escaped)
    }
    if ('*+?{'.includes(sign)) throw new RegexError(`there is nothing before “${sign}” that could be repeated`)
    return literal(sign)
  }

  /** What stands between brackets. A backslash means itself there (POSIX.1 §9.3.5). */
  const bracket = (): CharacterTest => {
    const isOther = characters[at] === '^'
    if (isOther) at++
    const tests: CharacterTest[] = []
    for (let isFirst = true; isFirst || characters[at] !== ']'; isFirst = false) {
      const from = bracketItem()
      if (typeof from === 'function') {
        tests.push(from)
        continue
      }
      if (characters[at] !== '-' || characters[at + 1] === ']' || characters[at + 1] === undefined) {
        tests.push((code) => code === from)
        continue
      }
      at++
      const to = bracketItem()
      if (typeof to === 'function') throw new RegexError('a range within brackets has a class as its end')
      if (to < from) throw new RegexError('the ends of a range within brackets stand in the wrong order')
      tests.push((code) => code >= from && code <= to)
    }
    at++
    if (!isOther) return (code) => tests.some((test) => test(code))
    // Both cases are looked at before the sense is turned around, or else every letter would be another.
    const isOne: CharacterTest = (code) => tests.some((test) => test(code))
    if (!isCaseless) return (code) => !isOne(code)
    return (code) => !isOne(code) && !isOne(otherCase(code))
  }

  /** A code point, or a class. */
  const bracketItem = (): number | CharacterTest => {
    const sign = characters[at]
    if (sign === undefined) throw new RegexError('“]” is missing')
    const kind = sign === '[' ? characters[at + 1] : undefined
    if (kind !== ':' && kind !== '.' && kind !== '=') {
      at++
      return sign.codePointAt(0)!
    }
    let end = at + 2
    while (end < characters.length && !(characters[end] === kind && characters[end + 1] === ']')) end++
    if (end >= characters.length) throw new RegexError(`“${kind}]” is missing`)
    const inner = characters.slice(at + 2, end)
    at = end + 2
    if (kind === ':') {
      const name = inner.join('')
      const members = Object.hasOwn(CLASSES, name) ? CLASSES[name]! : undefined
      if (members === undefined) throw new RegexError('it names a class of characters that there is not')
      return (code) => members.test(String.fromCodePoint(code))
    }
    // Without a locale each character is collated, and equivalent, by itself.
    if (inner.length !== 1) throw new RegexError(`between “[${kind}” and “${kind}]” one character is expected`)
    return inner[0]!.codePointAt(0)!
  }

  const pattern = choice(0)
  if (at < characters.length) throw new RegexError('there is a “)” too many')
  return { pattern, groups }
}

/** The other case of an ASCII letter; all else is itself. */
function otherCase(code: number): number {
  const upper = code & ~0x20
  return upper >= 0x41 && upper <= 0x5a && code < 0x80 ? code ^ 0x20 : code
}
