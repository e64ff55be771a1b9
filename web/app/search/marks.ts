/** A run of text, and whether the search found it. */
export interface Piece {
  text: string
  hit: boolean
}

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", '#x27': "'" }

/** A snippet (RFC 8621 §5: escaped text with <mark> around what was found) as runs of plain text. */
export function piecesOf(snippet: string): Piece[] {
  return snippet
    .split(/(<mark>.*?<\/mark>)/s)
    .map((part) => {
      const hit = part.startsWith('<mark>') && part.endsWith('</mark>')
      const text = (hit ? part.slice(6, -7) : part).replace(
        /&(amp|lt|gt|quot|#39|#x27);/g,
        (whole, name: string) => entities[name] ?? whole,
      )
      return { text, hit }
    })
    .filter(({ text }) => text !== '')
}

/** Leaves of what stands before the first hit only the last words, so that a narrow row still shows the hit. */
export function shorten(pieces: readonly Piece[], most: number): Piece[] {
  const [lead, ...rest] = pieces
  if (!lead || lead.hit || rest.length === 0 || lead.text.length <= most) return [...pieces]
  const end = lead.text.slice(-most)
  return [{ text: `… ${end.slice(end.search(/\s/) + 1)}`, hit: false }, ...rest]
}

/** Letters that folding takes apart but people write out: "Müller" is also "Mueller". */
const written: Record<string, string> = { ä: 'ae', ö: 'oe', ü: 'ue', å: 'aa' }

/** A word without case and accents, and as it is written where there are none. */
function forms(word: string): string[] {
  const lower = word.toLowerCase().replaceAll('ß', 'ss').replaceAll('æ', 'ae').replaceAll('œ', 'oe')
  const bare = lower.normalize('NFKD').replace(/\p{M}/gu, '')
  const out = lower.normalize('NFC').replace(/[äöüå]/g, (letter) => written[letter] ?? letter)
  return bare === out ? [bare] : [bare, out]
}

/** The words that a search found, ready to be looked for in a text. */
export function wordSet(words: readonly string[]): ReadonlySet<string> {
  return new Set(words.flatMap(forms))
}

/** Where words of the set stand in a text: begin and end of each. Takes time linear in the text. */
export function hitsIn(text: string, words: ReadonlySet<string>): [begin: number, end: number][] {
  const hits: [number, number][] = []
  for (const match of text.matchAll(/[\p{L}\p{N}\p{M}_'’]+/gu)) {
    const word = match[0].replace(/^['’_]+|['’_]+$/g, '')
    if (word === '' || !forms(word).some((form) => words.has(form))) continue
    const begin = match.index + match[0].indexOf(word)
    hits.push([begin, begin + word.length])
  }
  return hits
}
