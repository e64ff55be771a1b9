import { readMessages, type StoredMessage } from '#mail'
import type { OpenAccount } from '#storage'
import { SetError } from '../calls/errors.ts'
import type { CallSession } from '../calls/method.ts'
import { emailIds } from '../mail/ids.ts'

/** The message that an object belongs to. @throws SetError 'invalidProperties' when there is no such one */
export async function loadMessage(session: CallSession, account: OpenAccount, emailId: string): Promise<StoredMessage> {
  const number = emailIds.numberOf(session.realId(emailId) ?? '')
  const [message] = number === undefined ? [] : await readMessages(account, [number])
  if (message === undefined)
    throw new SetError('invalidProperties', 'there is no such message', { properties: ['emailId'] })
  return message
}

export const numberOfEmail = (emailId: string): number => emailIds.numberOf(emailId) as number
