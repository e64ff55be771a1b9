import { decode } from './decode.ts'
import { LOCAL_NAME, NO_CHARACTER, XML_NAMESPACE, XMLNS_NAMESPACE } from './names.ts'
import type { XmlAttribute, XmlElement } from './tree.ts'

/** What a document may have. What has more is refused before it is built. */
export interface XmlLimits {
  /** Of the document as it comes. */
  bytes: number
  /** Elements within one another. */
  depth: number
  elements: number
  /** Of one element, declarations of namespaces among them. */
  attributes: number
  /** Of one text or one value, in UTF-16 units. */
  text: number
}

const LIMITS: XmlLimits = { bytes: 1024 * 1024, depth: 32, elements: 20_000, attributes: 32, text: 256 * 1024 }

/** Of a name with its prefix. */
const MOST_NAME = 256

/** Prefixes that are known at one place. */
const MOST_PREFIXES = 64

/** Where a document is not what it should be, and why. The sentence quotes nothing of it. */
export class XmlError extends Error {
  override name = 'XmlError'
  /** From 1; of a document that is refused as a whole, both 1. Columns count UTF-16 units. */
  readonly line: number
  readonly column: number
  constructor(reason: string, line = 1, column = 1) {
    super(`${reason} (line ${line}, column ${column})`)
    this.line = line
    this.column = column
  }
}

const NAME = new RegExp(`(?:(${LOCAL_NAME}):)?(${LOCAL_NAME})`, 'uy')
const SPACE = /[ \t\n]*/y
const DECLARATION =
  /^<\?xml[ \t\n]+version[ \t\n]*=[ \t\n]*(?:"1\.\d+"|'1\.\d+')(?:[ \t\n]+encoding[ \t\n]*=[ \t\n]*(?:"[\w.-]+"|'[\w.-]+'))?(?:[ \t\n]+standalone[ \t\n]*=[ \t\n]*(?:"(?:yes|no)"|'(?:yes|no)'))?[ \t\n]*\?>/
const REFERENCE = /&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(\w{1,8}));/y
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', apos: "'", quot: '"' }

type Prefixes = ReadonlyMap<string, string>

/** An element that is not closed yet. */
interface Open {
  element: XmlElement
  /** As it was written, for its end. */
  tag: string
  prefixes: Prefixes
  /** Text that waits for more of it. */
  text: string
}

/**
 * Reads a document whole: XML 1.0, Namespaces in XML 1.0. A document type is refused, so that there are no entities but the five
 * of XML, nothing is multiplied and nothing is fetched. Comments and instructions are passed over.
 * @throws XmlError for what is not well-formed, is beyond the limits, or is in an encoding that is not read
 */
export function readXml(document: Uint8Array | string, given: Partial<XmlLimits> = {}): XmlElement {
  const limits = { ...LIMITS, ...given }
  if (document.length > limits.bytes) throw new XmlError('the document is too large')
  const decoded = typeof document === 'string' ? document : decode(document)
  if (decoded === undefined)
    throw new XmlError('the document is not in the encoding it says, or in one that is not read')
  // XML 1.0 §2.11.
  const text = decoded.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n')
  const stray = NO_CHARACTER.exec(text)
  if (stray !== null) throw errorAt(text, stray.index, 'a character that no document may have')
  return new Reader(text, limits).read()
}

function errorAt(text: string, at: number, reason: string): XmlError {
  const before = text.slice(0, at)
  const lineStart = before.lastIndexOf('\n') + 1
  return new XmlError(reason, before.split('\n').length, at - lineStart + 1)
}

class Reader {
  private at = 0
  private count = 0
  private readonly open: Open[] = []
  private root: XmlElement | undefined
  private readonly text: string
  private readonly limits: XmlLimits

  constructor(text: string, limits: XmlLimits) {
    this.text = text
    this.limits = limits
  }

  read(): XmlElement {
    const { text } = this
    this.at = DECLARATION.exec(text)?.[0].length ?? 0
    while (this.at < text.length) {
      if (text[this.at] !== '<') this.takeText()
      else if (text.startsWith('<!--', this.at)) this.skipComment()
      else if (text.startsWith('<![CDATA[', this.at)) this.takeCharacters()
      else if (text.startsWith('<!', this.at)) this.fail('a document type is not read')
      else if (text.startsWith('<?', this.at)) this.skipInstruction()
      else if (text.startsWith('</', this.at)) this.takeEnd()
      else this.takeStart()
    }
    if (this.open.length > 0) this.fail('an element is not closed')
    if (this.root === undefined) this.fail('there is no element')
    return this.root
  }

