/** RFC 4790 §9.1 to §9.3. */
export type Comparator = 'i;octet' | 'i;ascii-casemap' | 'i;ascii-numeric'

/**
 * Which of two texts comes first: below, equal or above 0. Octets are those of UTF-8, whose order is that of code points.
 * Of numbers the leading digits count, and what has none is above all that have (RFC 4790 §9.1).
 */
export function compare(comparator: Comparator, a: string, b: string): number {
  if (comparator === 'i;ascii-numeric') return compareNumbers(a, b)
  if (comparator === 'i;octet') return compareOctets(a, b)
  return compareOctets(fold(a), fold(b))
}

export function isEqual(comparator: Comparator, a: string, b: string): boolean {
  return compare(comparator, a, b) === 0
}

/** Whether `key` stands within `value`. Numbers have no parts (RFC 4790 §9.1.1): with their comparator nothing is contained. */
export function contains(comparator: Comparator, value: string, key: string): boolean {
  if (comparator === 'i;ascii-numeric') return false
  return comparator === 'i;octet' ? value.includes(key) : fold(value).includes(fold(key))
}

/** A part of a pattern between two "*": a text, where `undefined` is any one character. */
type Piece = (string | undefined)[]

/**
 * Matches the whole of `value` against a pattern with "*" and "?" and, before them, "\" (RFC 5228 §2.7.1). "?" is a character, where
 * the RFC has an octet: nobody means half of an umlaut. Takes time by the product of both lengths at most.
 * @returns what each wildcard stands for, as little as possible from the left (RFC 5229 §3.2); undefined when it does not match
 */
export function matches(comparator: Comparator, value: string, pattern: string): string[] | undefined {
  if (comparator === 'i;ascii-numeric') return undefined
  const original = charactersOf(value)
  const isCaseless = comparator === 'i;ascii-casemap'
  const characters = isCaseless ? charactersOf(fold(value)) : original
  const pieces = piecesOf(isCaseless ? fold(pattern) : pattern)
  const texts: string[] = []
  let at = 0
  for (const [index, piece] of pieces.entries()) {
    // The first piece stands at the beginning, the last at the end; those between as early as they can.
    const isBetween = index > 0 && index < pieces.length - 1
    const end = characters.length - piece.length
    const start = isBetween ? find(characters, piece, at) : index === 0 ? 0 : end
    if (start < at || start > end || !isAt(characters, start, piece)) return undefined
    if (index > 0) texts.push(textOf(original.slice(at, start)))
    for (const [offset, wanted] of piece.entries()) if (wanted === undefined) texts.push(original[start + offset]!)
    at = start + piece.length
  }
  return at === characters.length ? texts : undefined
}

/** Characters by their index: the text itself where each of them is one unit. */
type Characters = string | readonly string[]

function charactersOf(text: string): Characters {
  return /[\ud800-\udfff]/.test(text) ? [...text] : text
}

function textOf(characters: Characters): string {
  return typeof characters === 'string' ? characters : characters.join('')
}

function piecesOf(pattern: string): Piece[] {
  const pieces: Piece[] = [[]]
  const characters = [...pattern]
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at]!
    if (character === '*') pieces.push([])
    else if (character === '?') pieces.at(-1)!.push(undefined)
    else pieces.at(-1)!.push(character === '\\' ? (characters[++at] ?? character) : character)
  }
  return pieces
}

/** @returns -1 when it is nowhere from `from` on */
function find(characters: Characters, piece: Piece, from: number): number {
  if (typeof characters === 'string' && !piece.includes(undefined)) return characters.indexOf(piece.join(''), from)
  const end = characters.length - piece.length
  for (let start = from; start <= end; start++) if (isAt(characters, start, piece)) return start
  return -1
}

function isAt(characters: Characters, start: number, piece: Piece): boolean {
  for (let offset = 0; offset < piece.length; offset++) {
    const wanted = piece[offset]
    if (wanted !== undefined && characters[start + offset] !== wanted) return false
  }
  return true
}

/** RFC 4790 §9.2.1: upper case, so that "_" stands behind letters. */
function fold(text: string): string {
  return text.replace(/[\0-\x7f]+/g, (ascii) => ascii.toUpperCase())
}

function compareOctets(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at++) {
    const [one, other] = [a.charCodeAt(at), b.charCodeAt(at)]
    if (one !== other) return rank(one) - rank(other)
  }
  return a.length - b.length
}

/** UTF-16 units in the order of code points: surrogates, which stand for what is above U+FFFF, after all others. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x1_0000 : unit
}

function compareNumbers(a: string, b: string): number {
  const [one, other] = [digitsOf(a), digitsOf(b)]
  if (one === undefined || other === undefined) return Number(one === undefined) - Number(other === undefined)
  return one.length - other.length || compareOctets(one, other)
}

function digitsOf(text: string): string | undefined {
  return /^0*(\d+)/.exec(text)?.[1]
}
