import { usePermit } from '#accounts'
import { today, Refusal } from '#system'
import { heldArchive } from '#trust/held'
import type { Gate } from '../calls/gate.ts'
import { reaches } from '../calls/rights.ts'
import type { JmapContext, Visitor, WireContext } from '../context.ts'
import { accountIdOf } from '../ids.ts'
import { contentDisposition } from './disposition.ts'
import { streamOf } from './stream.ts'

/** What the permit is for that HeldDownload/prepare gives. */
export const DOWNLOAD_PERMIT = 'held download'

export const downloadPath = (accountId: string, token: string): string => `/jmap/held/${accountId}/${token}`

/** Downloads of one account at a time: each reads all that it has. */
export const HELD_AT_ONCE = 2

/**
 * Answers with everything that is held about the visitor, as an archive. Written while it is read: whoever stops in the middle leaves
 * nothing behind. The permit is used up by it, also when the line breaks. docs/jmap-extensions.md.
 * @throws Refusal 'notFound' for another account; 'expired' for a permit that is none any more; 'overload'
 */
export async function heldDownload(
  context: JmapContext,
  gate: Gate,
  visitor: Visitor,
  c: WireContext,
): Promise<Response> {
  const { accountId, token = '' } = c.req.param()
  if (accountId !== accountIdOf(visitor.accountId) || !reaches(visitor, 'owner')) throw new Refusal('notFound')
  const { storage, config, log } = context
  const headers = {
    'Content-Type': 'application/zip',
    'Content-Disposition': contentDisposition('attachment', `zegel-${today()}.zip`),
    'Cache-Control': 'no-store',
  }
  // Asking what would come uses nothing up.
  if (c.req.method === 'HEAD') return c.body(null, 200, headers)
  const leave = await gate.enter(visitor.accountId)
  try {
    await usePermit(storage, { accountId: visitor.accountId, purpose: DOWNLOAD_PERMIT }, token)
    const archive = heldArchive({ storage, config, account: visitor.account })
    return c.body(await streamOf({ log }, c, archive, leave), 200, headers)
  } catch (error) {
    leave()
    throw error
  }
}
