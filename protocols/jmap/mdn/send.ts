import { z } from 'zod'
import { InvalidMessage } from '#formats/message'
import { readMessages } from '#mail'
import { identityOf, type Identity } from '#mail/identities'
import {
  DISPOSITION_TYPES,
  isOwnField,
  MDN_SENT,
  sendReceipt,
  type ReceiptWish,
  type SentReceipt,
} from '#mail/receipts'
import type { OpenAccount } from '#storage'
import { Refusal } from '#system'
import { id, idOrCreationId, line, object, orNull } from '../calls/arguments.ts'
import { MethodError, SetError, setError } from '../calls/errors.ts'
import { method, type CallSession } from '../calls/method.ts'
import { checkProperties } from '../calls/properties.ts'
import { accountIdOf } from '../ids.ts'
import { identityIds } from '../mail/identities/index.ts'
import { emailIds } from '../mail/ids.ts'

type Json = Record<string, unknown>

/** Receipts of one call. */
const MOST = 50

const Extensions = z
  .record(
    z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/)
      .refine((name) => !isOwnField(name)),
    z.string().regex(/^[\x20-\x7e]{0,500}$/),
  )
  .refine((fields) => Object.keys(fields).length <= 20)

/** An MDN as a client may send it (RFC 9007 §2); what the server sets may be there as null. */
const Mdn = z.strictObject({
  forEmailId: idOrCreationId,
  subject: orNull(line(1000)),
  textBody: orNull(z.string().max(20_000)),
  includeOriginalMessage: z.boolean().default(false),
  reportingUA: orNull(z.string().regex(/^[\x20-\x7e]{1,200}$/)),
  disposition: z.strictObject({
    actionMode: z.enum(['manual-action', 'automatic-action']),
    sendingMode: z.enum(['mdn-sent-manually', 'mdn-sent-automatically']),
    type: z.enum(DISPOSITION_TYPES),
  }),
  finalRecipient: orNull(z.string().max(400)),
  extensionFields: orNull(Extensions),
  mdnGateway: z.null().optional(),
  originalRecipient: z.null().optional(),
  originalMessageId: z.null().optional(),
  error: z.null().optional(),
})

/** MDN/send, RFC 9007 §2.1. Each receipt is a transaction of its own. */
export const send = method({
  name: 'MDN/send',
  args: z.strictObject({
    accountId: id,
    identityId: idOrCreationId,
    send: z.record(id, object),
    onSuccessUpdateEmail: orNull(z.record(idOrCreationId, object)),
  }),
  async run(session, { accountId, identityId, send: wishes, onSuccessUpdateEmail }) {
    const account = session.openAccount(accountId)
    if (Object.keys(wishes).length > MOST) throw new MethodError('requestTooLarge')
    const number = identityIds.numberOf(session.realId(identityId) ?? '')
    const identity = number === undefined ? undefined : await identityOf(account, number)
    if (identity === undefined) throw new MethodError('invalidArguments', 'identityId: there is no such identity')

    const sent: Json = {}
    const notSent: Json = {}
    const update: Json = {}
    for (const [creationId, given] of Object.entries(wishes)) {
      try {
        const patch = onSuccessUpdateEmail?.[`#${creationId}`] ?? {}
        const { emailId, ...news } = await sendOne(session, account, identity, given, patch)
        sent[creationId] = news
        update[emailId] = patch
      } catch (error) {
        const reason = setError(worded(error))
        if (reason === undefined) throw error
        notSent[creationId] = reason.toJSON()
      }
    }
    if (Object.keys(update).length > 0) session.callAfter('Email/set', { accountId: accountIdOf(account.id), update })
    return {
      accountId,
      sent: Object.keys(sent).length === 0 ? null : sent,
      notSent: Object.keys(notSent).length === 0 ? null : notSent,
    }
  },
})

/** @returns the message's id, and what the client did not set itself */
async function sendOne(
  session: CallSession,
  account: OpenAccount,
  identity: Identity,
  given: Json,
  patch: Json,
): Promise<Json & { emailId: string }> {
  const { forEmailId, ...wish } = checkProperties(Mdn, given)
  // A person is asked each time.
  if (wish.disposition.sendingMode !== 'mdn-sent-manually')
    throw new SetError('forbidden', 'no receipt is sent automatically')
  const keywords = patch['keywords'] as Json | undefined
  if (patch[`keywords/${MDN_SENT}`] !== true && keywords?.[MDN_SENT] !== true)
    throw new SetError('invalidProperties', `onSuccessUpdateEmail does not set ${MDN_SENT}`)
  const [message] = await readMessages(account, emailIds.numbersOf([session.realId(forEmailId) ?? '']))
  if (message === undefined) throw new SetError('notFound')
  const news = await sendReceipt(session.context, account, identity, message, wish satisfies ReceiptWish)
  const isOwn = (name: string): boolean => given[name] != null
  const shown = Object.fromEntries(
    (Object.entries(news) as [keyof SentReceipt, unknown][]).filter(([name, value]) => !isOwn(name) && value !== null),
  )
  return { ...shown, emailId: emailIds.of(message.id) }
}

/** What RFC 9007 §2.1 has its own words for. */
function worded(error: unknown): unknown {
  if (error instanceof InvalidMessage)
    return new SetError('invalidProperties', undefined, { properties: error.properties })
  if (!(error instanceof Refusal)) return error
  if (error.reason === 'exists') return new SetError('mdnAlreadySent')
  if (error.reason === 'notTheirAddress') return new SetError('forbiddenFrom')
  return error
}
