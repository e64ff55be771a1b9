import { decodeEntities } from './entities.ts'

export interface HtmlToTextOptions {
  /** Stop once this many characters have come together. */
  readonly limit?: number
  /** Put the text of alt and title attributes in, for search (RFC 8621 §4.4.1). */
  readonly withAttributes?: boolean
}

const words = (text: string): Set<string> => new Set(text.split(' '))

/** Elements whose content is not text of the page. Those that the parser reads as raw text come first (HTML §13.2.6.2). */
const RAW = words('script style title textarea xmp iframe noembed noframes')
const DROPPED = words('head template object svg math select datalist audio video canvas')
const IN_HEAD = words('head base link meta noscript script style template title')
const BLOCKS = words(
  'address article aside blockquote body br center dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 ' +
    'h6 header hr html li main nav ol p pre section summary table tbody tfoot thead tr ul',
)
const CELLS = words('td th option')
const VOID = words('area base br col embed hr img input link meta param source track wbr')
/** Elements that the next one of their kind closes. */
const SELF_CLOSING = words('p li td th tr dt dd option')

const HIDDEN_STYLE = /display\s{0,4}:\s{0,4}none|visibility\s{0,4}:\s{0,4}hidden|mso-hide\s{0,4}:\s{0,4}all/i
const MAX_ATTRIBUTES = 100

interface Tag {
  readonly name: string
  readonly isEnd: boolean
  readonly attributes: readonly (readonly [name: string, value: string])[]
  readonly end: number
}

/**
 * The visible text of an HTML page: tags, scripts, styles and hidden elements left out, references decoded, white space
 * collapsed, a line per block. No tree is built and no character is looked at twice, whatever the markup.
 */
export function htmlToText(
  html: string,
  { limit = Number.POSITIVE_INFINITY, withAttributes }: HtmlToTextOptions = {},
): string {
  const output = new Lines(limit)
  // The element whose end is waited for, and how many of its kind are open inside it.
  let dropped: { name: string; depth: number } | undefined
  for (let at = 0; at < html.length && !output.isFull;) {
    const open = html.indexOf('<', at)
    const end = open === -1 ? html.length : open
    if (!dropped) output.add(decodeEntities(html.slice(at, end)))
    if (open === -1) break
    const tag = readTag(html, open)
    if (typeof tag === 'number') {
      if (!dropped && tag === open + 1) output.add('<')
      at = tag
      continue
    }
    at = !tag.isEnd && RAW.has(tag.name) ? afterRaw(html, tag) : tag.end
    if (dropped) {
      dropped = afterTag(dropped, tag)
      if (dropped || tag.isEnd) continue
    }
    if (BLOCKS.has(tag.name)) output.break()
    else if (CELLS.has(tag.name)) output.add(' ')
    if (!tag.isEnd && !VOID.has(tag.name) && (DROPPED.has(tag.name) || isHidden(tag)))
      dropped = { name: tag.name, depth: 1 }
    else if (withAttributes) {
      for (const [name, value] of tag.attributes)
        if (name === 'alt' || name === 'title') output.add(` ${decodeEntities(value)} `)
    }
  }
  return output.text()
}

const SPACES = /[ \t\n\r\f\xa0]+/g
const INK = /[^ \t\n\r\f\xa0]/
const isSpace = (code: number): boolean => code === 32 || code === 160 || (code >= 9 && code <= 13 && code !== 11)

/** Gathers text, white space collapsed, no empty lines. */
class Lines {
  #pieces: string[] = []
  #length = 0
  #limit: number
  #pending = ''

  constructor(limit: number) {
    this.#limit = limit
  }

  get isFull(): boolean {
    return this.#length >= this.#limit
  }

