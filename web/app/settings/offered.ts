import { connection } from '../jmap/client.svelte.ts'
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
