import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { favicon } from './icons.ts'

/** A file that the public pages load: the bytes as they are sent, under a path that changes with them. */
export interface Asset {
  readonly path: string
  readonly type: string
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** In the order of their rules: tokens, components, the frame of public pages, and what only these pages have. */
const stylesheets = ['../ui/tokens.css', '../ui/components.css', '../ui/public.css', './site.css']

const types: Record<string, string> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
  woff2: 'font/woff2',
}

const known = new Map<string, Asset>()

const styles = stylesheets.map(read).join('\n')

/** The one stylesheet, with the paths of the fonts it names. */
export const stylesheet = publish('site.css', withoutWaste(withPublishedFonts(styles)))
export const mark = publish('mark.svg', Buffer.from(favicon()))
export const showPassword = publishScript('show-password.js')
export const passwordStrength = publishScript('password-strength.js')
export const challengeScript = publishScript('challenge.js')
export const passkeyScript = publishScript('passkey.js')
/** Runs beside the page, so that it stays at hand meanwhile. */
export const challengeWorker = publishScript('challenge-worker.js')
/** The font of the interface in the Latin script: preloaded, the others come when a page needs them. */
export const mainFont = publishFont('fonts/hanken-grotesk-latin-wght-normal.woff2')

/** Everything that is served, and nothing else is. */
export const assets: readonly Asset[] = [...known.values()]

function read(file: string): string {
  return readFileSync(new URL(file, import.meta.url), 'utf8')
}

function publish(name: string, content: string | Buffer): Asset {
  const bytes = Uint8Array.from(Buffer.from(content))
  const dot = name.lastIndexOf('.')
  const ending = name.slice(dot + 1)
  const path = `/assets/site/${name.slice(0, dot)}.${hash('sha256', bytes).slice(0, 12)}.${ending}`
  const type = types[ending]
  if (type === undefined) throw new Error(`no media type for ${name}`)
  const asset = { path, type, bytes }
  known.set(path, asset)
  return asset
}

function publishScript(name: string): Asset {
  return publish(name, readFileSync(new URL(`./${name}`, import.meta.url)))
}

function publishFont(file: string): Asset {
  return publish(file.slice(file.lastIndexOf('/') + 1), readFileSync(new URL(`../ui/${file}`, import.meta.url)))
}

function withPublishedFonts(css: string): string {
  return css.replaceAll(/url\('([^']+)'\)/g, (_, file: string) => `url('${publishFont(file).path}')`)
}

/** Without comments, and with single spaces. Our stylesheets have no strings in which that would matter. */
function withoutWaste(css: string): string {
  return css
    .replaceAll(/\/\*.*?\*\//gs, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/ ?([{};,]) ?/g, '$1')
    .replaceAll(';}', '}')
    .trim()
}
