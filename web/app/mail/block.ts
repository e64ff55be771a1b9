import { block, unblock } from '../data/blocked.ts'
import { t } from '../shell/texts.svelte.ts'
import { offerUndo } from '../shell/toast.svelte.ts'
import { failed } from './perform.ts'

/** Blocks a sender, says so, and offers to undo it. What has come already stays where it is. */
export async function blockSender(address: string): Promise<void> {
  try {
    await block(address)
    offerUndo(
      t('done.blocked', { address }),
      () => void unblock(address).catch(failed),
      undefined,
      t('done.blockedMore'),
    )
  } catch (error) {
    failed(error)
  }
}
