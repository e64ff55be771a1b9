import { contentIdAttribute, hostAttribute, styleAttribute } from '../reading/frame.ts'
import { escapeHtml } from './quoted.ts'
import { elementStyles, quotedClass, signatureClass, styles } from './styles.ts'

const empty = new Set('br hr img col wbr'.split(' '))
/** Attributes that mean something to the editor or the reader's view alone. */
const ours = [contentIdAttribute, styleAttribute, hostAttribute, 'class', 'contenteditable', 'tabindex', 'title']
const keptClasses = [signatureClass, quotedClass]
/** Signs that editors put in to keep a place. */
const placeholders = /\u200b/g

/**
 * The HTML of cleaned content as it is sent: our classes become styles, pictures are named by their Content-ID, and
 * nothing is left that only the editor needs. What is given must be clean; nothing is judged here.
 */
export function writeMarkup(root: Node): string {
  const written: string[] = []
  for (const node of root.childNodes) write(node, written)
  return written.join('')
}

function write(node: Node, written: string[]): void {
  if (node instanceof Text || node.nodeType === Node.TEXT_NODE) {
    written.push(escapeHtml((node.nodeValue ?? '').replace(placeholders, '')).replaceAll('\u00a0', '&nbsp;'))
    return
  }
  if (node.nodeType !== Node.ELEMENT_NODE) return
  const element = node as Element
  const name = element.localName
  if (name === 'input') return
  const attributes = attributesOf(element, name)
  written.push(`<${name}${attributes.map(([key, value]) => ` ${key}="${escapeHtml(value)}"`).join('')}>`)
  if (empty.has(name)) return
  for (const child of element.childNodes) write(child, written)
  written.push(`</${name}>`)
}

function attributesOf(element: Element, name: string): [string, string][] {
  const attributes: [string, string][] = []
  const cid = element.getAttribute(contentIdAttribute)
  for (const { name: key, value } of element.attributes) {
    if (ours.includes(key) || key === 'style' || (key === 'src' && (cid || !/^data:image\//i.test(value)))) continue
    attributes.push([key, value])
  }
  if (cid) attributes.push(['src', `cid:${cid}`])
  const kept = [...element.classList].filter((one) => keptClasses.includes(one))
  if (kept.length > 0) attributes.push(['class', kept.join(' ')])
  const own = element.getAttribute(styleAttribute)
  const style =
    own ?? [elementStyles[name], ...[...element.classList].map((one) => styles[one])].filter(Boolean).join(';')
  if (style) attributes.push(['style', style])
  return attributes
}

/** A whole page of what was written and what it quotes. */
export function writePage(own: string, quoted: string, language: string): string {
  return `<!doctype html><html lang="${escapeHtml(language)}"><head><meta charset="utf-8"></head><body>${own}${quoted}</body></html>`
}

/** The Content-IDs of the pictures that HTML shows. */
export function shownIds(html: string): Set<string> {
  const ids = new Set<string>()
  for (const [, id] of html.matchAll(/\ssrc="cid:([^"]{1,900})"/g))
    if (id)
      ids.add(id.replaceAll('&amp;', '&').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"'))
  return ids
}
