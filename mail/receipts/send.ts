import { randomUUID } from 'node:crypto'
import { findAddressee, readSettings } from '#accounts'
import { parseAddress } from '#formats/message'
import { updateItems } from '#items'
import { MAIL, readHeader, type StoredMessage } from '#mail'
import type { Identity } from '#mail/identities'
import { wakeQueue } from '#mail/outbound'
import { checkSubmission, submit, type SubmissionTools } from '#mail/submission'
import type { OpenAccount, Storage } from '#storage'
import { Refusal } from '#system'
import { receiptAsked } from './asked.ts'
import type { Disposition } from './disposition.ts'
import { TEXTS } from './texts.ts'
import { writeReceipt } from './write.ts'

/** The keyword of a message about which a receipt was sent (RFC 3503), of which there is one. */
export const MDN_SENT = '$mdnsent'

/** What somebody wants to be said about a message of theirs; null for what is usual. */
export interface ReceiptWish {
  subject: string | null
  textBody: string | null
  includeOriginalMessage: boolean
  reportingUA: string | null
  finalRecipient: string | null
  disposition: Disposition
  extensionFields: Record<string, string> | null
}

/** What was said where nothing was wished for. */
export interface SentReceipt {
  subject: string
  textBody: string
  finalRecipient: string
  originalRecipient: string | null
  originalMessageId: string | null
}

/** Bytes of a message that goes back with its receipt. */
const MOST_ORIGINAL = 1_000_000

const MOST_SUBJECT = 500

/**
 * Sends a receipt, and marks its message in the same transaction: two at once are one.
 * @throws Refusal 'notFound' for a message that asks for none or may have none; 'exists' when one was sent;
 *   'notTheirAddress' with `finalRecipient`; 'tooLarge'; as `checkSubmission` and `submit`
 */
export async function sendReceipt(
  tools: SubmissionTools,
  account: OpenAccount,
  identity: Identity,
  { id, summary, keywords }: StoredMessage,
  wish: ReceiptWish,
): Promise<SentReceipt> {
  const { storage } = tools
  if (keywords.includes(MDN_SENT)) throw new Refusal('exists')
  if (summary === undefined) throw new Refusal('notFound')
  const asked = receiptAsked(await readHeader(account, summary.blob))
  if (asked === undefined) throw new Refusal('notFound')
  const finalRecipient = wish.finalRecipient ?? `rfc822; ${identity.email}`
  await refuseForeign(storage, account, finalRecipient)
  const isReturned = wish.includeOriginalMessage
  if (isReturned && summary.blob.size > MOST_ORIGINAL) throw new Refusal('tooLarge')

  const { language } = await readSettings(account)
  const texts = TEXTS[language]
  const [originalMessageId] = summary.messageId ?? []
  const subject = (summary.subject ?? '').replace(/\p{Cc}+/gu, ' ').slice(0, MOST_SUBJECT)
  const sent = {
    subject: wish.subject ?? `${texts.subject}: ${subject}`,
    textBody: wish.textBody ?? texts.text,
    finalRecipient,
  }
  const content = writeReceipt({
    from: { name: identity.name || null, email: identity.email },
    to: asked.to,
    subject: sent.subject,
    text: sent.textBody,
    language,
    originalMessageId,
    messageId: `${randomUUID()}@${identity.email.slice(identity.email.lastIndexOf('@') + 1)}`,
    finalRecipient,
    originalRecipient: asked.originalRecipient,
    reportingUA: wish.reportingUA ?? undefined,
    disposition: wish.disposition,
    extensions: wish.extensionFields ?? {},
    original: isReturned ? await account.blobs.read(account.sql, account.id, summary.blob) : undefined,
  })
  const checked = await checkSubmission(tools, account, {
    // RFC 8098 §3: nothing ever comes back for a receipt.
    mailFrom: '',
    recipients: asked.to.map((address) => ({ address })),
    content,
  })
  await account.write(async (tx) => {
    // Asked under the account's lock: another one may have been sent meanwhile.
    const outcomes = await updateItems(tx, MAIL, [id], (item) => {
      if (item.keywords.includes(MDN_SENT)) throw new Refusal('exists')
      return { keywords: [...item.keywords, MDN_SENT] }
    })
    const refusal = outcomes.get(id)
    if (refusal !== undefined) throw refusal
    await submit(tx, checked)
  })
  wakeQueue(storage)
  return {
    ...sent,
    originalRecipient: asked.originalRecipient ?? null,
    originalMessageId: originalMessageId === undefined ? null : `<${originalMessageId}>`,
  }
}

/** RFC 9007 §5: nobody answers for somebody else. */
async function refuseForeign(storage: Storage, account: OpenAccount, finalRecipient: string): Promise<void> {
  const [, text = ''] = /^\s*rfc822\s*;\s*(\S+)\s*$/i.exec(finalRecipient) ?? []
  const address = parseAddress(text)?.address
  if (address === undefined || (await findAddressee(storage, address)) !== account.id)
    throw new Refusal('notTheirAddress', { fields: ['finalRecipient'] })
}
