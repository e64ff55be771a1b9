import { pathOfMailbox } from '#transfer'
import type { OpenAccount } from '#storage'
import { SetError } from '../calls/errors.ts'
import { mailboxIds } from '../mail/ids.ts'

/** The names of a mailbox that was chosen, from the top. @throws SetError 'invalidProperties' */
export async function pathOf(account: OpenAccount, mailboxId: string): Promise<string[]> {
  const number = mailboxIds.numberOf(mailboxId)
  const path = number === undefined ? [] : await pathOfMailbox(account, number)
  if (path.length === 0) throw new SetError('invalidProperties', undefined, { properties: ['mailboxId'] })
  return path
}
