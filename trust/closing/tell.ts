import {
  accountLetter,
  addressesOf,
  findRecovery,
  readSettings,
  type AccountLetter,
  type ClosingTerms,
  type SuspensionRule,
} from '#accounts'
import { enqueue, prepareOwnLetter } from '#mail/outbound'
import type { Sql, Storage } from '#storage'
import { now, type Config } from '#system'

/** What the letters need to know of the settings. */
export type LetterSettings = Pick<Config, 'hostname'>

/**
 * Prepares what tells a person of the end of their account, or of its way back, in the account's language.
 * @param isOpen  whether the account itself takes mail, so that it is told there too
 * @returns what writes it to the queue, in the transaction of what it tells; `wakeQueue` comes after it
 */
export async function letterAbout(
  storage: Storage,
  { hostname: host }: LetterSettings,
  accountId: number,
  kind: AccountLetter['kind'],
  {
    terms,
    closesOn,
    rule,
    isOpen = false,
  }: {
    terms?: ClosingTerms
    closesOn?: Date
    rule?: SuspensionRule
    isOpen?: boolean
  } = {},
): Promise<(sql: Sql) => Promise<void>> {
  const account = await storage.openAccount(accountId)
  const [{ language, timeZone }, [address = ''], recovery] = await Promise.all([
    readSettings(account),
    addressesOf(storage, accountId),
    findRecovery(storage, accountId),
  ])
  const day = (time: Date | undefined): string =>
    time === undefined ? '' : new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone }).format(time)
  const values = {
    host,
    address,
    until: day(terms?.reopenUntil),
    erasedOn: day(terms?.eraseAt),
    ...mailOf(terms, day),
    closesOn: day(closesOn),
    ...(rule === undefined ? {} : { rule }),
  }
  const words = accountLetter({ kind, language, values })
  const whom = [...(recovery === undefined ? [] : [recovery.address]), ...(isOpen ? [address] : [])]
  const letters = await Promise.all(whom.map((to) => prepareOwnLetter(storage, { to, language, ...words })))
  return async (sql) => {
    for (const letter of letters) await enqueue(sql, letter)
  }
}

/** What becomes of mail for a closed account. */
function mailOf(
  terms: ClosingTerms | undefined,
  day: (time: Date) => string,
): Pick<AccountLetter['values'], 'mail' | 'forwardUntil'> {
  const { forwardUntil = null } = terms ?? {}
  if (forwardUntil === null || forwardUntil <= now()) return { mail: 'refused' }
  return { mail: 'forwarded', forwardUntil: day(forwardUntil) }
}
