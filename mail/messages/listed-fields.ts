import type { Message } from '#formats/message'

/**
 * Header fields that mail programs ask for when they list a mailbox (as Thunderbird, K-9, Mutt, mbsync and Apple's do). They
 * stand in the summary as they came, so that a list opens no content.
 */
const LISTED: ReadonlySet<string> = new Set(
  (
    'from sender reply-to to cc bcc subject date message-id in-reply-to references content-type mime-version ' +
    'priority x-priority importance newsgroups list-id list-post list-subscribe list-unsubscribe list-unsubscribe-post ' +
    'x-label x-original-to delivered-to return-path content-description lines disposition-notification-to ' +
    'auto-submitted precedence user-agent x-mailer chat-version autocrypt-setup-message x-k9mail-identity ' +
    'x-uniform-type-identifier x-universally-unique-identifier bimi-indicator bimi-location'
  ).split(' '),
)

export const isListed = (name: string): boolean => LISTED.has(name.toLowerCase())

/** Bytes of them that a summary takes. */
const MOST = 4096

/** The listed fields of a message, a character for each byte; undefined when they are too long. */
export function listedFields({ bytes, root }: Message): string | undefined {
  let text = ''
  for (const field of root.fields) {
    if (!isListed(bytes.toString('latin1', field.nameStart, field.nameEnd))) continue
    const end = bytes.indexOf(10, field.valueEnd)
    const stop = end === -1 ? bytes.length : end + 1
    if (text.length + stop - field.nameStart > MOST) return undefined
    text += bytes.toString('latin1', field.nameStart, stop)
  }
  return text
}