  add(text: string): void {
    if (text === '') return
    const begins = isSpace(text.charCodeAt(0))
    const ends = isSpace(text.charCodeAt(text.length - 1))
    const collapsed = begins && !INK.test(text) ? '' : text.replace(SPACES, ' ')
    if (collapsed === '') {
      this.#pending ||= ' '
      return
    }
    const separator = this.#length === 0 ? '' : this.#pending || (begins ? ' ' : '')
    const piece = separator + collapsed.slice(begins ? 1 : 0, ends ? -1 : undefined)
    this.#pieces.push(piece)
    this.#length += piece.length
    this.#pending = ends ? ' ' : ''
  }

  break(): void {
    this.#pending = '\n'
  }

  text(): string {
    return this.#pieces.join('').slice(0, this.#limit)
  }
}

const isHidden = ({ attributes }: Tag): boolean =>
  attributes.some(([name, value]) => name === 'hidden' || (name === 'style' && HIDDEN_STYLE.test(value)))

/** What is still dropped after a tag inside it. */
function afterTag(dropped: { name: string; depth: number }, tag: Tag): { name: string; depth: number } | undefined {
  // A head ends where something begins that cannot stand in it.
  if (dropped.name === 'head' && !tag.isEnd) return IN_HEAD.has(tag.name) ? dropped : undefined
  if (tag.name !== dropped.name) return dropped
  const depth = tag.isEnd || SELF_CLOSING.has(tag.name) ? dropped.depth - 1 : dropped.depth + 1
  return depth === 0 ? undefined : { name: dropped.name, depth }
}

/** After the end tag of an element whose content is raw text; the end of the page when there is none. */
function afterRaw(html: string, { name, end }: Tag): number {
  const close = new RegExp(`</${name}(?=[\\s/>])`, 'gi')
  close.lastIndex = end
  return close.test(html) ? after(html, '>', close.lastIndex) : html.length
}

const NAME = /[a-zA-Z][^\s/>]*/y

/**
 * The tag that begins at `open`, or where to go on after what is no tag: a comment, a declaration, a lone "<".
 * What is not ended takes the rest of the page, as in a browser (HTML §13.2.5), so nothing is searched for twice.
 */
function readTag(html: string, open: number): Tag | number {
  // "<!-->" and "<!--->" are comments too.
  if (html.startsWith('<!--', open)) return html.startsWith('>', open + 4) ? open + 5 : after(html, '-->', open + 3)
  const next = html[open + 1]
  if (next === '!' || next === '?') return after(html, '>', open)
  const isEnd = next === '/'
  NAME.lastIndex = open + (isEnd ? 2 : 1)
  const name = NAME.exec(html)?.[0].slice(0, 32).toLowerCase()
  if (isEnd) {
    const end = after(html, '>', open)
    return name === undefined ? end : { name, isEnd, attributes: [], end }
  }
  return name === undefined ? open + 1 : readAttributes(html, NAME.lastIndex, name)
}

/** Behind the next `mark`; the end of the page when there is none. */
function after(html: string, mark: string, from: number): number {
  const found = html.indexOf(mark, from)
  return found === -1 ? html.length : found + mark.length
}

const ATTRIBUTE = /[\s/]*([^\s/>=]*)\s*(=\s*(?:"([^"]*)(?:"|$)|'([^']*)(?:'|$)|([^\s>]*)))?/y

function readAttributes(html: string, start: number, name: string): Tag {
  const attributes: [string, string][] = []
  let at = start
  while (at < html.length && html[at] !== '>') {
    ATTRIBUTE.lastIndex = at
    const found = ATTRIBUTE.exec(html)!
    const value = found[3] ?? found[4] ?? found[5] ?? ''
    if (found[1] !== '' && attributes.length < MAX_ATTRIBUTES)
      attributes.push([found[1]!.slice(0, 32).toLowerCase(), value])
    // A "=" without a name matches nothing: it is stepped over.
    at = Math.max(ATTRIBUTE.lastIndex, at + 1)
  }
  return { name, isEnd: false, attributes, end: Math.min(at + 1, html.length) }
}
