import type { Config } from '#system'
import { Refusal } from '#system'
import type { Storage } from '#storage'
import { isLocalDomain } from '../directory/domains.ts'
import { normalizeForDirectory } from '../directory/normalize.ts'
import { isDisposable } from './disposable.ts'

/**
 * An address outside by which a person can be reached, as it is written to.
 * @throws Refusal 'invalid' with one field: `external.form` for what is none, or no domain's; `external.ours` for a domain
 * that is served here, whose mailbox would be locked together with the account; `external.disposable`
 */
export async function readExternal(
  storage: Storage,
  { disposableDomains }: Pick<Config['signUp'], 'disposableDomains'>,
  typed: string,
): Promise<string> {
  const address = normalizeForDirectory(typed.trim())
  // Quotes and bare host names are nobody's address outside, and often somebody's trick.
  if (address === undefined || /^\[|^[^.]*$/.test(address.domain) || address.address.includes('"'))
    throw new Refusal('invalid', { fields: ['external.form'] })
  if (await isLocalDomain(storage, address.domain)) throw new Refusal('invalid', { fields: ['external.ours'] })
  if (isDisposable(address.domain, disposableDomains)) throw new Refusal('invalid', { fields: ['external.disposable'] })
  return address.address
}
