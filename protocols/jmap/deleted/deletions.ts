import { z } from 'zod'
import {
  confirmDeletion,
  knownFolders,
  readDeleted,
  readDeletedRecords,
  readDeletions,
  type DeletedThing,
  type KnownFolder,
  type PastDeletion,
} from '#items'
import type { OpenAccount } from '#storage'
import { nowMs, type Config } from '#system'
import { id } from '../calls/arguments.ts'
import { MethodError, SetError } from '../calls/errors.ts'
import { isOperator } from '../families/filter.ts'
import { getMethod, type Shown } from '../families/get.ts'
import { queryMethod } from '../families/query.ts'
import { oneByOne, setMethod } from '../families/set.ts'
import { limits } from '../limits.ts'
import { utcDateOf } from '../mail/ids.ts'
import { deletedId, deletionIds, deviceId, deviceKeyOf, numbersOf, restorableSince, restorableUntil } from './ids.ts'
import { showFolder, state, sum } from './items.ts'
import { describeItem, describeRecord } from './kinds/index.ts'

/** What one device deleted at one time. docs/jmap-extensions.md. */

function show(
  config: Config,
  deletion: PastDeletion,
  folders: ReadonlyMap<number, KnownFolder>,
  titles: ReadonlyMap<string, string>,
): Shown {
  const { id, at, lastAt, count, left, leftStates, removedFolders, device, deviceKey, isAsked } = deletion
  const named = (ids: readonly number[]): Record<string, unknown>[] =>
    ids.map((folder) => showFolder(folder, folders.get(folder)))
  return {
    id: deletionIds.of(id),
    at: utcDateOf(at),
    lastAt: utcDateOf(lastAt),
    until: utcDateOf(restorableUntil(config, at)),
    count,
    left: sum(left),
    kinds: Object.fromEntries(left),
    overwritten: leftStates,
    titles: deletion.newest.flatMap((thing) => titles.get(deletedId(thing)) ?? []),
    folders: named(deletion.folders),
    removedFolders: named(removedFolders),
    device: device ?? null,
    deviceId: deviceKey === undefined ? null : deviceId(deviceKey),
    isAsked,
  }
}

/** Deletions of one call of which things are named. */
const MOST_NAMED = 200

const get = getMethod({
  type: 'Deletion',
  properties: [
    'at',
    'lastAt',
    'until',
    'count',
    'left',
    'kinds',
    'overwritten',
    'titles',
    'folders',
    'removedFolders',
    'device',
    'deviceId',
    'isAsked',
  ],
  state,
  async load({ context: { config } }, account, { ids, properties }) {
    const since = restorableSince(config, nowMs())
    const wanted = ids === null ? { offset: 0, limit: limits.maxObjectsInGet + 1 } : { ids: deletionIds.numbersOf(ids) }
    const deletions = await readDeletions(account, wanted, since)
    const folders = await knownFolders(account)
    const named = deletions.slice(0, MOST_NAMED).flatMap(({ newest }) => newest)
    const titles = properties.has('titles') ? await titlesOf(account, named, since) : new Map<string, string>()
    return deletions.map((deletion) => show(config, deletion, folders, titles))
  },
})

async function titlesOf(
  account: OpenAccount,
  things: readonly DeletedThing[],
  since: Date,
): Promise<Map<string, string>> {
  const [items, records] = await Promise.all([
    readDeleted(account, numbersOf(things, 'item'), since),
    readDeletedRecords(account, numbersOf(things, 'record'), since),
  ])
  return new Map([
    ...items.map((item) => [deletedId({ store: 'item', id: item.id }), describeItem(item).title] as const),
    ...records.map((record) => [deletedId({ store: 'record', id: record.id }), describeRecord(record).title] as const),
  ])
}

const query = queryMethod({
  type: 'Deletion',
  conditions: { isAsked: z.literal(true), deviceId: id },
  sorts: [],
  async run({ context: { config } }, account, { filter }, window) {
    if (filter !== null && isOperator(filter)) throw new MethodError('unsupportedFilter')
    const queryState = await state(account)
    const offset = Math.max(0, window.position)
    const limit = Math.min(window.limit, limits.maxObjectsInGet)
    const found = await readDeletions(
      account,
      { offset, limit },
      restorableSince(config, nowMs()),
      filter?.isAsked === true ? 'asked' : 'all',
      filter?.deviceId === undefined ? undefined : deviceKeyOf(filter.deviceId),
    )
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
