import { listings, listSender } from '../data/senders.ts'
import type { Listing } from '../data/senders.ts'
import { t } from '../shell/texts.svelte.ts'
import { offerUndo } from '../shell/toast.svelte.ts'
import { failed } from './perform.ts'

const said = {
  blocked: { on: 'done.blocked', more: 'done.blockedMore', off: 'done.unblocked' },
  allowed: { on: 'done.allowed', more: 'done.allowedMore', off: 'done.disallowed' },
} as const

/** Blocks a sender or always lets them in, says so, and offers to undo it. What has come already stays where it is. */
export async function decideOn(listing: Listing, address: string): Promise<void> {
  try {
    const undo = await listSender(listing, address)
    offerUndo(t(said[listing].on, { address }), () => void undo().catch(failed), undefined, t(said[listing].more))
  } catch (error) {
    failed(error)
  }
}

/** Takes a sender off a list, says so, and offers to undo it. */
export async function takeOff(listing: Listing, address: string): Promise<void> {
  try {
    await listings[listing].remove(address)
    offerUndo(t(said[listing].off, { address }), () => void listSender(listing, address).catch(failed))
  } catch (error) {
    failed(error)
  }
}
