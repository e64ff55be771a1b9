import { accountLimit, connection } from '../jmap/client.svelte.ts'
import type { MailServer, Scope } from '../jmap/types.ts'

const said = (name: string): unknown => connection.session?.capabilities['urn:zegel:account']?.[name]

/** What an app password can open on this server today. */
export const scopesOffered = (): Scope[] => (said('appPasswordScopes') as Scope[] | undefined) ?? ['mail']

/** Where a mail program finds this server: of each protocol the best way, which stands first. */
export function mailServers(): MailServer[] {
  const all = (said('mailServers') as MailServer[] | undefined) ?? []
  return all.filter(({ protocol }, at) => all.findIndex((one) => one.protocol === protocol) === at)
}

/** Domains that one account may bring; none: it is not offered. */
export const mostDomains = (): number => Number(said('maxOwnDomains') ?? 0)

/** App passwords that one account may have. */
export const most = (): number => Number(said('maxAppPasswords') ?? 50)

/** Distribution lists that one account may make; none: only whoever runs the server makes some. */
export const mostLists = (): number => accountLimit('urn:zegel:lists', 'maxLists') ?? 0

/** Members of one list, those who were asked included. */
export const mostMembers = (): number => accountLimit('urn:zegel:lists', 'maxMembers') ?? 0

/** Characters of what is told to the author of a letter that is refused. */
export const longestReason = (): number => accountLimit('urn:zegel:lists', 'maxReason') ?? 1000
