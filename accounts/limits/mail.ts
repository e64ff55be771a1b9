import type { Storage } from '#storage'
import { countToday } from './daily.ts'

/**
 * Codes in a day. To an address at the wish of one network, so that a stranger elsewhere cannot use up what its owner may
 * ask for; to an address in all, so that nobody's mailbox is filled through us; and from one network.
 */
const MOST_TO_ADDRESS_FROM_NETWORK = 5
const MOST_TO_ADDRESS = 20
const MOST_FROM_NETWORK = 100

/**
 * Counts a code that is asked for.
 * @param network  of the client, by networkOf; of somebody who is signed in, whatever names the account
 * @throws Refusal 'tooManyAttempts'
 */
export async function countCode(storage: Storage, address: string, network: string): Promise<void> {
  await countToday(storage, 'code from', network, MOST_FROM_NETWORK)
  await countToday(storage, 'code to, from', JSON.stringify([address, network]), MOST_TO_ADDRESS_FROM_NETWORK)
  await countToday(storage, 'code to', address, MOST_TO_ADDRESS)
}
