import { Refusal } from '#system'
import { MethodError } from '../calls/errors.ts'

/**
 * Words for a client that shows them beside a field: whoever types a password or a code has to be told what was wrong.
 * @param what  the argument that did not fit
 */
export async function explained<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const { reason, retryAfterSeconds } = error
    if (reason === 'badCredentials') throw new MethodError('forbidden', what)
    if (reason === 'expired' || reason === 'notFound') throw new MethodError('forbidden', 'expired')
    if (reason !== 'tooManyAttempts') throw error
    throw new MethodError(
      'forbidden',
      retryAfterSeconds === undefined ? 'attempts' : `attempts, wait ${retryAfterSeconds}`,
    )
  }
}
