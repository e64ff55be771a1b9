import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** A file that pages load: the bytes as they are sent, under a path that changes with them. */
export interface Asset {
  readonly path: string
  readonly type: string
  readonly bytes: Uint8Array<ArrayBuffer>
}

const types: Record<string, string> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
  woff2: 'font/woff2',
}

export interface Publisher {
  /** Everything that was published, and nothing else is served. */
  all(): readonly Asset[]
  publish(name: string, content: string | Buffer): Asset
  /** A file by its place. */
  publishFile(place: URL): Asset
  /** Stylesheets as one, in the order of their rules, with the paths of the fonts they name. */
  publishStyles(name: string, places: readonly URL[]): Asset
}

/** @param folder  under which the files are asked for, such as `/assets/site/` */
export function openPublisher(folder: string): Publisher {
  const known = new Map<string, Asset>()

  const publish = (name: string, content: string | Buffer): Asset => {
    const bytes = Uint8Array.from(Buffer.from(content))
    const dot = name.lastIndexOf('.')
    const ending = name.slice(dot + 1)
    const path = `${folder}${name.slice(0, dot)}.${hash('sha256', bytes).slice(0, 12)}.${ending}`
    const type = types[ending]
    if (type === undefined) throw new Error(`no media type for ${name}`)
    const asset = { path, type, bytes }
    known.set(path, asset)
    return asset
  }
  const publishFile = (place: URL): Asset =>
    publish(place.pathname.slice(place.pathname.lastIndexOf('/') + 1), readFileSync(place))
  const withPublishedFonts = (css: string): string =>
    css.replaceAll(
      /url\('([^']+)'\)/g,
      (_, file: string) => `url('${publishFile(new URL(file, import.meta.url)).path}')`,
    )

  return {
    all: () => [...known.values()],
    publish,
    publishFile,
    publishStyles(name, places) {
      const styles = places.map((place) => readFileSync(place, 'utf8')).join('\n')
      return publish(name, withoutWaste(withPublishedFonts(styles)))
    },
  }
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
