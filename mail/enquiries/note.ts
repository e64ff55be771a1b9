import {
  bodyLists,
  envelope,
  fieldName,
  findFields,
  htmlToText,
  lastValue,
  mediaType,
  normalizeAddress,
  parseMessage,
  partText,
  type Message,
} from '#formats/message'
import type { Finding } from '#mail/findings'
import { now, Refusal } from '#system'
import { newId, type Storage } from '#storage'

/** A letter to customer service, as far as it is taken: no attachment, nothing beside its own words. */
export interface Enquiry {
  /** Who handed it in here; undefined for what came from elsewhere. */
  accountId?: number | undefined
  /** Its one author, in the directory's form; null where it has none that can be answered. */
  from: string | null
  /** The author's domain vouches for it: DMARC passes for exactly that address (RFC 9989). */
  isProven: boolean
  /** No person has written it now: a bounce, an automatic answer, a list (RFC 3834 §2). */
  isAutomatic: boolean
  subject: string
  text: string
  messageId: string | null
}

/** Characters. */
const LONGEST_TEXT = 9000
const LONGEST_SUBJECT = 200
/** Of the body, still encoded, in bytes. */
const MOST_READ = 256 * 1024
/** Attachments that are named. */
const MOST_NAMED = 20

/** Letters that wait to become tickets: as many as strangers can fill. */
const MOST_WAITING = 500

export const enquiryPlace = (letterId: number): string => `letter/${letterId}`

/**
 * Takes a letter to customer service: when this returns it is durable. Needs no more than zegel_receiver may.
 * @throws Refusal 'unavailable' while too many wait
 */
export async function noteEnquiry(
  storage: Storage,
  letter: {
    content: Buffer
    mailFrom: string
    findings?: readonly Finding[] | undefined
    accountId?: number | undefined
  },
): Promise<void> {
  const enquiry = readEnquiry(letter)
  if (enquiry.isAutomatic || enquiry.from === null) return
  const { rows } = await storage.database.sql<{ waiting: number }>`
    select count(letter_id)::int as waiting from support_letter`
  if ((rows[0]?.waiting ?? 0) >= MOST_WAITING) throw new Refusal('unavailable')
  const support = await storage.keys.serviceKey('support')
  const id = newId()
  await storage.database.sql`
    insert into support_letter (letter_id, at, sealed)
    values (${id}, ${now()}, ${support.seal(enquiryPlace(id), JSON.stringify(enquiry))})`
}

/** Reads what is taken of a letter. */
export function readEnquiry({
  content,
  mailFrom,
  findings = [],
  accountId,
}: Parameters<typeof noteEnquiry>[1]): Enquiry {
  const message = parseMessage(content)
  const head = envelope(message)
  const [author, ...others] = head.from ?? []
  const from = others.length > 0 ? undefined : normalizeAddress(author?.email ?? '')
  const passed = findings.find(({ name }) => name === 'dmarcPass')?.values?.['domain']
  const isProven =
    from !== undefined &&
    findFields(message, message.root, 'From').length === 1 &&
    passed?.toLowerCase() === from.slice(from.lastIndexOf('@') + 1)
  return {
    ...(accountId === undefined ? {} : { accountId }),
    from: from ?? null,
    isProven: isProven || accountId !== undefined,
    isAutomatic: mailFrom === '' || isAutomatic(message),
    subject: (head.subject ?? '').replace(/\s+/gu, ' ').trim().slice(0, LONGEST_SUBJECT).toWellFormed(),
    text: textOf(message),
    messageId: head.messageId?.[0] ?? null,
  }
}

const AUTOMATIC: readonly RegExp[] = [/^list-(?:id|post|unsubscribe|help)$/i, /^x-auto-?reply$/i, /^x-autorespond$/i]

function isAutomatic(message: Message): boolean {
  const { root } = message
  const value = (name: string): string => (lastValue(message, root, name, 'Text') ?? '').trim().toLowerCase()
  // RFC 3834 §5: what is not "no" was not written by a person.
  const submitted = value('Auto-Submitted')
  if (submitted !== '' && !/^no\b/.test(submitted)) return true
  if (['bulk', 'junk', 'list', 'auto_reply'].includes(value('Precedence'))) return true
  if (mediaType(root) === 'multipart/report') return true
  return root.fields.some((field) => AUTOMATIC.some((form) => form.test(fieldName(message, field))))
}

/** Its words, and of what is attached kind and size alone. */
function textOf(message: Message): string {
  const { textBody, attachments } = bodyLists(message)
  let text = ''
  for (const part of textBody) {
    if (part.type !== 'text' || text.length >= LONGEST_TEXT) continue
    const read = partText(message, part, MOST_READ).text
    text += part.subtype === 'html' ? htmlToText(read, { limit: LONGEST_TEXT }) : read
  }
  const words = text.replace(/\r\n?/g, '\n').replaceAll('\0', '').trim().slice(0, LONGEST_TEXT).toWellFormed()
  const named = attachments
    .slice(0, MOST_NAMED)
    .map((part) => `[${mediaType(part)}, ${Math.ceil((part.bodyEnd - part.bodyStart) / 1024)} kB]`)
  return [words, ...named].filter((line) => line !== '').join('\n') || '—'
}
