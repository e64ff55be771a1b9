import { signatureClass } from './styles.ts'

/** Elements that begin a line of their own, and those with an empty line around them. */
const blocks = new Set(
  'address article aside blockquote div dl dt dd figure figcaption footer header li main nav ol pre section table tr ul'.split(
    ' ',
  ),
)
const spaced = new Set('p h1 h2 h3 h4 h5 h6 ul ol pre table blockquote figure'.split(' '))
const deepest = 60

/**
 * The plain text of cleaned HTML, for readers without HTML: paragraphs, lists with their signs, quotes with "> ", links
 * with their addresses. Deep nesting is flattened.
 */
export function toText(root: Node): string {
  const text = new Lines()
  for (const child of root.childNodes) visit(child, text, { depth: 0, pre: false })
  return text.toString()
}

interface Where {
  depth: number
  /** White space stands as it is. */
  pre: boolean
}

function visit(node: Node, text: Lines, where: Where): void {
  if (node.nodeType === Node.TEXT_NODE) {
    text.add((node.nodeValue ?? '').replace(/\u200b/g, ''), where.pre)
    return
  }
  if (node.nodeType !== Node.ELEMENT_NODE || where.depth > deepest) return
  const element = node as Element
  const name = element.localName
  const inside = { depth: where.depth + 1, pre: where.pre || name === 'pre' }
  const children = () => {
    for (const child of element.childNodes) visit(child, text, inside)
  }
  if (name === 'br') return text.lineEnd()
  if (name === 'img') return text.add(picture(element), false)
  if (name === 'hr') return text.block(() => text.add('-'.repeat(40), true), true)
  if (name === 'a') return link(element, text, children)
  if (name === 'td' || name === 'th') {
    if (element.previousElementSibling) text.add('  ', true)
    return children()
  }
  if (element.classList.contains(signatureClass)) {
    // RFC 3676 §4.3: the line is "-- ", with its space.
    return text.block(() => {
      text.add('-- ', true)
      text.lineEnd()
      children()
    }, true)
  }
  if (name === 'blockquote') return text.within('> ', '> ', children, true)
  if (name === 'li') {
    const sign = signOf(element)
    return text.within(sign, ' '.repeat(sign.length), children, false)
  }
  if (blocks.has(name) || spaced.has(name)) {
    const nested = name === 'ul' || name === 'ol' ? element.closest('li') !== null : false
    return text.block(children, spaced.has(name) && !nested)
  }
  children()
}

function picture(element: Element): string {
  const alt = element.getAttribute('alt')?.trim()
  return alt ? `[${alt}]` : ''
}

function link(element: Element, text: Lines, children: () => void): void {
  children()
  const href = element.getAttribute('href') ?? ''
  const words = (element.textContent ?? '').trim()
  const plain = (address: string) => address.replace(/^(?:mailto:|tel:|https?:\/\/)/i, '').replace(/\/$/, '')
  if (href !== '' && words !== '' && plain(words) !== plain(href)) text.add(` <${href.replace(/^mailto:/i, '')}>`, true)
}

function signOf(item: Element): string {
  const list = item.parentElement
  if (list?.localName !== 'ol') return '- '
  const first = Number.parseInt(list.getAttribute('start') ?? '1', 10)
  const before = [...list.children].indexOf(item)
  return `${(Number.isFinite(first) ? first : 1) + before}. `
}

/** Gathers lines; what stands before each of them depends on where it is. */
class Lines {
  readonly #lines: string[] = []
  #line: string | undefined
  #gap = false
  /** What every line begins with, and what the next one begins with instead. */
  #margin = ''
  #sign: string | undefined

  add(text: string, asItIs: boolean): void {
    if (asItIs) {
      const [first = '', ...rest] = text.split('\n')
      this.#put(first)
      for (const line of rest) {
        this.lineEnd()
        this.#put(line)
      }
      return
    }
    const joined = text.replace(/[ \t\n\r\f]+/g, ' ')
    const begins = this.#line === undefined || this.#line.endsWith(' ')
    this.#put(begins ? joined.replace(/^ /, '') : joined)
  }

  #put(text: string): void {
    if (text === '' && this.#line === undefined) return
    if (this.#line === undefined) this.#begin()
    this.#line = `${this.#line ?? ''}${text.replaceAll('\u00a0', ' ')}`
  }

  #begin(): void {
    if (this.#gap && this.#lines.length > 0) this.#lines.push(this.#margin.trimEnd())
    this.#gap = false
    this.#line = ''
  }

  /** Ends the line, empty or not. */
  lineEnd(): void {
    if (this.#line === undefined) this.#begin()
    this.#close()
  }

  #close(): void {
    if (this.#line === undefined) return
    const before = this.#sign ?? this.#margin
    this.#sign = undefined
    this.#lines.push(this.#line === '-- ' ? `${before}-- ` : `${before}${this.#line.trimEnd()}`.trimEnd())
    this.#line = undefined
  }

  /** Runs `inside` on lines of its own. */
  block(inside: () => void, spaced: boolean): void {
    this.#close()
    if (spaced) this.#gap = true
    inside()
    this.#close()
    if (spaced) this.#gap = true
  }

  /** Runs `inside` behind a sign on its first line and a margin on the others. */
  within(sign: string, margin: string, inside: () => void, spaced: boolean): void {
    this.#close()
    if (spaced) this.#gap = true
    // The empty line before belongs to what is outside.
    if (this.#gap && this.#lines.length > 0) this.#lines.push(this.#margin.trimEnd())
    this.#gap = false
    const outer = this.#margin
    this.#sign = `${this.#sign ?? outer}${sign}`
    this.#margin = `${outer}${margin}`
    const from = this.#lines.length
    inside()
    this.#close()
    if (this.#lines.length === from) this.#lines.push((this.#sign ?? '').trimEnd())
    this.#sign = undefined
    this.#margin = outer
    this.#gap = spaced
  }

  toString(): string {
    this.#close()
    return this.#lines
      .join('\n')
      .replace(/\n{4,}/g, '\n\n\n')
      .trim()
  }
}
