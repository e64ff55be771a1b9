import { z } from 'zod'
import { confirmDeletion, knownFolders, readDeleted, readDeletions, type KnownFolder, type PastDeletion } from '#items'
import { nowMs, type Config } from '#system'
import { SetError } from '../calls/errors.ts'
import { getMethod, type Shown } from '../families/get.ts'
import { queryMethod } from '../families/query.ts'
import { oneByOne, setMethod } from '../families/set.ts'
import { limits } from '../limits.ts'
import { utcDateOf } from '../mail/ids.ts'
import { deletionIds, restorableSince, restorableUntil } from './ids.ts'
import { showFolder, state } from './items.ts'
import { describe } from './kinds.ts'

/** What one device deleted at one time. docs/jmap-extensions.md. */

function show(
  config: Config,
  deletion: PastDeletion,
  folders: ReadonlyMap<number, KnownFolder>,
  titles: ReadonlyMap<number, string>,
): Shown {
  const { id, at, lastAt, count, left, removedFolders, device, isAsked } = deletion
  const named = (ids: readonly number[]): Record<string, unknown>[] =>
    ids.map((folder) => showFolder(folder, folders.get(folder)))
  return {
    id: deletionIds.of(id),
    at: utcDateOf(at),
    lastAt: utcDateOf(lastAt),
    until: utcDateOf(restorableUntil(config, at)),
    count,
    left,
    titles: deletion.newest.flatMap((item) => titles.get(item) ?? []),
    folders: named(deletion.folders),
    removedFolders: named(removedFolders),
    device: device ?? null,
    isAsked,
  }
}

/** Deletions of one call of which things are named. */
const MOST_NAMED = 200

const get = getMethod({
  type: 'Deletion',
  properties: ['at', 'lastAt', 'until', 'count', 'left', 'titles', 'folders', 'removedFolders', 'device', 'isAsked'],
  state,
  async load({ context: { config } }, account, { ids, properties }) {
    const since = restorableSince(config, nowMs())
    const wanted = ids === null ? { offset: 0, limit: limits.maxObjectsInGet + 1 } : { ids: deletionIds.numbersOf(ids) }
    const deletions = await readDeletions(account, wanted, since)
    const folders = await knownFolders(account)
    const named = deletions.slice(0, MOST_NAMED).flatMap(({ newest }) => newest)
    const items = properties.has('titles') ? await readDeleted(account, named, since) : []
    const titles = new Map(items.map((item) => [item.id, describe(item).title]))
    return deletions.map((deletion) => show(config, deletion, folders, titles))
  },
})

const query = queryMethod({
  type: 'Deletion',
  conditions: {},
  sorts: [],
  async run({ context: { config } }, account, _question, window) {
    const queryState = await state(account)
    const offset = Math.max(0, window.position)
    const limit = Math.min(window.limit, limits.maxObjectsInGet)
    const found = await readDeletions(account, { offset, limit }, restorableSince(config, nowMs()))
    return { queryState, canCalculateChanges: false, position: offset, ids: found.map(({ id }) => deletionIds.of(id)) }
  },
})

const Patch = z.strictObject({ isAsked: z.literal(false) })

/** Its owner says that a large one was meant. */
const set = setMethod({
  type: 'Deletion',
  state,
  apply: oneByOne({
    async update(_session, account, id, patch) {
      const checked = Patch.safeParse(patch)
      if (!checked.success) throw new SetError('invalidProperties', undefined, { properties: Object.keys(patch) })
      if (!(await confirmDeletion(account, deletionIds.numberOf(id) ?? 0))) throw new SetError('notFound')
      return null
    },
  }),
})

export const deletionMethods = [get, query, set]
