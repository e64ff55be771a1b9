import { randomUUID } from 'node:crypto'
import { readSettings } from '#accounts'
import { htmlToText, writeMessage } from '#formats/message'
import type { Summary } from '#mail'
import { nameOfAddress } from '#mail/identities'
import type { OpenAccount } from '#storage'
import { now, Refusal } from '#system'
import type { Answerable } from './may-answer.ts'
import type { Vacation } from './vacation.ts'

/** What is said by who says nothing. RFC 8621 §8. */
const WORDS = {
  de: {
    subject: 'Automatische Antwort',
    text: 'Ich bin zurzeit nicht erreichbar und antworte, sobald ich zurück bin.',
  },
  fr: { subject: 'Réponse automatique', text: 'Je suis absent pour le moment et vous répondrai à mon retour.' },
  nl: { subject: 'Automatisch antwoord', text: 'Ik ben momenteel afwezig en antwoord zodra ik terug ben.' },
  en: { subject: 'Automatic reply', text: 'I am away at the moment and will answer when I am back.' },
} as const

/** References that an answer carries, the newest. */
const MOST_REFERENCES = 20

/** Characters of the subject that is answered. */
const MOST_SUBJECT = 500

/** Writes an answer. RFC 3834 §3, RFC 5230 §5. */
export async function writeAnswer(
  account: OpenAccount,
  vacation: Vacation,
  { to, from }: Answerable,
  { subject, messageId, references }: Pick<Summary, 'subject' | 'messageId' | 'references'>,
): Promise<Buffer> {
  const { language } = await readSettings(account)
  const words = WORDS[language]
  const { htmlBody } = vacation
  const text = vacation.textBody ?? (htmlBody === null ? words.text : htmlToText(htmlBody))
  const answered = messageId?.slice(0, 1) ?? []
  const thread = [...(references ?? []), ...answered].slice(-MOST_REFERENCES)
  return writeMessage(
    {
      from: [{ name: (await nameOfAddress(account, from)) || null, email: from }],
      to: [{ name: null, email: to }],
      subject:
        vacation.subject ?? `${words.subject}: ${(subject ?? '').replace(/\p{Cc}+/gu, ' ').slice(0, MOST_SUBJECT)}`,
      inReplyTo: answered.length > 0 ? answered : null,
      references: thread.length > 0 ? thread : null,
      'header:Auto-Submitted:asText': 'auto-replied',
      'header:X-Auto-Response-Suppress:asText': 'All',
      textBody: [{ partId: 'text', type: 'text/plain', language: [language] }],
      ...(htmlBody === null ? {} : { htmlBody: [{ partId: 'html', type: 'text/html', language: [language] }] }),
      bodyValues: { text: { value: text }, ...(htmlBody === null ? {} : { html: { value: htmlBody } }) },
    },
    {
      date: now().toISOString(),
      messageId: `${randomUUID()}@${from.slice(from.lastIndexOf('@') + 1)}`,
      loadBlob: () => Promise.reject(new Refusal('notFound')),
    },
  )
}
