import { masked } from '../data/writing.ts'
import { connection } from '../jmap/client.svelte.ts'
import { Failure } from '../jmap/failure.ts'
import type { MaskedAddress } from '../jmap/types.ts'
import { t } from '../shell/texts.svelte.ts'
import { offerUndo } from '../shell/toast.svelte.ts'
import { failed } from './perform.ts'

/** Masked addresses that one account may have; 0 where this server makes none. */
export const mostMasked = (): number =>
  Number(connection.session?.capabilities['urn:zegel:mail']?.['maxMaskedAddresses'] ?? 0)

/** Switches a masked address on or off, says so, and offers to undo it. Says when it could not. */
export async function switchMasked({ id, name, email }: MaskedAddress, isOn: boolean): Promise<void> {
  try {
    await masked.update(id, { isOn })
    const undo = () => void masked.update(id, { isOn: !isOn }).catch(failed)
    offerUndo(t(isOn ? 'done.maskedOn' : 'done.maskedOff', { address: name || email }), undo)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    failed(error)
  }
}
