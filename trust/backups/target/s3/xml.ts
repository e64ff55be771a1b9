/** An element: its text, and the elements in it. One that holds elements has no text of its own. */
export interface Element {
  name: string
  text: string
  children: Element[]
}

const MOST_DEPTH = 8
const MOST_ELEMENTS = 50_000

/** Next of what an answer of a store is made of: a tag, or text before one. Attributes hold no `<` or `>` there. */
const TOKEN = /<(\/?)([A-Za-z][\w:.-]{0,63})(?:\s[^<>]*?)?(\/?)>|([^<]+)/y
const DECLARATION = /^\uFEFF?\s*(?:<\?xml\s[^<>?]{0,200}\?>)?\s*/

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/**
 * Reads the XML in which stores answer: elements and text. No document type, no entity beyond the five, no comment, no
 * processing instruction; the caller bounds the size.
 * @returns undefined for anything else, and for what is not whole
 */
export function readXml(text: string): Element | undefined {
  const top: Element = { name: '', text: '', children: [] }
  const open = [top]
  let elements = 0
  TOKEN.lastIndex = (DECLARATION.exec(text) as RegExpExecArray)[0].length
  while (TOKEN.lastIndex < text.length) {
    const [, end, name, empty, words] = TOKEN.exec(text) ?? []
    const inner = open.at(-1) as Element
    if (words !== undefined) {
      const plain = unescape(words)
      if (plain === undefined || (inner === top && plain.trim() !== '')) return undefined
      inner.text += plain
    } else if (name === undefined) return undefined
    else if (end === '/') {
      if (open.length === 1 || inner.name !== name || empty === '/') return undefined
      open.pop()
    } else {
      if (++elements > MOST_ELEMENTS || open.length > MOST_DEPTH) return undefined
      const element: Element = { name, text: '', children: [] }
      inner.children.push(element)
      if (empty !== '/') open.push(element)
    }
  }
  return open.length === 1 && top.children.length === 1 ? top.children[0] : undefined
}

const ENTITY = /&(?:(\w{2,4});|#(\d{1,7});|#x([\da-fA-F]{1,6});)?/g

function unescape(words: string): string | undefined {
  let isKnown = true
  const plain = words.replace(ENTITY, (_all, name?: string, decimal?: string, hex?: string) => {
    const number = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal)
    const found = name === undefined ? character(number) : Object.hasOwn(ENTITIES, name) ? ENTITIES[name] : undefined
    isKnown &&= found !== undefined
    return found ?? ''
  })
  return isKnown ? plain : undefined
}

const character = (number: number): string | undefined =>
  number > 0 && number <= 0x10_ff_ff ? String.fromCodePoint(number) : undefined

/** Elements of a name that stand directly in another. */
export const inside = ({ children }: Element, name: string): Element[] =>
  children.filter((child) => child.name === name)

/** The text of the first such element; '' when there is none. */
export const textOf = (element: Element, name: string): string => inside(element, name)[0]?.text ?? ''
