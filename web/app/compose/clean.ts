import createPurifier from 'dompurify'
import type { Config } from 'dompurify'
import { contentIdAttribute, styleAttribute } from '../reading/frame.ts'
import { separateStyles } from '../reading/separate.ts'
import { classFor, quotedClass, signatureClass, styles } from './styles.ts'

/** What may stand in the editor: what a letter is made of, and nothing that acts, asks, loads or lies over the page. */
const config = {
  ALLOWED_TAGS: (
    'a abbr address b blockquote br caption cite code col colgroup dd del div dl dt em h1 h2 h3 h4 h5 h6 hr i img ins kbd ' +
    'li ol p pre q s samp small span strike strong sub sup table tbody td tfoot th thead tr tt u ul #text'
  ).split(' '),
  ALLOWED_ATTR: [
    ...'href src alt width height colspan rowspan start type dir lang class'.split(' '),
    contentIdAttribute,
    styleAttribute,
  ],
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|tel:|cid:|blob:|data:image\/(?:png|jpeg|gif|webp);base64,)/i,
  // Their values are no addresses.
  ADD_URI_SAFE_ATTR: [
    ...'width height colspan rowspan start type dir lang'.split(' '),
    contentIdAttribute,
    styleAttribute,
  ],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  SANITIZE_NAMED_PROPS: true,
  KEEP_CONTENT: true,
  FORBID_CONTENTS: 'script style title head svg math template noscript iframe object textarea select option'.split(' '),
  RETURN_DOM: true,
  WHOLE_DOCUMENT: true,
} satisfies Config

const purifier = createPurifier(window)

/** A picture that stands in a letter: its address here, by Content-ID. */
export type PictureAddress = (cid: string) => string | undefined

export interface Cleaned {
  content: DocumentFragment
  /** Remote pictures that were left out: to load them would tell their server. */
  heldBack: number
  /** Pictures that came as data, in the order of their elements, which stand in `content` without an address. */
  embedded: { picture: HTMLImageElement; data: string }[]
}

/**
 * Cleans HTML for the editor: pasted, dropped, of a template, a signature or a draft. Nothing of it is loaded or run.
 * Styles go, but for those we have ourselves; bold, italic and underlined become elements.
 * @param addressOf  where a picture of this letter is shown from
 */
export function clean(html: string, addressOf: PictureAddress): Cleaned {
  const { html: markup } = separateStyles(html, styleAttribute)
  const root = purifier.sanitize(markup, config)
  if (!(root instanceof Element)) throw new Error('a whole document was asked for')
  const body = root.querySelector('body') ?? root
  const cleaned: Cleaned = { content: document.createDocumentFragment(), heldBack: 0, embedded: [] }
  for (const element of body.querySelectorAll('*')) tidy(element)
  for (const picture of body.querySelectorAll('img')) settle(picture, addressOf, cleaned)
  for (const child of body.childNodes) cleaned.content.append(document.importNode(child, true))
  // After the import: the elements that are kept are the imported ones.
  for (const picture of cleaned.content.querySelectorAll<HTMLImageElement>(`img[${pendingAttribute}]`)) {
    const data = cleaned.embedded[Number(picture.getAttribute(pendingAttribute))]
    picture.removeAttribute(pendingAttribute)
    if (data) data.picture = picture
  }
  return cleaned
}

const pendingAttribute = 'data-zegel-pending'
const known = new Set([...Object.keys(styles), signatureClass, quotedClass])

function tidy(element: Element): void {
  if (element.localName !== 'a') element.removeAttribute('href')
  const style = element.getAttribute(styleAttribute)
  element.removeAttribute(styleAttribute)
  const classes = [...element.classList].filter((one) => known.has(one))
  const own = style === null ? undefined : classFor(style)
  if (own) classes.push(own)
  if (classes.length > 0) element.className = classes.join(' ')
  else element.removeAttribute('class')
  if (style === null || own) return
  // Programs that write no elements for these, as word processors do.
  if (/font-weight:\s*(?:bold|[6-9]00)/i.test(style)) wrapInside(element, 'b')
  if (/font-style:\s*italic/i.test(style)) wrapInside(element, 'i')
  if (/text-decoration[^;]*:\s*[^;]*underline/i.test(style) && element.localName !== 'a') wrapInside(element, 'u')
  // Google Docs wraps everything in a <b> that is not bold.
  if (element.localName === 'b' && /font-weight:\s*(?:normal|400)/i.test(style))
    element.replaceWith(...element.childNodes)
}

const inline = new Set('span a li td th p div h1 h2 h3 h4 h5 h6'.split(' '))

/** Only around what can stand inside a line. */
function wrapInside(element: Element, name: 'b' | 'i' | 'u'): void {
  if (!inline.has(element.localName)) return
  if ([...element.children].some((child) => /^(?:div|p|ul|ol|table|blockquote|pre|h[1-6])$/.test(child.localName)))
    return
  const wrap = element.ownerDocument.createElement(name)
  wrap.append(...element.childNodes)
  element.append(wrap)
}

function settle(picture: HTMLImageElement, addressOf: PictureAddress, cleaned: Cleaned): void {
  const source = picture.getAttribute('src')?.trim() ?? ''
  const cid = picture.getAttribute(contentIdAttribute) ?? (/^cid:/i.test(source) ? decode(source.slice(4)) : '')
  picture.removeAttribute('src')
  picture.removeAttribute(contentIdAttribute)
  const address = cid === '' ? undefined : addressOf(cid)
  if (address !== undefined) {
    picture.setAttribute(contentIdAttribute, cid)
    picture.setAttribute('src', address)
  } else if (/^data:image\//i.test(source)) {
    picture.setAttribute(pendingAttribute, String(cleaned.embedded.length))
    cleaned.embedded.push({ picture, data: source })
  } else {
    if (/^https?:/i.test(source)) cleaned.heldBack++
    const alt = picture.getAttribute('alt')?.trim()
    picture.replaceWith(...(alt ? [alt] : []))
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
