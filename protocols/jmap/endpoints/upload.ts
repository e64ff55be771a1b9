import { addUpload } from '#items'
import { Refusal } from '#system'
import type { Gate } from '../calls/gate.ts'
import type { JmapContext, Visitor, WireContext } from '../context.ts'
import { accountIdOf } from '../ids.ts'
import { maxSizeUpload } from '../limits.ts'
import { blobIdOf } from './blobs.ts'
import { bodyOf } from './body.ts'
import { mediaType, UNKNOWN_TYPE } from './media-type.ts'

/** Answers POST of an upload URL. RFC 8620 §6.1. @throws Refusal 'notFound', 'forbidden', 'tooLarge', 'overload', 'unavailable' */
export async function upload({ config }: JmapContext, gate: Gate, visitor: Visitor, c: WireContext): Promise<Response> {
  const accountId = c.req.param('accountId')
  if (accountId !== accountIdOf(visitor.accountId)) throw new Refusal('notFound')
  if (visitor.readOnly) throw new Refusal('forbidden')
  const type = mediaType(c.req.header('content-type')) ?? UNKNOWN_TYPE
  const leave = await gate.enter(visitor.accountId)
  try {
    const ref = await addUpload(visitor.account, type, bodyOf(c.env.incoming, maxSizeUpload(config)))
    return c.json({ accountId, blobId: blobIdOf(ref.id), type, size: ref.size }, 201)
  } finally {
    leave()
  }
}
