import { Refusal } from '#system'
import type { Storage } from '#storage'
import { countToday } from '../limits/daily.ts'
import { readName } from '../sign-up/names.ts'
import { usableDomains } from './aliases.ts'
import { normalizeForDirectory } from './normalize.ts'

/** Addresses that an owner may try for lists in a day. */
const TRIED_PER_DAY = 30

/**
 * Refuses an owner an address that they may not have for a list, whoever has it; what whoever runs the service may, stands in `insertListAddress`.
 * @throws Refusal 'invalid' with `name.form`, `name.reserved` or `address`; 'domainUnknown'; 'tooManyAttempts' for today
 */
export async function refuseListAddress(storage: Storage, accountId: number, address: string): Promise<void> {
  const whole = normalizeForDirectory(address)
  if (whole === undefined) throw new Refusal('invalid', { fields: ['address'] })
  readName(whole.local)
  if (!(await usableDomains(storage, accountId)).includes(whole.domain))
    throw new Refusal('domainUnknown', { fields: ['domain'] })
  // Whoever tries names out learns which ones others have.
  await countToday(storage, 'list', String(accountId), TRIED_PER_DAY)
}
