import {
  accountLetter,
  accountState,
  addressesOf,
  findRecovery,
  readSettings,
  type AccountLetter,
  type RecoveryWait,
  type WaitLinks,
} from '#accounts'
import { enqueue, prepareOwnLetter } from '#mail/outbound'
import type { Sql, Storage } from '#storage'
import type { Config } from '#system'

export type RecoverySettings = Pick<Config, 'hostname' | 'recovery'>

type Kind = Extract<AccountLetter['kind'], `recovery${string}`>

/**
 * Prepares letters about a wait, in the language of the account: to the address outside and, where the account takes mail, to itself.
 * @param outside  what is written to the address outside, `inside` to the account; undefined for nothing
 * @returns what writes them to the queue; `wakeQueue` comes after it
 */
export async function waitLetters(
  storage: Storage,
  { hostname: host }: Pick<RecoverySettings, 'hostname'>,
  accountId: number,
  { outside, inside }: { outside?: Kind | undefined; inside?: Kind | undefined },
  wait?: { wait: RecoveryWait; links: WaitLinks },
): Promise<(sql: Sql) => Promise<void>> {
  const account = await storage.openAccount(accountId)
  const [{ language, timeZone }, [address = ''], recovery, state] = await Promise.all([
    readSettings(account),
    addressesOf(storage, accountId),
    findRecovery(storage, accountId),
    accountState(storage.database.sql, accountId),
  ])
  // While it waits it is told when it lets in; then, until when.
  const until = (kind: Kind): string =>
    wait === undefined
      ? ''
      : new Intl.DateTimeFormat(language, { dateStyle: 'full', timeStyle: 'short', timeZone }).format(
          kind === 'recoveryReady' ? wait.wait.endsAt : wait.wait.readyAt,
        )
  const page = `https://${host}/${language}/recovery`
  const link = (kind: Kind): string => {
    if (wait === undefined) return ''
    // Whoever reads the account's mail may stop it; only the address outside lets in.
    return kind === 'recoveryReady' ? `${page}?set=${wait.links.set}` : `${page}?stop=${wait.links.stop}`
  }
  const isOpen = state === 'open' || state === 'suspended'
  const letters: [kind: Kind | undefined, to: string | undefined][] = [
    [outside, recovery?.address],
    [inside, isOpen ? address : undefined],
  ]
  const prepared = await Promise.all(
    letters.flatMap(([kind, to]) => {
      if (kind === undefined || to === undefined || to === '') return []
      const words = accountLetter({ kind, language, values: { host, address, until: until(kind), link: link(kind) } })
      return [prepareOwnLetter(storage, { to, language, ...words })]
    }),
  )
  return async (sql) => {
    for (const letter of prepared) await enqueue(sql, letter)
  }
}
