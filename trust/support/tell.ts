import { addressesOf, readSettings } from '#accounts'
import { enqueue, prepareOwnLetter, type OwnLetter } from '#mail/outbound'
import type { Sql, Storage } from '#storage'
import type { Config } from '#system'
import { STRANGER, type Ticket } from '#trust/tickets'
import { supportLetter } from './texts.ts'

export type SupportSettings = Pick<Config, 'hostname' | 'support'>

/**
 * Prepares what tells of an answer. In the inbox of the account stands what was answered; outside it stands only where the ticket
 * came from there.
 * @returns what writes it to the queue, in the transaction of the answer; `wakeQueue` comes after it
 */
export async function answerLetters(
  storage: Storage,
  { hostname: host, support }: SupportSettings,
  { accountId, number, subject, from }: Ticket,
  text: string,
): Promise<(sql: Sql) => Promise<void>> {
  const letters: OwnLetter[] = []
  if (from !== undefined)
    letters.push({
      to: from.address,
      language: from.language,
      from: support.address,
      automatic: 'no',
      ...supportLetter('answer.mail', from.language, { host, number, subject, text }),
    })
  if (accountId !== STRANGER) {
    const [{ language }, [to]] = await Promise.all([
      storage.openAccount(accountId).then(readSettings),
      addressesOf(storage, accountId),
    ])
    if (to !== undefined)
      letters.push({ to, language, ...supportLetter('answer.app', language, { host, number, subject, text }) })
  }
  const prepared = await Promise.all(letters.map((letter) => prepareOwnLetter(storage, letter)))
  return async (sql) => {
    for (const letter of prepared) await enqueue(sql, letter)
  }
}
