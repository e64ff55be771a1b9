import { hash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip, zstdCompress } from 'node:zlib'

/** A file ready to be sent: its bytes as they are and as each encoding makes them. */
export interface StaticFile {
  type: string
  /** Of the bytes as they are. */
  etag: string
  /** The bytes in the best encoding that `acceptEncoding` allows. */
  encoded(acceptEncoding: string): Promise<{ encoding: Encoding | undefined; bytes: Uint8Array }>
}

export interface Folder {
  /** @param path  below the folder, its parts separated by "/"; undefined when there is no such file */
  find(path: string): Promise<StaticFile | undefined>
}

const TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
}

/** What gets smaller. */
const COMPRESSIBLE = /^(?:text\/|application\/(?:json|manifest\+json)|image\/svg)/

const compressors = {
  br: (bytes: Uint8Array) => promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
  zstd: (bytes: Uint8Array) => promisify(zstdCompress)(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 12 } }),
  gzip: (bytes: Uint8Array) => promisify(gzip)(bytes, { level: 9 }),
}
type Encoding = keyof typeof compressors

/** What a build may be at most; beyond that the files that were asked for longest ago are read again. */
const MOST_FILES = 500
const LARGEST_BYTES = 16_000_000

/** No part begins with a dot, and no character needs an escape: nothing leads out of the folder. */
const PATH = /^(?:[\w@-][\w@.-]*\/)*[\w@-][\w@.-]*$/

/** The files of a build, kept in memory once they were asked for and compressed once in each encoding. */
export function openFolder(folder: string): Folder {
  const kept = new Map<string, { version: string; file: StaticFile }>()
  return {
    async find(path) {
      if (!PATH.test(path) || path.length > 300) return undefined
      const location = join(folder, path)
      const found = await stat(location).catch(() => undefined)
      if (found?.isFile() !== true || found.size > LARGEST_BYTES) return undefined
      const version = `${found.mtimeMs} ${found.size}`
      const known = kept.get(path)
      if (known?.version === version) return known.file
      const file = openFile(path, await readFile(location))
      kept.delete(path)
      kept.set(path, { version, file })
      if (kept.size > MOST_FILES) kept.delete(kept.keys().next().value as string)
      return file
    },
  }
}

function openFile(path: string, bytes: Buffer): StaticFile {
  const type = TYPES[extname(path)] ?? 'application/octet-stream'
  const compressed = new Map<Encoding, Promise<Buffer>>()
  return {
    type,
    etag: hash('sha256', bytes, 'base64url').slice(0, 22),
    async encoded(acceptEncoding) {
      const encoding = COMPRESSIBLE.test(type) ? bestEncoding(acceptEncoding) : undefined
      if (encoding === undefined) return { encoding, bytes }
      let smaller = compressed.get(encoding)
      if (smaller === undefined) compressed.set(encoding, (smaller = compressors[encoding](bytes)))
      return { encoding, bytes: await smaller }
    },
  }
}

/** The first of ours, smallest result first, that the client takes. RFC 9110 §12.5.3. */
export function bestEncoding(acceptEncoding: string): Encoding | undefined {
  const refused = new Set<string>()
  const taken = new Set<string>()
  for (const part of acceptEncoding.toLowerCase().slice(0, 500).split(',')) {
    const [name = '', ...parameters] = part.split(';').map((piece) => piece.trim())
    const isRefused = parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter))
    ;(isRefused ? refused : taken).add(name)
  }
  const order: readonly Encoding[] = ['br', 'zstd', 'gzip']
  return order.find((name) => taken.has(name) || (taken.has('*') && !refused.has(name)))
}
