import {
  envelope,
  fieldValue,
  findFields,
  lastValue,
  mediaType,
  normalizeAddress,
  parseAddresses,
  parseMessage,
  partContent,
  type Message,
} from '#formats/message'

/** A complaint about a letter, in the Abuse Reporting Format (RFC 5965). Texts of strangers, bounded. */
export interface FeedbackReport {
  /** In lower case, such as `abuse` or `fraud`; what is no word is `other` (§3.1, §7.3). */
  type: string
  /** Who may have sent the letter, the most telling first; normalized. */
  senders: string[]
  /** Of the letter; null when it has none. */
  messageId: string | null
  /** For whom it was, where that is told; normalized. */
  recipients: string[]
}

/** Addresses that are looked at, of each sort. */
const MOST = 10

/** What can be the name of a type; §7.3 has five. */
const TYPE = /^[a-z][a-z0-9-]{0,39}$/

/** Bytes of the part that machines read; §3.1 has a dozen short fields. */
const MOST_BYTES = 64 * 1024

/** Longest Message-ID that is kept. */
const MOST_ID = 500

/** Reads a message as a feedback report; undefined when it is none. RFC 5965 §2. */
export function parseFeedbackReport(message: Message): FeedbackReport | undefined {
  const { root } = message
  if (mediaType(root) !== 'multipart/report' || root.parameters['report-type']?.toLowerCase() !== 'feedback-report')
    return undefined
  const part = root.children.find((one) => mediaType(one) === 'message/feedback-report')
  if (part === undefined || part.bodyEnd - part.bodyStart > MOST_BYTES) return undefined
  // A blank line would end the header: §3.1 has no body after its fields.
  const fields = parseMessage(partContent(message, part).bytes)
  const type = lastValue(fields, fields.root, 'Feedback-Type', 'Text')?.trim().toLowerCase()
  if (type === undefined) return undefined

  const original = originalOf(message)
  const { from = null, sender = null, messageId = null } = original === undefined ? {} : envelope(original)
  const said = (name: string): string[] =>
    findFields(fields, fields.root, name)
      .slice(0, MOST)
      .map((field) => fieldValue(fields, field, 'Text'))
  return {
    type: TYPE.test(type) ? type : 'other',
    senders: addressesIn([
      ...[...(from ?? []), ...(sender ?? [])].map(({ email }) => email),
      ...said('Original-Mail-From').flatMap(bare),
    ]),
    messageId: messageId?.[0]?.slice(0, MOST_ID) ?? null,
    recipients: addressesIn(said('Original-Rcpt-To').flatMap(bare)),
  }
}

/** The letter, or its header alone (§2, d). */
function originalOf(message: Message): Message | undefined {
  for (const part of message.root.children) {
    const type = mediaType(part)
    if (type === 'message/rfc822' || type === 'message/global')
      return part.message ?? parseMessage(partContent(message, part).bytes)
    if (type === 'text/rfc822-headers' || type === 'message/rfc822-headers')
      return parseMessage(partContent(message, part).bytes)
  }
  return undefined
}

const bare = (value: string): string[] => parseAddresses(value.slice(0, 1000)).map(({ email }) => email)

const addressesIn = (given: readonly string[]): string[] => [
  ...new Set(given.slice(0, MOST).flatMap((address) => normalizeAddress(address) ?? [])),
]
