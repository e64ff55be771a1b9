import { Refusal } from '#system'
import type { Registry } from '../calls/registry.ts'
import type { JmapContext, Visitor, WireContext } from '../context.ts'
import { accountIdOf } from '../ids.ts'
import { findBlob } from './blobs.ts'
import { contentDisposition } from './disposition.ts'
import { mayBeShown, mediaType, UNKNOWN_TYPE, withCharset } from './media-type.ts'
import { rangeOf } from './range.ts'
import { streamOf } from './stream.ts'

/** Answers GET of a download URL. RFC 8620 §6.2. @throws Refusal 'notFound' */
export async function download(
  context: JmapContext,
  registry: Registry,
  visitor: Visitor,
  c: WireContext,
): Promise<Response> {
  const { accountId, blobId, name } = c.req.param()
  if (accountId !== accountIdOf(visitor.accountId) || blobId === undefined) throw new Refusal('notFound')
  const source = await findBlob(registry.blobs, visitor, blobId)
  if (source === undefined) throw new Refusal('notFound')

  const type = mediaType(c.req.query('type')) ?? mediaType(source.type) ?? UNKNOWN_TYPE
  const etag = `"${blobId}"`
  const headers: Record<string, string> = {
    'Content-Type': withCharset(type),
    'Content-Disposition': contentDisposition(mayBeShown(type) ? 'inline' : 'attachment', name ?? ''),
    'Cache-Control': 'private, immutable, max-age=31536000',
    'Accept-Ranges': 'bytes',
    ETag: etag,
  }
  if (c.req.header('if-none-match') === etag) return c.body(null, 304, headers)

  const ifRange = c.req.header('if-range')
  const range = ifRange === undefined || ifRange === etag ? rangeOf(c.req.header('range'), source.size) : undefined
  if (range === 'unsatisfiable') return c.body(null, 416, { ...headers, 'Content-Range': `bytes */${source.size}` })
  const { start, end } = range ?? { start: 0, end: source.size }
  headers['Content-Length'] = String(end - start)
  if (range !== undefined) headers['Content-Range'] = `bytes ${start}-${end - 1}/${source.size}`
  // An answer without a body would leave the stream open.
  if (c.req.method === 'HEAD') return c.body(null, 200, headers)
  const pieces = start < end ? source.stream(start, end) : nothing()
  return c.body(await streamOf(context, c, pieces), range === undefined ? 200 : 206, headers)
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  // An empty range has no pieces.
}
