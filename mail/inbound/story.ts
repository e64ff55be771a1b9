import type { Summary } from '#mail'
import type { Fate, Onward, Story } from '#mail/stories'
import type { Finding } from '#mail/findings'
import type { Arrival } from './receive.ts'

/** What is told of a letter to one of its recipients. */
export const storyOf = (
  { mailFrom, smtp, collectedFrom }: Pick<Arrival, 'mailFrom' | 'smtp' | 'collectedFrom'>,
  head: Pick<Summary, 'from' | 'subject' | 'messageId'> & Partial<Pick<Summary, 'blob'>>,
  { fate, to, findings, onward }: { fate: Fate; to: string; findings: readonly Finding[]; onward?: Onward },
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
    ...(onward === undefined ? {} : { onward }),
  },
})

/** What has to be known of a letter that waits, should its owner's script send it on when it is released. */
export const onwardOf = ({ found, isTlsRequired = false, isWrittenHere = false }: Arrival): Onward => ({
  ...(found === undefined ? {} : { found }),
  isTlsRequired,
  isWrittenHere,
})
