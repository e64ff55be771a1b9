import { randomUUID } from 'node:crypto'
import { operatedDomains } from '#accounts'
import { InvalidMessage, writeMessage } from '#formats/message'
import { now, Refusal } from '#system'
import type { Storage } from '#storage'
import { enqueue, prepareLetter, type Language, type PreparedLetter } from './letter.ts'
import { wakeQueue } from './wake.ts'

/** Something the service itself has to say to somebody. */
export interface OwnLetter {
  to: string
  subject: string
  /** Plain text; its lines end as they please. */
  text: string
  language: Language
  /** In place of noreply: an address here that reads answers. */
  from?: string | undefined
  /** What it answers; without angle brackets. */
  inReplyTo?: string | undefined
  /** Whether a letter made it come, or the service by itself; `no`: somebody has written it (RFC 3834 §5). */
  automatic?: 'auto-generated' | 'auto-replied' | 'no' | undefined
  /** A file that comes with it. */
  attachment?: { name: string; type: string; content: Uint8Array } | undefined
}

/** The letter's attachment while it is written. */
const ATTACHMENT = 'attachment'

/**
 * A letter of the service's own, ready for `enqueue`: plain text, from noreply at the first domain served here, with the
 * null sender and marked as automatic, so that no machine answers it (RFC 3834 §5).
 * @throws Refusal 'invalid' when the address or the subject cannot stand in a letter, 'unavailable' when no domain is served
 */
export async function prepareOwnLetter(storage: Storage, letter: OwnLetter): Promise<PreparedLetter> {
  const { attachment } = letter
  const [domain] = await operatedDomains(storage)
  if (domain === undefined) throw new Refusal('unavailable')
  const content = await writeMessage(
    {
      from: [{ name: 'Zegel', email: letter.from ?? `noreply@${domain.domain}` }],
      to: [{ name: null, email: letter.to }],
      subject: letter.subject,
      ...(letter.inReplyTo === undefined ? {} : { inReplyTo: [letter.inReplyTo] }),
      'header:Auto-Submitted:asText': letter.automatic ?? 'auto-generated',
      textBody: [{ partId: 'text', type: 'text/plain', language: [letter.language] }],
      bodyValues: { text: { value: letter.text } },
      ...(attachment === undefined
        ? {}
        : {
            attachments: [
              { blobId: ATTACHMENT, type: attachment.type, name: attachment.name, disposition: 'attachment' },
            ],
          }),
    },
    {
      date: now().toISOString(),
      messageId: `${randomUUID()}@${domain.domain}`,
      loadBlob: async () => {
        if (attachment === undefined) throw new Refusal('notFound')
        return attachment.content
      },
    },
  ).catch((error: unknown) => {
    throw error instanceof InvalidMessage ? new Refusal('invalid', { cause: error, fields: ['letter'] }) : error
  })
  return prepareLetter(storage, {
    accountId: undefined,
    mailFrom: '',
    recipients: [{ address: letter.to }],
    content,
    language: letter.language,
    isWrittenHere: true,
  })
}

/** Puts a letter of the service's own into the queue. @returns its id. @throws Refusal as prepareOwnLetter */
export async function sendOwnLetter(storage: Storage, letter: OwnLetter): Promise<number> {
  const prepared = await prepareOwnLetter(storage, letter)
  const id = await storage.database.transaction((sql) => enqueue(sql, prepared))
  wakeQueue(storage)
  return id
}
