import { z } from 'zod'
import { parseMessage } from '#formats/message'
import { bytesOf } from '#mail'
import { parseReceipt } from '#mail/receipts'
import { id } from '../calls/arguments.ts'
import { MethodError } from '../calls/errors.ts'
import { method } from '../calls/method.ts'
import { contentOf } from '../mail/email/create.ts'

/** Blobs of one call, and bytes of one: a receipt is short. */
const MOST_BLOBS = 100
const MOST_BYTES = 5_000_000

/** MDN/parse, RFC 9007 §2.2. */
export const parse = method({
  name: 'MDN/parse',
  args: z.strictObject({ accountId: id, blobIds: z.array(id) }),
  async run(session, { accountId, blobIds }) {
    const account = session.openAccount(accountId)
    const wanted = [...new Set(blobIds)]
    if (wanted.length > MOST_BLOBS) throw new MethodError('requestTooLarge')
    const parsed: Record<string, unknown> = {}
    const notParsable: string[] = []
    const notFound: string[] = []
    for (const blobId of wanted) {
      const content = await contentOf(account, blobId)
      if (content === undefined) {
        notFound.push(blobId)
        continue
      }
      const receipt = content.size > MOST_BYTES ? undefined : parseReceipt(parseMessage(await bytesOf(content)))
      // A Message-ID may be that of several messages: which one is meant the client finds out.
      if (receipt === undefined) notParsable.push(blobId)
      else parsed[blobId] = { forEmailId: null, ...receipt }
    }
    return {
      accountId,
      parsed: Object.keys(parsed).length === 0 ? null : parsed,
      notParsable: notParsable.length === 0 ? null : notParsable,
      notFound: notFound.length === 0 ? null : notFound,
    }
  },
})
