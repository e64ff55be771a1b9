import { z } from 'zod'
import { checkScript } from '#mail/scripts'
import { id } from '../calls/arguments.ts'
import { method } from '../calls/method.ts'
import { scriptError } from './refused.ts'
import { textOf, type } from './script.ts'

/** SieveScript/validate, RFC 9661 §2.6. */
export const validate = method({
  name: `${type}/validate`,
  args: z.strictObject({ accountId: id, blobId: id }),
  async run(session, { accountId, blobId }) {
    const account = session.openAccount(accountId)
    try {
      checkScript(await textOf(account, blobId))
      return { accountId, error: null }
    } catch (error) {
      return { accountId, error: await scriptError(account, error) }
    }
  },
})
