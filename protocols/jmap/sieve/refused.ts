import { SieveError } from '#formats/sieve'
import { complaintOf, findScript, MOST_SCRIPT_BYTES } from '#mail/scripts'
import type { OpenAccount } from '#storage'
import { Refusal } from '#system'
import { SetError, setError } from '../calls/errors.ts'
import { scriptIds } from './script.ts'

/** Why a script was not kept, in the words of RFC 9661 §2.4. @throws `error` again when it is a fault of ours */
export async function scriptError(account: OpenAccount, error: unknown, name?: string): Promise<SetError> {
  if (error instanceof SieveError) return new SetError('invalidSieve', complaintOf(error))
  if (error instanceof Refusal && error.reason === 'exists' && name !== undefined) {
    const existing = await findScript(account, name)
    return new SetError('alreadyExists', undefined, existing && { existingId: scriptIds.of(existing.id) })
  }
  if (error instanceof Refusal && error.reason === 'tooLarge')
    return new SetError('tooLarge', undefined, { maxSize: MOST_SCRIPT_BYTES })
  const reason = setError(error)
  if (reason === undefined) throw error
  return reason
}
