import type { Summary } from '#mail'
import type { Fate, Story } from '#mail/stories'
import type { Finding } from '#mail/findings'
import type { Arrival } from './receive.ts'

/** What is told of a letter to one of its recipients. */
export const storyOf = (
  { mailFrom, smtp, collectedFrom }: Pick<Arrival, 'mailFrom' | 'smtp' | 'collectedFrom'>,
  head: Pick<Summary, 'from' | 'subject' | 'messageId'> & Partial<Pick<Summary, 'blob'>>,
  { fate, to, findings }: { fate: Fate; to: string; findings: readonly Finding[] },
): Story => ({
  from: head.from?.[0] ?? null,
  subject: head.subject,
  messageId: head.messageId?.[0] ?? null,
  size: head.blob?.size ?? null,
  blob: head.blob ?? null,
  arrival: {
    fate,
    mailFrom,
    to,
    findings,
    ...(smtp === undefined ? {} : { smtp }),
    ...(collectedFrom === undefined ? {} : { collectedFrom }),
  },
})
