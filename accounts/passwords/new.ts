import { readFileSync } from 'node:fs'
import { Refusal } from '#system'
import { isAcceptablePassword, isTooLong } from './rules.ts'

/** What is tried first by whoever guesses. In lower case; our own list, of no leak. */
const COMMON = new Set(
  readFileSync(new URL('./common.txt', import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== ''),
)

/**
 * Refuses a new password that is too easy to guess, beside what every password must be (rules.ts).
 * @param own  the person's addresses: neither they nor what stands before their "@" is a secret
 * @throws Refusal 'invalid' with one field: `password.short`, `password.long`, `password.common` or `password.address`
 */
export function refuseWeakPassword(password: string, own: readonly string[]): void {
  const fault = faultOf(password, own)
  if (fault !== undefined) throw new Refusal('invalid', { fields: [`password.${fault}`] })
}

function faultOf(password: string, own: readonly string[]): 'short' | 'long' | 'common' | 'address' | undefined {
  if (isTooLong(password)) return 'long'
  if (!isAcceptablePassword(password)) return 'short'
  const plain = password.normalize('NFKC').toLowerCase().trim()
  if (COMMON.has(plain) || new Set(plain).size <= 2) return 'common'
  const names = own.flatMap((address) => [address, address.slice(0, address.lastIndexOf('@'))])
  return names.some((name) => name !== '' && name.normalize('NFKC').toLowerCase() === plain) ? 'address' : undefined
}
