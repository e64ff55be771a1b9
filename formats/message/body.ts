import { mediaType, type Message, type Part } from './part.ts'

/** The parts of a message as a reader shows them (RFC 8621 §4.1.4). */
export interface BodyLists {
  textBody: Part[]
  htmlBody: Part[]
  attachments: Part[]
}

const MEDIA = new Set(['image', 'audio', 'video'])

/** A multipart whose parts are being sorted. */
interface Level {
  readonly multipart: string
  readonly isInAlternative: boolean
  readonly parts: readonly Part[]
  next: number
  textBody: Part[] | null
  htmlBody: Part[] | null
  readonly textLength: number
  readonly htmlLength: number
}

/**
 * Sorts the parts into what to show and what to offer, by the algorithm of RFC 8621 §4.1.4. Where that algorithm has
 * neither list for a part of a nested multipart/alternative, the part is an attachment, as the RFC defines attachments.
 */
export function bodyLists(message: Message): BodyLists {
  const lists: BodyLists = { textBody: [], htmlBody: [], attachments: [] }
  const level = (multipart: string, isInAlternative: boolean, parts: readonly Part[], around: Around): Level => ({
    multipart,
    isInAlternative,
    parts,
    next: 0,
    ...around,
    textLength: around.textBody?.length ?? -1,
    htmlLength: around.htmlBody?.length ?? -1,
  })
  const levels = [level('mixed', false, [message.root], { textBody: lists.textBody, htmlBody: lists.htmlBody })]
  for (let current = levels.at(-1); current; current = levels.at(-1)) {
    const index = current.next++
    const part = current.parts[index]
    if (!part) {
      evenOut(levels.pop()!)
    } else if (part.type === 'multipart') {
      const isInAlternative = current.isInAlternative || part.subtype === 'alternative'
      const { textBody, htmlBody } = current
      levels.push(level(part.subtype, isInAlternative, part.children, { textBody, htmlBody }))
    } else if (isInline(part, index, current.multipart)) {
      placeInline(part, current, lists.attachments)
    } else {
      lists.attachments.push(part)
    }
  }
  return lists
}

type Around = Pick<Level, 'textBody' | 'htmlBody'>

/** A part of the body rather than an attachment. */
function isInline(part: Part, index: number, multipart: string): boolean {
  const isMedia = MEDIA.has(part.type)
  const isText = part.type === 'text' && (part.subtype === 'plain' || part.subtype === 'html')
  if (part.disposition === 'attachment' || !(isMedia || isText)) return false
  // Of a multipart/related only the first can be; a text with a file name that is not the first is an attachment.
  return index === 0 || (multipart !== 'related' && (isMedia || part.filename === null))
}

function placeInline(part: Part, level: Level, attachments: Part[]): void {
  if (level.multipart === 'alternative') {
    const own = { 'text/plain': level.textBody, 'text/html': level.htmlBody }[mediaType(part)]
    ;(own ?? attachments).push(part)
    return
  }
  if (level.isInAlternative) {
    if (mediaType(part) === 'text/plain') level.htmlBody = null
    if (mediaType(part) === 'text/html') level.textBody = null
  }
  level.textBody?.push(part)
  level.htmlBody?.push(part)
  if ((!level.textBody || !level.htmlBody) && MEDIA.has(part.type)) attachments.push(part)
}

/** At the end of an alternative with one version only: it serves for both. */
function evenOut({ multipart, textBody, htmlBody, textLength, htmlLength }: Level): void {
  if (multipart !== 'alternative' || !textBody || !htmlBody) return
  const hasText = textBody.length !== textLength
  const hasHtml = htmlBody.length !== htmlLength
  if (!hasText && hasHtml) textBody.push(...htmlBody.slice(htmlLength))
  if (hasText && !hasHtml) htmlBody.push(...textBody.slice(textLength))
}

/** Parts that programs read and that nobody saves. */
const AUTOMATIC = new Set([
  'application/pgp-signature',
  'application/pkcs7-signature',
  'application/x-pkcs7-signature',
  'message/delivery-status',
  'message/disposition-notification',
  'text/rfc822-headers',
])

/**
 * Whether there is something to offer for saving: an attachment that is not marked inline. Signatures, delivery reports
 * and pictures that belong to the HTML of the message do not count, as RFC 8621 §4.1.4 allows.
 */
export function hasAttachment(message: Message): boolean {
  const { attachments, htmlBody } = bodyLists(message)
  const hasHtml = htmlBody.some((part) => mediaType(part) === 'text/html')
  return attachments.some((part) => {
    const isEmbedded = hasHtml && part.contentId !== null && MEDIA.has(part.type) && part.disposition !== 'attachment'
    return part.disposition !== 'inline' && !isEmbedded && !AUTOMATIC.has(mediaType(part))
  })
}
