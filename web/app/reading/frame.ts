import type { CleanLetter } from './sanitise.ts'

/** Attributes by which the cleaned letter tells its frame what to do; the cleaner removes any the letter brings. */
export const contentIdAttribute = 'data-zegel-cid'
export const styleAttribute = 'data-zegel-style'
export const hostAttribute = 'data-zegel-host'
export const remoteAttribute = 'data-zegel-remote'

/** Stands in styles for a remote picture, by its place among those of the letter. */
export const remoteProperty = (place: number): string => `--zegel-remote-${place}`

/**
 * What the frame of an HTML letter may do. Scripts never run in it (no allow-scripts), so it can be of our origin
 * without danger (allow-same-origin): there is nothing in it that could use that. We need it to measure the letter, and
 * to set its styles through the style objects, because a frame made by srcdoc is bound by the page's policy too, which
 * forbids style in markup. Links open in a page of their own, outside the sandbox.
 */
export const sandbox = 'allow-same-origin allow-popups allow-popups-to-escape-sandbox'

/** The empty page that a letter is put into. Its policy lets nothing be loaded, whatever the cleaning missed. */
export function emptyPage(dark: boolean): string {
  const policy =
    "default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'"
  return [
    '<!doctype html><html><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="referrer" content="no-referrer">',
    `<meta name="color-scheme" content="${dark ? 'light dark' : 'light'}">`,
    '</head><body></body></html>',
  ].join('')
}

const baseStyle = `
  html { overflow: auto hidden; background: Canvas; color: CanvasText; font: 15px/1.5 system-ui, sans-serif; }
  body { margin: 0; overflow-wrap: break-word; }
  img { max-width: 100%; height: auto; }
  img:not([src]) { outline: 1px dashed GrayText; outline-offset: -1px; font-size: 12px; }
  img:not([src])[alt=''], img:not([src]):not([alt]) { display: none; }
  table { max-width: 100%; }
  pre { white-space: pre-wrap; }
  blockquote { margin-inline: 0; padding-inline-start: 1em; border-inline-start: 2px solid GrayText; }
  summary { cursor: pointer; font-size: 13px; margin-block: 0.5em; }
  ::highlight(found) { background-color: #fdeaa8; color: #15201c; }
  ::highlight(found-here) { background-color: #d79e2d; color: #15201c; }
  .zegel-host { font: 12px/1.2 system-ui, sans-serif; opacity: 0.8; }
`

/** Quotes as the common mail programs mark them. */
const quotes = 'blockquote[type="cite"], .gmail_quote, .yahoo_quoted, .moz-cite-prefix + blockquote'

export interface FrameTexts {
  /** What a folded quote is called; '' where none is folded. */
  quoted: string
}

/** Puts a cleaned letter into its frame. Its pictures come later, with `showPictures`. */
export function fillFrame(frame: Document, letter: CleanLetter, texts: FrameTexts): void {
  const view = frame.defaultView
  if (!view) return
  frame.adoptedStyleSheets = [baseStyle, ...letter.styles].map((text) => sheetOf(view, text))
  const body = frame.importNode(letter.body, true)
  for (const node of [body, ...body.querySelectorAll<HTMLElement>(`[${styleAttribute}]`)]) {
    node.style.cssText = node.getAttribute(styleAttribute) ?? ''
    node.removeAttribute(styleAttribute)
  }
  for (const link of body.querySelectorAll(`a[${hostAttribute}]`)) {
    const note = frame.createElement('span')
    note.className = 'zegel-host'
    note.textContent = ` (${link.getAttribute(hostAttribute)})`
    link.append(note)
  }
  if (texts.quoted) foldQuote(frame, body, texts.quoted)
  frame.body.replaceWith(body)
}

function sheetOf(view: Window & { CSSStyleSheet?: typeof CSSStyleSheet }, text: string): CSSStyleSheet {
  const sheet = new (view.CSSStyleSheet ?? CSSStyleSheet)()
  sheet.replaceSync(text)
  return sheet
}

/** Folds the first quote that other text stands before; what it quotes has been read. */
function foldQuote(frame: Document, body: HTMLElement, word: string): void {
  const quote = body.querySelector(quotes)
  if (!quote || quote.textContent.trim() === body.textContent.trim()) return
  const details = frame.createElement('details')
  const summary = frame.createElement('summary')
  summary.textContent = word
  quote.replaceWith(details)
  details.append(summary, quote)
}

/**
 * Shows the pictures that came with the letter where it wants them.
 * @param pictures  their addresses (blob:) by Content-ID
 */
export function showPictures(frame: Document, pictures: ReadonlyMap<string, string>): void {
  for (const node of frame.querySelectorAll<HTMLImageElement>(`img[${contentIdAttribute}]`)) {
    const address = pictures.get(node.getAttribute(contentIdAttribute) ?? '')
    if (address) node.src = address
  }
}

/**
 * Shows a remote picture wherever the letter wants it, in its markup and in its styles.
 * @param place    its place in `CleanLetter.remote`
 * @param address  of its bytes (blob:)
 */
export function showRemote(frame: Document, place: number, address: string): void {
  for (const node of frame.querySelectorAll<HTMLElement>(`[${remoteAttribute}='${place}']`)) {
    if (node.tagName === 'IMG') (node as HTMLImageElement).src = address
    else node.style.backgroundImage = `url("${address}")`
  }
  frame.documentElement.style.setProperty(remoteProperty(place), `url("${address}")`)
}

/** Tallest frame in pixels; longer letters scroll inside it. */
const tallest = 60_000

/**
 * Makes the frame as high as its letter. Measured at height zero, so that a letter that wants the height of the window
 * (100vh) cannot make it grow without end.
 */
export function fitHeight(element: HTMLIFrameElement): void {
  const root = element.contentDocument?.documentElement
  const holder = element.parentElement
  if (!root || !holder) return
  holder.style.height = `${holder.offsetHeight}px`
  element.style.height = '0'
  element.style.height = `${Math.min(tallest, root.scrollHeight)}px`
  holder.style.height = ''
}
