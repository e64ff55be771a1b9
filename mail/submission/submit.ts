import { rememberCorrespondents } from '#mail/correspondents'
import { enqueue } from '#mail/outbound'
import { tellDeparture } from '#mail/stories'
import type { Transaction } from '#storage'
import type { CheckedLetter } from './check.ts'
import { countSending } from './rates.ts'

/**
 * Puts a checked letter into the queue, counts it, and remembers whom it goes to. Call `wakeQueue` after the commit.
 * @returns its id in the queue
 * @throws Refusal 'tooManyAttempts' with the seconds to wait, when the account has sent too much
 */
export async function submit(tx: Transaction, checked: CheckedLetter): Promise<number> {
  await countSending(tx, checked.recipients.length, checked.limits)
  if (checked.isPersonal) await rememberCorrespondents(tx, checked.recipients)
  await tellDeparture(tx, checked.letter.id, checked.story)
  return enqueue(tx.sql, checked.letter)
}
