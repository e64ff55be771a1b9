import { z } from 'zod'
import { deletedState, findDeleted, countDeleted, knownFolders, readDeleted, type KnownFolder } from '#items'
import { wordsOfText } from '#mail'
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
import { deletedIds, deletionIds, folderIds, restorableSince, restorableUntil } from './ids.ts'
import { describe, messageOf } from './kinds.ts'

/** Things that were deleted and can be brought back. docs/jmap-extensions.md. */

export const state = async (account: OpenAccount): Promise<string> => String(await deletedState(account))

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
    'email',
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
    const items = await readDeleted(account, deletedIds.numbersOf(ids), restorableSince(config, nowMs()))
    const folders = properties.has('folders') ? await knownFolders(account) : new Map<number, KnownFolder>()
    const named = args.emailProperties ?? DEFAULT_PROPERTIES
    const shower = emailShower(named, args, openBudget())
    const list: Shown[] = []
    for (const item of items) {
      const message = wantsEmail ? await messageOf(account, item) : undefined
      const source = message && sourceOf(account, message)
      list.push({
        id: deletedIds.of(item.id),
        kind: item.kind,
        deletionId: deletionIds.of(item.deletionId),
        deletedAt: utcDateOf(item.deletedAt),
        until: utcDateOf(restorableUntil(config, item.deletedAt)),
        receivedAt: utcDateOf(item.receivedAt),
        size: item.size,
        folders: item.folders.map((folder) => showFolder(folder, folders.get(folder))),
        ...describe(item),
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
    return list
  },
})

const query = queryMethod({
  type: 'DeletedItem',
  conditions: {
    text: z.string().max(500),
    after: utcDate,
    before: utcDate,
    kind: z.string().max(50),
    folderId: id,
    deletionId: id,
    at: utcDate,
  },
  sorts: [],
  async run({ context }, account, { filter }, window) {
    if (filter !== null && isOperator(filter)) throw new MethodError('unsupportedFilter')
    if (window.anchor !== null) throw new MethodError('anchorNotFound', 'anchor: ask by position')
    const { text, after, before, kind, folderId, deletionId, at } = filter ?? {}
    const found = {
      kind,
      after,
      before,
      at,
      folderId: folderId === undefined ? undefined : (folderIds.numberOf(folderId) ?? 0),
      deletionId: deletionId === undefined ? undefined : (deletionIds.numberOf(deletionId) ?? 0),
      words: text === undefined ? undefined : await wordsOfText(account, text),
    }
    const since = restorableSince(context.config, nowMs())
    const queryState = await state(account)
    const needsTotal = window.calculateTotal || window.position < 0
    const total = needsTotal ? await countDeleted(account, found, since) : undefined
    const position = window.position < 0 ? Math.max(0, window.position + (total ?? 0)) : window.position
    const ids = await findDeleted(account, found, since, { offset: position, limit: window.limit })
    return { queryState, canCalculateChanges: false, position, ids: ids.map(deletedIds.of), total }
  },
})

export const deletedItemMethods = [get, query]
