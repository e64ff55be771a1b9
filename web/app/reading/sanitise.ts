import createPurifier from 'dompurify'
import type { Config } from 'dompurify'
import { contentIdAttribute, hostAttribute, remoteAttribute, remoteProperty, styleAttribute } from './frame.ts'
import { separateStyles } from './separate.ts'

/** What is left of an HTML letter once everything that could act or call out is gone. */
export interface CleanLetter {
  /** The letter's content, in a document of its own that loads nothing. Style attributes stand in data-style. */
  body: HTMLElement
  /** The text of its style sheets. */
  styles: string[]
  /** Remote pictures that were held back. */
  held: { count: number; tiny: number; hosts: string[] }
  /** The addresses of those that may be loaded on request; the letter names them by their place in this list. */
  remote: string[]
  /** Whether the letter brings colours for a dark page. */
  dark: boolean
}

const ourAttributes = [contentIdAttribute, styleAttribute, hostAttribute, remoteAttribute]

/** More different pictures of one letter than this are never loaded. */
const mostRemote = 200

const config = {
  USE_PROFILES: { html: true },
  WHOLE_DOCUMENT: true,
  RETURN_DOM: true,
  ALLOW_DATA_ATTR: false,
  // What asks for input, embeds, or changes how addresses are read. Their text stays.
  FORBID_TAGS: (
    'form input button select textarea option datalist dialog template slot iframe frame frameset object embed ' +
    'audio video source track canvas map area base link meta noscript marquee style'
  ).split(' '),
  FORBID_ATTR: 'style srcset poster ping autofocus tabindex contenteditable draggable popover is'.split(' '),
  ADD_ATTR: ourAttributes,
  // Their values are no addresses, though a style looks like one with its colon.
  ADD_URI_SAFE_ATTR: ourAttributes,
} satisfies Config

const purifier = createPurifier(window)
let held: { count: number; tiny: number; hosts: Set<string> }
let remote: string[]

purifier.addHook('beforeSanitizeAttributes', (node: Node) => {
  // Text nodes pass here as well.
  if (!(node instanceof Element)) return
  node.removeAttribute(contentIdAttribute)
  node.removeAttribute(hostAttribute)
  node.removeAttribute(remoteAttribute)
  if (node.tagName === 'IMG') holdPicture(node, 'src')
  else node.removeAttribute('src')
  holdPicture(node, 'background')
  // Set through the style object later: the page's policy forbids style attributes, and so would the frame's.
  const style = node.getAttribute(styleAttribute)
  if (style !== null) node.setAttribute(styleAttribute, withoutRemote(style))
})

purifier.addHook('afterSanitizeAttributes', (node: Node) => {
  if (!(node instanceof Element)) return
  if (node.tagName === 'A') secureLink(node)
  else node.removeAttribute('href')
})

/**
 * Cleans an HTML letter. Nothing of it is loaded or run while that happens.
 * @param html  the letter as it came, of any size the caller lets through
 */
export function sanitise(html: string): CleanLetter {
  held = { count: 0, tiny: 0, hosts: new Set() }
  remote = []
  const { html: markup, styles } = separateStyles(html, styleAttribute)
  const root = purifier.sanitize(markup, config)
  if (!(root instanceof Element)) throw new Error('a whole document was asked for')
  const body = root.querySelector('body')
  if (!body) throw new Error('a parsed document has a body')
  return {
    body,
    styles: styles.map(withoutRemote),
    // After the styles, which hold some back as well.
    held: { count: held.count, tiny: held.tiny, hosts: [...held.hosts].sort() },
    remote,
    dark: /color-scheme[^;}>]{0,80}\bdark\b|prefers-color-scheme:\s*dark/i.test(html),
  }
}

