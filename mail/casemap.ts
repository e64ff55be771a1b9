const ASCII = /^[\x00-\x7f]*$/

/** Text by which to order and compare: i;unicode-casemap, RFC 5051. Case and compatibility forms aside. */
export const casemap = (text: string): string =>
  ASCII.test(text) ? text.toUpperCase() : Array.from(text, titlecase).join('').normalize('NFKD')

/** Letters of two letters, which have a form for titles between the two others: the first of each three. */
const DIGRAPHS = [0x1c4, 0x1c7, 0x1ca, 0x1f1]

/** Simple_Titlecase_Mapping of Unicode: one character for one, so that "\u00df" stays. */
function titlecase(character: string): string {
  const code = character.codePointAt(0) as number
  const digraph = DIGRAPHS.find((first) => code >= first && code < first + 3)
  if (digraph !== undefined) return String.fromCodePoint(digraph + 1)
  // Georgian has capitals, and writes no titles with them.
  if (code >= 0x10d0 && code <= 0x10ff) return character
  const upper = character.toUpperCase()
  if ([...upper].length === 1) return upper
  return GREEK.get(code) ?? character
}

/** Small Greek letters with an iota below, whose capitals have it beside them: U+1F80 to U+1FF3. */
const GREEK: ReadonlyMap<number, string> = new Map([
  ...[0x1f80, 0x1f90, 0x1fa0].flatMap((first) =>
    Array.from({ length: 8 }, (_, at): [number, string] => [first + at, String.fromCodePoint(first + at + 8)]),
  ),
  ...[0x1fb3, 0x1fc3, 0x1ff3].map((code): [number, string] => [code, String.fromCodePoint(code + 9)]),
])

/** Compares what casemap gives, as RFC 5051 §2 does: by code points, where JavaScript goes by halves of them. */
export function byCodePoint(a: string, b: string): number {
  for (let at = 0; at < a.length && at < b.length; at++) {
    const [one, other] = [a.charCodeAt(at), b.charCodeAt(at)]
    if (one !== other) return rank(one) - rank(other)
  }
  return a.length - b.length
}

/** Surrogates stand for what lies above U+FFFF. */
const rank = (unit: number): number => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800)
