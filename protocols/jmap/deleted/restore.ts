import { z } from 'zod'
import {
  countByFolder,
  countDeleted,
  knownFolders,
  restoreDeletion,
  restoreFolder,
  restoreFound,
  restoreThese,
  type RestoredMany,
} from '#items'
import type { OpenAccount } from '#storage'
import { nowMs, type Refusal } from '#system'
import { id, utcDate } from '../calls/arguments.ts'
import { MethodError, setError, SetError } from '../calls/errors.ts'
import { method } from '../calls/method.ts'
import { limits } from '../limits.ts'
import { deletedId, deletionIds, folderIds, restorableSince, thingOf, thingsOf } from './ids.ts'
import { showFolder, sum } from './items.ts'

/** What is to come back: one of these, and with `at` a folder may narrow it. */
const WANTED = ['ids', 'deletionId', 'folderId', 'at'] as const

const args = z.strictObject({
  accountId: id,
  ids: z.array(id).max(limits.maxObjectsInSet).optional(),
  deletionId: id.optional(),
  folderId: id.optional(),
  at: utcDate.optional(),
  dryRun: z.boolean().default(false),
})
type Wanted = z.output<typeof args>

/** DeletedItem/restore: brings back what was deleted, to where it lay. docs/jmap-extensions.md. */
export const restore = method({
  name: 'DeletedItem/restore',
  args,
  async run(session, wanted) {
    const account = session.openAccount(wanted.accountId)
    const given = WANTED.filter((name) => wanted[name] !== undefined)
    const isOne = given.length === 1 || (given.length === 2 && wanted.at !== undefined && wanted.folderId !== undefined)
    if (!isOne) throw new MethodError('invalidArguments', `name one of ${WANTED.join(', ')}, or at and folderId`)
    const since = restorableSince(session.context.config, nowMs())
    if (wanted.dryRun) return { accountId: wanted.accountId, ...(await count(account, wanted, since)) }
    const { count: restored, items, kinds, folders: made, failed, hasMore } = await bringBack(account, wanted, since)
    const known = await knownFolders(account)
    const counts = new Map<number, number>(made.map((folder) => [folder, 0]))
    for (const where of items.values()) for (const folder of where) counts.set(folder, (counts.get(folder) ?? 0) + 1)
    return {
      accountId: wanted.accountId,
      restored,
      kinds: Object.fromEntries(kinds),
      folders: [...counts].map(([folder, number]) => ({
        ...showFolder(folder, known.get(folder)),
        count: number,
        isMade: made.includes(folder),
      })),
      notRestored: Object.fromEntries([
        ...(wanted.ids ?? [])
          .filter((one) => thingOf(one) === undefined)
          .map((one) => [one, new SetError('notFound').toJSON()]),
        ...[...failed].map(([one, refusal]) => [deletedId(one), whyNot(refusal)]),
      ]),
      hasMore,
    }
  },
})

/** What would be there twice, such as a sender who was blocked again, says so. */
const whyNot = (refusal: Refusal): object | undefined =>
  refusal.reason === 'exists' ? new SetError('alreadyExists').toJSON() : setError(refusal)?.toJSON()

function bringBack(account: OpenAccount, wanted: Wanted, since: Date): Promise<RestoredMany> {
  const { ids, deletionId, at } = wanted
  const folderId = wanted.folderId === undefined ? undefined : (folderIds.numberOf(wanted.folderId) ?? 0)
  if (ids !== undefined) return restoreThese(account, thingsOf(ids), since)
  if (deletionId !== undefined) return restoreDeletion(account, deletionIds.numberOf(deletionId) ?? 0, since)
  if (at !== undefined) return restoreFound(account, { at, folderId }, since)
  return restoreFolder(account, folderId ?? 0, since)
}

/** What would come back, and where it would lie. */
async function count(account: OpenAccount, wanted: Wanted, since: Date): Promise<object> {
  const { ids, deletionId, folderId, at } = wanted
  if (ids !== undefined) throw new MethodError('invalidArguments', 'dryRun: not of ids')
  const filter = {
    at,
    deletionId: deletionId === undefined ? undefined : (deletionIds.numberOf(deletionId) ?? 0),
    folderId: folderId === undefined ? undefined : (folderIds.numberOf(folderId) ?? 0),
  }
  const [kinds, counted, known] = await Promise.all([
    countDeleted(account, filter, since),
    countByFolder(account, filter, since),
    knownFolders(account),
  ])
  return {
    restored: sum(kinds),
    kinds: Object.fromEntries(kinds),
    folders: counted.map(({ id: folder, count: number }) => ({
      ...showFolder(folder, known.get(folder)),
      count: number,
      isMade: !(known.get(folder)?.isThere ?? false),
    })),
    notRestored: {},
    hasMore: false,
  }
}