/** Takes an address out of an attribute: one inside the letter is kept as such, a remote one is counted. */
function holdPicture(node: Element, attribute: 'src' | 'background'): void {
  const address = node.getAttribute(attribute)?.trim()
  if (address === undefined) return
  if (/^data:image\//i.test(address)) return
  node.removeAttribute(attribute)
  if (/^cid:/i.test(address)) node.setAttribute(contentIdAttribute, decodeContentId(address.slice(4)))
  else {
    const place = hold(address, isTiny(node))
    if (place !== undefined) node.setAttribute(remoteAttribute, String(place))
  }
}

function decodeContentId(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Counts a remote picture. @returns its place among those that may be loaded: none of them reports that one reads */
function hold(address: string, tiny: boolean): number | undefined {
  const url = remoteUrl(address)
  if (url === undefined) return undefined
  held.count++
  if (tiny) held.tiny++
  held.hosts.add(url.hostname)
  if (tiny) return undefined
  const known = remote.indexOf(url.href)
  if (known >= 0) return known
  return remote.length < mostRemote ? remote.push(url.href) - 1 : undefined
}

/** A remote address; one without a scheme ("//host/…") is remote too. */
function remoteUrl(address: string): URL | undefined {
  try {
    const url = new URL(address, 'https://relative.invalid')
    return /^https?:$/.test(url.protocol) && url.hostname !== 'relative.invalid' ? url : undefined
  } catch {
    return undefined
  }
}

/** A picture nobody can see is there to report that the letter was opened. */
function isTiny(node: Element): boolean {
  const sizes = ['width', 'height'].map((name) => node.getAttribute(name) ?? '')
  return (
    sizes.some((size) => /^\s*[0-3](px)?\s*$/.test(size)) ||
    /(width|height):\s*[0-3]px|display:\s*none/i.test(node.getAttribute(styleAttribute) ?? '')
  )
}

/**
 * Style without addresses, in time linear in its length. What this misses (escapes, image-set) is not loaded either:
 * the frame's policy forbids it.
 */
function withoutRemote(css: string): string {
  const kept: string[] = []
  let done = 0
  for (const match of css.matchAll(/@import|url\(/gi)) {
    if (match.index < done) continue
    const found = css.indexOf(match[0].startsWith('@') ? ';' : ')', match.index)
    const end = found < 0 ? css.length : found + 1
    kept.push(css.slice(done, match.index))
    if (!match[0].startsWith('@')) kept.push(heldAddress(css.slice(match.index, end)))
    done = end
  }
  kept.push(css.slice(done))
  return kept.join('').replace(windowHeights, (_, number: string) => `calc(${number} * ${windowHeight / 100}px)`)
}

/**
 * The frame is as high as the letter, so a letter cannot be as high as the window: it gets a fixed height instead.
 * A number has few digits, which bounds the search.
 */
const windowHeights = /(\d{0,5}\.?\d{1,5})(?:[sld]?vh|vmin|vmax|[sld]?vb)\b/gi
const windowHeight = 600

/** A url() that stays when the picture is in it, else a property that is none until the picture is shown. */
function heldAddress(url: string): string {
  const address = url
    .slice(4, -1)
    .trim()
    .replace(/^["']|["']$/g, '')
  if (/^data:image\//i.test(address)) return url
  const place = hold(address, false)
  return place === undefined ? 'none' : `var(${remoteProperty(place)}, none)`
}

function secureLink(link: Element): void {
  const target = linkTarget(link.getAttribute('href') ?? '')
  link.removeAttribute('href')
  if (!target) return
  link.setAttribute('href', target.href)
  link.setAttribute('target', '_blank')
  link.setAttribute('rel', 'noopener noreferrer')
  link.setAttribute('title', target.href)
  const named = namedHost(link.textContent)
  if (target.host && named && !sameSite(named, target.host)) link.setAttribute(hostAttribute, target.host)
}

function linkTarget(href: string): { href: string; host: string | undefined } | undefined {
  try {
    const url = new URL(href.trim())
    if (/^https?:$/.test(url.protocol)) return { href: url.href, host: url.hostname }
    if (/^(mailto|tel):$/.test(url.protocol)) return { href: url.href, host: undefined }
  } catch {
    // Relative or malformed: it leads nowhere from a letter.
  }
  return undefined
}

/** The host that the words of a link name, when they look like an address themselves. */
function namedHost(text: string): string | undefined {
  const match = /^\s*(?:https?:\/\/)?([a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8})(?:[/?#:]\S*)?\s*$/i.exec(
    text.slice(0, 500),
  )
  return match?.[1]?.toLowerCase()
}

/** Whether one host is the other or lies below it. */
function sameSite(one: string, other: string): boolean {
  const [a, b] = [one, other].map((host) => host.replace(/^www\./, ''))
  return a === b || (a ?? '').endsWith(`.${b}`) || (b ?? '').endsWith(`.${a}`)
}
