import { addUpload, removeUpload } from '#items'
import type { Scanners } from '#mail/scanners'
import type { BlobRef, OpenAccount } from '#storage'
import { Refusal } from '#system'
import type { Gate } from '../calls/gate.ts'
import type { JmapContext, Visitor, WireContext } from '../context.ts'
import { accountIdOf } from '../ids.ts'
import { maxSizeUpload } from '../limits.ts'
import { blobIdOf } from './blobs.ts'
import { bodyOf } from './body.ts'
import { mediaType, UNKNOWN_TYPE } from './media-type.ts'

/**
 * Answers POST of an upload URL. RFC 8620 §6.1.
 * @throws Refusal 'notFound', 'forbidden', 'tooLarge', 'infected'; 'scannerSilent', 'overload', 'unavailable'
 */
export async function upload(
  { config, scanners }: JmapContext,
  gate: Gate,
  visitor: Visitor,
  c: WireContext,
): Promise<Response> {
  const accountId = c.req.param('accountId')
  if (accountId !== accountIdOf(visitor.accountId)) throw new Refusal('notFound')
  if (visitor.readOnly) throw new Refusal('forbidden')
  const type = mediaType(c.req.header('content-type')) ?? UNKNOWN_TYPE
  const leave = await gate.enter(visitor.accountId)
  try {
    const ref = await addUpload(visitor.account, type, bodyOf(c.env.incoming, maxSizeUpload(config)))
    if (scanners.scansFiles) await scan(scanners, visitor.account, ref)
    return c.json({ accountId, blobId: blobIdOf(ref.id), type, size: ref.size }, 201)
  } finally {
    leave()
  }
}

/**
 * Has what is kept looked at, before anybody is told its id: a scanner that looked on while it arrives would wait for the
 * slowest line. A file that is larger than the scanner takes is left to the check of the letter.
 */
async function scan(scanners: Scanners, account: OpenAccount, ref: BlobRef): Promise<void> {
  try {
    const findings = await scanners.scanFile(account.blobs.stream(account.sql, account.id, ref))
    if (findings.some(({ name }) => name === 'virus')) throw new Refusal('infected')
  } catch (error) {
    await removeUpload(account, ref.id)
    throw error
  }
}
