import { z } from 'zod'
import {
  countDeleted,
  deletedState,
  findDeleted,
  findRecordsSaying,
  knownFolders,
  readDeleted,
  readDeletedRecords,
  recordState,
  type DeletedFilter,
  type KnownFolder,
} from '#items'
import { termsOf, textHas, wordsOfText } from '#mail'
import type { OpenAccount } from '#storage'
import { nowMs } from '#system'
import { id, orNull, utcDate } from '../calls/arguments.ts'
import { MethodError } from '../calls/errors.ts'
import { isOperator } from '../families/filter.ts'
import { getMethod, type Shown } from '../families/get.ts'
import { queryMethod } from '../families/query.ts'
import { openBudget } from '../mail/email/budget.ts'
import { emailArguments, showMetadata, sourceOf } from '../mail/email/get.ts'
import { DEFAULT_PROPERTIES, emailShower, isEmailProperty, METADATA } from '../mail/email/show.ts'
import { utcDateOf } from '../mail/ids.ts'
import {
  deletedId,
  deletionIds,
  deviceKeyOf,
  folderIds,
  numbersOf,
  restorableSince,
  restorableUntil,
  thingsOf,
} from './ids.ts'
import { describeItem, describeRecord, messageOf, RECORD_KINDS, wordsOfRecord } from './kinds/index.ts'

/** Things that were deleted and can be brought back. docs/jmap-extensions.md. */

export const state = async (account: OpenAccount): Promise<string> => {
  const records = RECORD_KINDS.map((kind) => recordState(account, kind))
  return String(Math.max(...(await Promise.all([deletedState(account), ...records]))))
}

/** A folder as it is named where something lay in it. */
export const showFolder = (folderId: number, known: KnownFolder | undefined): Record<string, unknown> => ({
  id: folderIds.of(folderId),
  path: known?.path ?? [],
  role: known?.role ?? null,
  isThere: known?.isThere ?? false,
})

/** Messages whose contents one call opens. */
const MOST_OPENED = 50

const get = getMethod({
  type: 'DeletedItem',
  properties: [
    'kind',
    'deletionId',
    'deletedAt',
    'until',
    'receivedAt',
    'size',
    'folders',
    'title',
    'people',
    'preview',
    'hasAttachment',
    'isOverwritten',
    'email',
    'value',
  ],
  args: {
    ...emailArguments,
    emailProperties: orNull(z.array(z.string().refine(isEmailProperty, 'no such property')).max(100)),
  },
  state,
  async load({ context }, account, { ids, properties, args }) {
    if (ids === null) throw new MethodError('requestTooLarge', 'ids: name the things')
    const { config } = context
    const wantsEmail = args.emailProperties !== null && properties.has('email')
    if (wantsEmail && ids.length > MOST_OPENED) throw new MethodError('requestTooLarge', 'ids: too many with email')
    const things = thingsOf(ids)
    const since = restorableSince(config, nowMs())
    const items = await readDeleted(account, numbersOf(things, 'item'), since)
    const records = await readDeletedRecords(account, numbersOf(things, 'record'), since)
    const folders = properties.has('folders') ? await knownFolders(account) : new Map<number, KnownFolder>()
    const named = args.emailProperties ?? DEFAULT_PROPERTIES
    const shower = emailShower(named, args, openBudget())
    const list: Shown[] = records.map((record) => ({
      id: deletedId({ store: 'record', id: record.id }),
      kind: record.kind,
      deletionId: deletionIds.of(record.deletionId),
      deletedAt: utcDateOf(record.deletedAt),
      until: utcDateOf(restorableUntil(config, record.deletedAt)),
      receivedAt: utcDateOf(record.savedAt),
      size: record.size,
      folders: [],
      ...describeRecord(record),
      isOverwritten: record.earlierOf !== undefined,
      email: null,
      value: record.value,
    }))
    for (const item of items) {
      const message = wantsEmail ? await messageOf(account, item) : undefined
      const source = message && sourceOf(account, message)
      list.push({
        id: deletedId({ store: 'item', id: item.id }),
        kind: item.kind,
        deletionId: deletionIds.of(item.deletionId),
        deletedAt: utcDateOf(item.deletedAt),
        until: utcDateOf(restorableUntil(config, item.deletedAt)),
        receivedAt: utcDateOf(item.receivedAt),
        size: item.size,
        folders: item.folders.map((folder) => showFolder(folder, folders.get(folder))),
        ...describeItem(item),
        isOverwritten: false,
        value: null,
        email:
          message && source
            ? Object.assign(
                showMetadata(
                  message,
                  METADATA.filter((name) => named.includes(name)),
                ),
                await shower.show(source),
              )
            : null,
      })
    }
    const place = new Map(ids.map((one, at) => [one, at]))
    return list.toSorted((a, b) => (place.get(a.id) ?? 0) - (place.get(b.id) ?? 0))
  },
})

/** What a text finds of all that was deleted; undefined for one that says nothing. */
async function saying(account: OpenAccount, text: string, since: Date): Promise<DeletedFilter['said']> {
  const terms = termsOf(text)
  if (terms.length === 0) return undefined
  const [words, records] = await Promise.all([
    wordsOfText(account, text),
    findRecordsSaying(account, (record) => textHas(wordsOfRecord(record), terms), since),
  ])
  return { words, records }
}

const query = queryMethod({
  type: 'DeletedItem',
  conditions: {
    text: z.string().max(500),
    after: utcDate,
    before: utcDate,
    kind: z.string().max(50),
    folderId: id,
    deletionId: id,
    deviceId: id,
    at: utcDate,
  },
  sorts: [],
  async run({ context }, account, { filter }, window) {
    if (filter !== null && isOperator(filter)) throw new MethodError('unsupportedFilter')
    if (window.anchor !== null) throw new MethodError('anchorNotFound', 'anchor: ask by position')
    const { text, after, before, kind, folderId, deletionId, deviceId, at } = filter ?? {}
    const since = restorableSince(context.config, nowMs())
    const found: DeletedFilter = {
      kind,
      after,
      before,
      at,
      folderId: folderId === undefined ? undefined : (folderIds.numberOf(folderId) ?? 0),
      deletionId: deletionId === undefined ? undefined : (deletionIds.numberOf(deletionId) ?? 0),
      deviceKey: deviceId === undefined ? undefined : deviceKeyOf(deviceId),
      said: text === undefined ? undefined : await saying(account, text, since),
    }
    const queryState = await state(account)
    const needsTotal = window.calculateTotal || window.position < 0
    const total = needsTotal ? sum(await countDeleted(account, found, since)) : undefined
    const position = window.position < 0 ? Math.max(0, window.position + (total ?? 0)) : window.position
    const things = await findDeleted(account, found, since, { offset: position, limit: window.limit })
    return { queryState, canCalculateChanges: false, position, ids: things.map(deletedId), total }
  },
})

export const sum = (counts: ReadonlyMap<string, number>): number =>
  [...counts.values()].reduce((all, count) => all + count, 0)

export const deletedItemMethods = [get, query]
