/** A run of text, or a link in it. */
export type Inline = { text: string; href?: string }

export type Block =
  | { kind: 'lines'; lines: Inline[][] }
  /** Lines whose columns are held by spaces; they need letters of one width. */
  | { kind: 'aligned'; lines: Inline[][] }
  | { kind: 'quote'; blocks: Block[]; lines: number; folded: boolean }
  | { kind: 'signature'; lines: Inline[][] }

/** Deeper quotes are shown at this depth. */
const deepestQuote = 8
/** A quote of more lines than this is folded; so is one that ends the letter. */
const longestOpenQuote = 8
const mostLines = 20_000

/**
 * Turns the text of a plain letter into blocks: paragraphs, quotes (lines that begin with ">"; RFC 3676 §4.5), and
 * the signature after "-- " (§4.3). Takes time linear in the text.
 */
export function parsePlain(text: string): Block[] {
  const lines = text.replace(/\r\n?/g, '\n').trimEnd().split('\n', mostLines)
  const signature = lines.lastIndexOf('-- ')
  const body = signature < 0 ? lines : lines.slice(0, signature)
  const blocks = blocksOf(body, 0)
  foldQuotes(blocks)
  const signed = signature < 0 ? [] : trimLines(lines.slice(signature + 1))
  if (signed.length > 0) blocks.push({ kind: 'signature', lines: signed.map(inlines) })
  return blocks
}

function blocksOf(lines: string[], depth: number): Block[] {
  const blocks: Block[] = []
  let at = 0
  while (at < lines.length) {
    const quoted = depth < deepestQuote && isQuoted(lines[at])
    const from = at
    while (at < lines.length && (depth < deepestQuote && isQuoted(lines[at])) === quoted) at++
    const run = lines.slice(from, at)
    if (quoted) blocks.push(quoteOf(run, depth))
    else blocks.push(...paragraphs(run))
  }
  return blocks
}

function quoteOf(lines: string[], depth: number): Block {
  const inner = lines.map((line) => line.slice(1).replace(/^ /, ''))
  return { kind: 'quote', blocks: blocksOf(inner, depth + 1), lines: lines.length, folded: false }
}

function isQuoted(line: string | undefined): boolean {
  return line !== undefined && line.startsWith('>')
}

function paragraphs(lines: string[]): Block[] {
  const blocks: Block[] = []
  let paragraph: string[] = []
  const end = () => {
    if (paragraph.length === 0) return
    if (isAligned(paragraph)) blocks.push({ kind: 'aligned', lines: paragraph.map(inlines) })
    else blocks.push({ kind: 'lines', lines: unwrap(paragraph).map(inlines) })
    paragraph = []
  }
  for (const line of lines) {
    if (line.trim() === '') end()
    else paragraph.push(line.replaceAll('\t', '    ').trimEnd())
  }
  end()
  return blocks
}

/** Programs that break lines do so at a width between these; only what cannot be broken is longer. */
const leastWidth = 60
const greatestWidth = 78

/**
 * Joins lines that a program broke: those that end where the first word of the next would not have fitted into the
 * width of the paragraph. Lines that a person ended stay, and so do lists.
 */
function unwrap(lines: string[]): string[] {
  const longest = lines.reduce((most, line) => Math.max(most, line.length), 0)
  if (longest < leastWidth) return lines
  const width = Math.min(longest, greatestWidth)
  const joined: string[] = []
  let before: string | undefined
  for (const line of lines) {
    const firstWord = line.split(' ', 1)[0] ?? ''
    const wrapped =
      before !== undefined && before.length + 1 + firstWord.length > width && !/^([-*•·+]|\d+[.)])? /.test(line)
    if (wrapped) joined.push(`${joined.pop()} ${line}`)
    else joined.push(line)
    before = line
  }
  return joined
}

function trimLines(lines: string[]): string[] {
  const first = lines.findIndex((line) => line.trim() !== '')
  return first < 0 ? [] : lines.slice(first)
}

/** At least two lines with a gap of three spaces inside, or a line of drawing characters. */
function isAligned(lines: string[]): boolean {
  return lines.filter((line) => /\S {3}/.test(line) || /^[ +|=_-]{8,}$/.test(line)).length >= 2
}

/** Quotes that end the letter are what the reader has seen already; long ones stand in the way. One alone is the letter. */
function foldQuotes(blocks: Block[]): void {
  if (blocks.length === 1) return
  for (const [at, block] of blocks.entries())
    if (block.kind === 'quote') block.folded = block.lines > longestOpenQuote || at === blocks.length - 1
}

const linkStart = /https?:\/\//gi
const linkEnd = /[\s<>"\u00ab\u00bb\u201c\u201d\u201e]/g

/** Longer addresses are shown as text. */
const longestLink = 2048

/** Finds the web addresses in a line. Each stretch without spaces is looked at once. */
export function inlines(line: string): Inline[] {
  const parts: Inline[] = []
  let done = 0
  linkStart.lastIndex = 0
  for (let match = linkStart.exec(line); match; match = linkStart.exec(line)) {
    linkEnd.lastIndex = match.index
    const end = linkEnd.exec(line)?.index ?? line.length
    linkStart.lastIndex = end
    if (end - match.index > longestLink) continue
    const text = withoutPunctuation(line.slice(match.index, end))
    const href = webAddress(text)
    if (!href) continue
    if (match.index > done) parts.push({ text: line.slice(done, match.index) })
    parts.push({ text, href })
    done = match.index + text.length
  }
  if (done < line.length || parts.length === 0) parts.push({ text: line.slice(done) })
  return parts
}

const closers: Record<string, string> = { ')': '(', ']': '[' }

/** What ends the sentence does not belong to the address, nor does a bracket that was opened before it. */
function withoutPunctuation(text: string): string {
  let end = text.length
  for (; end > 0; end--) {
    const last = text[end - 1] ?? ''
    const opener = closers[last]
    if (opener !== undefined ? text.includes(opener) : !".,;:!?'*_".includes(last)) break
  }
  return text.slice(0, end)
}

/** The address as the browser understands it, if it is one of the web. */
export function webAddress(text: string): string | undefined {
  try {
    const url = new URL(text)
    return (url.protocol === 'https:' || url.protocol === 'http:') && url.hostname !== '' ? url.href : undefined
  } catch {
    return undefined
  }
}