  private fail(reason: string, at = this.at): never {
    throw errorAt(this.text, at, reason)
  }

  /** @returns where `end` begins */
  private find(end: string, reason: string): number {
    const found = this.text.indexOf(end, this.at)
    return found === -1 ? this.fail(reason) : found
  }

  private takeText(): void {
    const next = this.text.indexOf('<', this.at)
    const end = next === -1 ? this.text.length : next
    const raw = this.text.slice(this.at, end)
    const within = this.open.at(-1)
    if (within === undefined) {
      if (/[^ \t\n]/.test(raw)) this.fail('text outside of the element')
    } else {
      // XML 1.0 §2.4.
      const bad = raw.indexOf(']]>')
      if (bad !== -1) this.fail('"]]>" within text', this.at + bad)
      this.append(within, this.resolved(raw))
    }
    this.at = end
  }

  private append(within: Open, more: string): void {
    if (within.text.length + more.length > this.limits.text) this.fail('a text is too long')
    within.text += more
  }

  private takeCharacters(): void {
    const within = this.open.at(-1)
    if (within === undefined) this.fail('text outside of the element')
    const end = this.find(']]>', 'a section of characters does not end')
    this.append(within, this.text.slice(this.at + '<![CDATA['.length, end))
    this.at = end + 3
  }

  private skipComment(): void {
    this.at += 4
    const end = this.find('--', 'a comment does not end')
    if (this.text[end + 2] !== '>') this.fail('"--" within a comment', end)
    this.at = end + 3
  }

  private skipInstruction(): void {
    const target = this.nameAt(this.at + 2)
    if (target.tag.toLowerCase() === 'xml') this.fail('a declaration that is malformed or not at the beginning')
    this.at = this.find('?>', 'an instruction does not end') + 2
  }

  private skipSpace(): boolean {
    SPACE.lastIndex = this.at
    const { length } = (SPACE.exec(this.text) as RegExpExecArray)[0]
    this.at += length
    return length > 0
  }

  private nameAt(at: number): { tag: string; prefix: string; local: string } {
    NAME.lastIndex = at
    const found = NAME.exec(this.text)
    if (found === null) return this.fail('a name is wanted', at)
    const [tag, prefix = '', local] = found as unknown as [string, string | undefined, string]
    if (tag.length > MOST_NAME) this.fail('a name is too long', at)
    return { tag, prefix, local }
  }

  private takeStart(): void {
    const beganAt = this.at
    const name = this.nameAt(this.at + 1)
    this.at += 1 + name.tag.length
    if (this.root !== undefined && this.open.length === 0) this.fail('a second element', beganAt)
    if (++this.count > this.limits.elements) this.fail('too many elements', beganAt)
    if (this.open.length >= this.limits.depth) this.fail('elements are nested too deep', beganAt)

    const written: { tag: string; prefix: string; local: string; value: string; at: number }[] = []
    for (;;) {
      const isApart = this.skipSpace()
      const next = this.text[this.at]
      if (next === '>' || next === '/') break
      if (!isApart) this.fail('a space is wanted')
      const at = this.at
      const attribute = this.nameAt(at)
      if (written.length >= this.limits.attributes) this.fail('too many attributes')
      this.at += attribute.tag.length
      written.push({ ...attribute, value: this.takeValue(), at })
    }
    const isEmpty = this.text[this.at] === '/'
    if (isEmpty && this.text[++this.at] !== '>') this.fail('">" is wanted')
    this.at++

    const prefixes = this.declared(written)
    const element: XmlElement = {
      name: name.local,
      namespace: this.namespaceOf(name.prefix, prefixes, beganAt),
      attributes: this.attributes(written, prefixes),
      children: [],
    }
    const parent = this.open.at(-1)
    if (parent === undefined) this.root = element
    else {
      flush(parent)
      parent.element.children.push(element)
    }
    if (!isEmpty) this.open.push({ element, tag: name.tag, prefixes, text: '' })
  }

