import { fieldValue, findFields, lastValue, mediaType, parseAddress, type Message } from '#formats/message'

/** A receipt that a message asks for. */
export interface Asked {
  /** Who wants it. */
  to: string[]
  /** As its sender's server has noted it: `rfc822;anna@example.org`. */
  originalRecipient: string | undefined
}

/** Whom one message may have a receipt sent to. */
const MOST = 10

/**
 * What a message asks for (RFC 8098 §2.1), when it may: one with the null sender or that is a report itself may not.
 * @param header  as it was filed: with Return-Path
 */
export function receiptAsked(header: Message): Asked | undefined {
  const { root } = header
  const [path] = findFields(header, root, 'Return-Path')
  const isFromNobody = path !== undefined && fieldValue(header, path, 'Raw').trim() === '<>'
  if (isFromNobody || mediaType(root) === 'multipart/report') return undefined
  const named = lastValue(header, root, 'Disposition-Notification-To', 'Addresses') ?? []
  const to = new Set(named.flatMap(({ email }) => parseAddress(email)?.address ?? []))
  if (to.size === 0 || to.size > MOST) return undefined
  const original = lastValue(header, root, 'Original-Recipient', 'Text')?.trim()
  const isPlain = original !== undefined && /^[\w-]+\s*;[\x21-\x7e ]{1,300}$/.test(original)
  return { to: [...to], originalRecipient: isPlain ? original : undefined }
}
