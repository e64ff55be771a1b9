import { z } from 'zod'
import { parseMessage } from '#formats/message'
import { bytesOf, summariseMessage } from '#mail'
import { id, orNull } from '../../calls/arguments.ts'
import { MethodError } from '../../calls/errors.ts'
import { method } from '../../calls/method.ts'
import { limits } from '../../limits.ts'
import { contentOf } from './create.ts'
import { openBudget } from './budget.ts'
import { checkNumber, emailArguments } from './get.ts'
import { DEFAULT_PROPERTIES, emailShower, isEmailProperty } from './show.ts'

/** What a message that is in no mailbox does not have. */
const NOTHING = { id: null, threadId: null, mailboxIds: null, keywords: null, receivedAt: null }

/** Email/parse, RFC 8621 §4.9. */
export const parse = method({
  name: 'Email/parse',
  args: z.strictObject({
    accountId: id,
    blobIds: z.array(id),
    properties: orNull(z.array(z.string().refine(isEmailProperty, 'no such property'))),
    ...emailArguments,
  }),
  async run(session, { accountId, blobIds, properties, ...args }) {
    const account = session.openAccount(accountId)
    const wanted = [...new Set(blobIds)]
    if (wanted.length > limits.maxObjectsInGet) throw new MethodError('requestTooLarge')
    const spend = openBudget()
    const names = checkNumber(new Set(properties ?? DEFAULT_PROPERTIES))
    const shower = emailShower(names, args, spend)
    const parsed: Record<string, unknown> = {}
    const notParsable: string[] = []
    const notFound: string[] = []
    for (const blobId of wanted) {
      const content = await contentOf(account, blobId)
      spend('content', content?.size ?? 0)
      const bytes = content && (await bytesOf(content))
      const message = bytes && parseMessage(bytes)
      if (bytes === undefined || message === undefined) notFound.push(blobId)
      else if (message.root.fields.length === 0) notParsable.push(blobId)
      else {
        const summary = summariseMessage(message)
        const shown = await shower.show({ summary, blobId, read: async (end) => bytes.subarray(0, end) })
        const all = { ...NOTHING, blobId, size: bytes.length, hasAttachment: summary.hasAttachment, ...shown }
        parsed[blobId] = Object.fromEntries(Object.entries(all).filter(([name]) => names.has(name)))
      }
    }
    return {
      accountId,
      parsed: Object.keys(parsed).length === 0 ? null : parsed,
      notParsable: notParsable.length === 0 ? null : notParsable,
      notFound: notFound.length === 0 ? null : notFound,
    }
  },
})
