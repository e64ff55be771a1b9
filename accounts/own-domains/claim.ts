import { now, Refusal, type Config } from '#system'
import type { Storage } from '#storage'
import { isLocalDomain } from '../directory/domains.ts'
import { countToday } from '../limits/daily.ts'
import { ownDomainName } from './name.ts'
import { claimKey, newToken, sealClaim } from './token.ts'

/** New claims of one account in a day: each makes the server ask the DNS for a week. */
const MOST_A_DAY = 20

export type OwnDomainSettings = Pick<Config, 'hostname' | 'names' | 'domains'>

/**
 * Notes that somebody says a domain is theirs: they are given a record by which they prove it. Asked for again, the claim stays what
 * it is.
 * @returns the name of the domain as it is kept
 * @throws Refusal 'invalid' (ownDomainName); 'exists' when it is served here, whosever it is; 'tooManyItems'; 'tooManyAttempts';
 *   'notFound' when the account is not open
 */
export async function claimDomain(
  storage: Storage,
  settings: OwnDomainSettings,
  accountId: number,
  typed: string,
): Promise<string> {
  const domain = ownDomainName(typed, settings)
  if (settings.domains.most === 0) throw new Refusal('tooManyItems')
  if (await isLocalDomain(storage, domain)) throw new Refusal('exists')
  await countToday(storage, 'claim of a domain', String(accountId), MOST_A_DAY)
  const directory = await storage.keys.serviceKey('directory')
  const sealed = sealClaim(directory, accountId, { domain, token: newToken() })
  await storage.database.transaction(async (sql) => {
    // One at a time.
    const { rowCount } = await sql`
      select from account where account_id = ${accountId} and state = 'open' for no key update`
    if (rowCount === 0) throw new Refusal('notFound')
    const { rows } = await sql<{ count: number }>`
      select (select count(*) from domain_claim where account_id = ${accountId} and domain_key <> ${claimKey(directory, domain)})::int
        + (select count(*) from domain where owner_account_id = ${accountId})::int as count`
    if ((rows[0]?.count ?? 0) >= settings.domains.most) throw new Refusal('tooManyItems')
    await sql`
      insert into domain_claim (account_id, domain_key, sealed, created_at, looks, next_look_at, seen)
      values (${accountId}, ${claimKey(directory, domain)}, ${sealed}, ${now()}, 0, ${now()}, 'missing')
      on conflict do nothing`
  })
  return domain
}
