import { readScripts } from '#mail/scripts'
import { getMethod } from '../families/get.ts'
import { scriptIds, shown, state, type } from './script.ts'

/** SieveScript/get, RFC 9661 §2.3. */
export const get = getMethod({
  type,
  properties: ['name', 'blobId', 'isActive'],
  state,
  load: async (_session, account, { ids }) =>
    (await readScripts(account, ids === null ? null : scriptIds.numbersOf(ids))).map(shown),
})
