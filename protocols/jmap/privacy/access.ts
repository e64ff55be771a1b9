import { ownAccesses, type OwnAccess } from '#trust/access'
import type { OpenAccount, Storage } from '#storage'
import { MethodError } from '../calls/errors.ts'
import { getMethod, type Shown } from '../families/get.ts'
import { queryMethod, windowOf } from '../families/query.ts'
import { utcDateOf } from '../mail/ids.ts'

/** Looks at the account's data by those who run the service, shown to its owner, with what proves each. docs/jmap-extensions.md. */
const properties = ['number', 'time', 'by', 'purpose', 'reference', 'fields', 'isAboutEverybody', 'salt', 'text']

/** The newest that can be asked for. */
const MOST = 1000

const idOf = (number: number): string => `A${number}`

/** The newest one's number: they are never changed. */
async function state(storage: Storage, account: OpenAccount): Promise<string> {
  const [newest] = await ownAccesses(storage, account, { limit: 1 })
  return String(newest?.number ?? 0)
}

const get = getMethod({
  type: 'AccessEntry',
  properties,
  state: (account, { context }) => state(context.storage, account),
  async load({ context: { storage } }, account, { ids }) {
    const wanted = ids === null ? undefined : new Set(ids)
    const all = await ownAccesses(storage, account, { limit: MOST })
    return all.filter(({ number }) => wanted?.has(idOf(number)) ?? true).map(show)
  },
})

const show = ({ at, ...access }: OwnAccess): Shown => ({
  ...access,
  id: idOf(access.number),
  time: utcDateOf(new Date(at)),
})

const query = queryMethod({
  type: 'AccessEntry',
  conditions: {},
  sorts: [],
  async run({ context: { storage } }, account, { filter }, window) {
    if (filter !== null && Object.keys(filter).length > 0) throw new MethodError('unsupportedFilter')
    const all = await ownAccesses(storage, account, { limit: MOST })
    const ids = all.map(({ number }) => idOf(number))
    return { queryState: await state(storage, account), canCalculateChanges: false, ...windowOf(ids, window) }
  },
})

export const accessMethods = [get, query]
