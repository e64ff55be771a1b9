import type { Storage } from '#storage'
import type { Purpose } from '../codes/contents.ts'
import { countToday } from './daily.ts'

/**
 * Codes in a day, for each purpose by itself. To an address at the wish of one network, so that a stranger elsewhere
 * cannot use up what its owner may ask for; to an address in all, so that nobody's mailbox is filled through us; and from
 * one network for everything.
 */
const MOST_TO_ADDRESS_FROM_NETWORK = 5
/** More for a reset: whoever uses these up, from many networks, shuts out somebody who cannot get in otherwise. */
const MOST_TO_ADDRESS: Record<Purpose, number> = { signUp: 20, recovery: 20, reset: 60 }
const MOST_FROM_NETWORK = 100

/**
 * Counts a code that is asked for.
 * @param network  of the client, by networkOf; of somebody who is signed in, whatever names the account
 * @throws Refusal 'tooManyAttempts'
 */
export async function countCode(storage: Storage, purpose: Purpose, address: string, network: string): Promise<void> {
  // With "+detail" one mailbox has as many addresses as anybody likes.
  const mailbox = address.replace(/\+.*(?=@)/s, '')
  await countToday(storage, 'code from', network, MOST_FROM_NETWORK)
  await countToday(
    storage,
    `${purpose} code to, from`,
    JSON.stringify([mailbox, network]),
    MOST_TO_ADDRESS_FROM_NETWORK,
  )
  await countToday(storage, `${purpose} code to`, mailbox, MOST_TO_ADDRESS[purpose])
}
