import { summarise } from '#mail'
import { enqueue, prepareLetter, wakeQueue } from '#mail/outbound'
import type { Storage } from '#storage'
import type { SmtpArrival } from './receive.ts'

/**
 * Puts a message into the queue, which knows where it goes from there: a letter for each recipient, all of them in one transaction, for
 * whose it is says who may look at it. Needs no more than zegel_receiver may.
 * @throws Refusal 'unavailable'
 */
export async function queueArrival(
  storage: Storage,
  { mailFrom, trace, content, findings, found, isTlsRequired }: Omit<SmtpArrival, 'recipients'>,
  recipients: SmtpArrival['recipients'],
): Promise<void> {
  const { messageId, subject } = summarise(content)
  const whole = Buffer.concat([trace, content])
  const letters = await Promise.all(
    recipients.map(({ accountId, address }) =>
      prepareLetter(storage, {
        accountId,
        mailFrom,
        recipients: [{ address }],
        content: whole,
        name: { messageId: messageId?.[0] ?? null, subject },
        isTraced: true,
        findings,
        found,
        isTlsRequired,
      }),
    ),
  )
  await storage.database.transaction(async (sql) => {
    for (const letter of letters) await enqueue(sql, letter)
  })
  wakeQueue(storage)
}