  private takeValue(): string {
    this.skipSpace()
    if (this.text[this.at] !== '=') this.fail('"=" is wanted')
    this.at++
    this.skipSpace()
    const quote = this.text[this.at]
    if (quote !== '"' && quote !== "'") this.fail('a quote is wanted')
    this.at++
    const end = this.find(quote, 'a value does not end')
    const raw = this.text.slice(this.at, end)
    if (raw.length > this.limits.text) this.fail('a value is too long')
    const bad = raw.indexOf('<')
    if (bad !== -1) this.fail('"<" within a value', this.at + bad)
    // XML 1.0 §3.3.3: what is written as a reference stays.
    const value = this.resolved(raw.replace(/[\t\n]/g, ' '))
    this.at = end + 1
    return value
  }

  private takeEnd(): void {
    const within = this.open.at(-1)
    const { tag } = this.nameAt(this.at + 2)
    if (within === undefined || within.tag !== tag) this.fail('this closes no element that is open')
    this.at += 2 + tag.length
    this.skipSpace()
    if (this.text[this.at] !== '>') this.fail('">" is wanted')
    this.at++
    flush(within)
    this.open.pop()
  }

  /** The prefixes that are known in an element: those around it, and its own. Namespaces in XML §3, §6. */
  private declared(
    written: readonly { tag: string; prefix: string; local: string; value: string; at: number }[],
  ): Prefixes {
    const around = this.open.at(-1)?.prefixes ?? new Map([['xml', XML_NAMESPACE]])
    const own = written.filter(({ tag, prefix }) => prefix === 'xmlns' || tag === 'xmlns')
    if (own.length === 0) return around
    const all = new Map(around)
    for (const { tag, local, value, at } of own) {
      const prefix = tag === 'xmlns' ? '' : local
      const isReserved =
        prefix === 'xmlns' ||
        value === XMLNS_NAMESPACE ||
        (prefix === 'xml') !== (value === XML_NAMESPACE) ||
        (prefix !== '' && value === '')
      if (isReserved) this.fail('a namespace that cannot be declared so', at)
      all.set(prefix, value)
    }
    if (all.size > MOST_PREFIXES) this.fail('too many namespaces')
    return all
  }

  private namespaceOf(prefix: string, prefixes: Prefixes, at: number): string {
    if (prefix === 'xmlns') this.fail('a prefix that is reserved', at)
    const namespace = prefixes.get(prefix)
    if (namespace === undefined && prefix !== '') this.fail('a prefix that is not declared', at)
    return namespace ?? ''
  }

  private attributes(
    written: readonly { tag: string; prefix: string; local: string; value: string; at: number }[],
    prefixes: Prefixes,
  ): XmlAttribute[] {
    const seen = new Set<string>()
    const attributes: XmlAttribute[] = []
    for (const { tag, prefix, local, value, at } of written) {
      const isDeclaration = prefix === 'xmlns' || tag === 'xmlns'
      const namespace = isDeclaration ? XMLNS_NAMESPACE : prefix === '' ? '' : this.namespaceOf(prefix, prefixes, at)
      const key = `${namespace} ${local}`
      if (seen.has(key)) this.fail('an attribute comes twice', at)
      seen.add(key)
      if (!isDeclaration) attributes.push({ name: local, namespace, value })
    }
    return attributes
  }

  /** @param raw  what stands at `at`, before its references are resolved */
  private resolved(raw: string): string {
    let next = raw.indexOf('&')
    if (next === -1) return raw
    let text = ''
    let from = 0
    for (; next !== -1; next = raw.indexOf('&', from)) {
      REFERENCE.lastIndex = next
      const found = REFERENCE.exec(raw)
      const character = found === null ? undefined : characterOf(found)
      if (found === null || character === undefined) this.fail('a reference that is not known', this.at + next)
      text += raw.slice(from, next) + character
      from = next + found[0].length
    }
    return text + raw.slice(from)
  }
}

/** XML 1.0 §4.1, §4.6. */
function characterOf([, decimal, hex, name]: RegExpExecArray): string | undefined {
  if (name !== undefined) return Object.hasOwn(ENTITIES, name) ? ENTITIES[name] : undefined
  const code = decimal === undefined ? Number.parseInt(hex as string, 16) : Number(decimal)
  if (code > 0x10_ffff) return undefined
  const character = String.fromCodePoint(code)
  return NO_CHARACTER.test(character) ? undefined : character
}

function flush(within: Open): void {
  if (within.text !== '') within.element.children.push(within.text)
  within.text = ''
}
