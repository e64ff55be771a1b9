import { countStrangers, rememberCorrespondents } from '#mail/correspondents'
import { countSending } from '#mail/limits'
import { enqueue } from '#mail/outbound'
import { tellDeparture } from '#mail/stories'
import type { Transaction } from '#storage'
import type { CheckedLetter } from './check.ts'

/**
 * Puts a checked letter into the queue, counts it, and remembers whom it goes to. Call `wakeQueue` after the commit.
 * @returns its id in the queue
 * @throws Refusal 'tooManyAttempts' with the seconds to wait and the limit as its field, when the account has sent too much
 */
export async function submit(tx: Transaction, checked: CheckedLetter): Promise<number> {
  const addresses = checked.recipients.map(({ email }) => email)
  const strangers = await countStrangers(tx.account, addresses, tx.sql)
  await countSending(tx, { recipients: addresses.length, strangers }, checked.limits)
  if (checked.isPersonal) await rememberCorrespondents(tx, checked.recipients)
  await tellDeparture(tx, checked.letter.id, checked.story)
  return enqueue(tx.sql, checked.letter)
}
