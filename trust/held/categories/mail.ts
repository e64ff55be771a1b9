import { listFolders, readKeywords, usageOf } from '#items'
import { MAIL } from '#mail'
import { queuedOf } from '#mail/outbound'
import { walkStories } from '#mail/stories'
import { SUBMISSION } from '#mail/submission'
import { fragment } from '#storage'
import { readCollections, readImports } from '#transfer'
import { KEPT_MS } from '#trust/retention'
import type { Category } from '../category.ts'
import { DAY_MS, first, NO_TIME, ofRecords, recordEntries, recordsOf, rowsOf, sum } from './amounts.ts'

/** Letters, and what belongs to them. */
export const mail: readonly Category[] = [
  {
    name: 'letters',
    group: 'mail',
    tables: ['item', 'item_summary', 'placement', 'blob', 'folder_thread', 'thread_key'],
    purposes: ['service'],
    places: ['live', 'index'],
    async amount({ account }) {
      const [{ count, size }, { rows }] = await Promise.all([
        usageOf(account, MAIL),
        account.sql<{ oldestAt: Date }>`
          select received_at as "oldestAt" from item where account_id = ${account.id} and kind = ${MAIL} and deleted_at is null
          order by received_at limit 1`,
      ])
      return { count, size, oldestAt: rows[0]?.oldestAt ?? null }
    },
  },
  {
    name: 'folders',
    group: 'mail',
    tables: ['folder', 'keyword', 'record/annotations'],
    purposes: ['service'],
    places: ['live'],
    async amount({ account }) {
      const { rows } = await account.sql<{ count: number }>`
        select ((select count(*) from folder where account_id = ${account.id})
          + (select count(*) from keyword where account_id = ${account.id}))::int as count`
      return { count: rows[0]?.count ?? 0 }
    },
    async *entries(look) {
      for (const { name, role, parentId, total, id } of await listFolders(look.account, MAIL))
        yield { kind: 'folder', id, parentId, name, role: role ?? null, total }
      for (const name of (await readKeywords(look.account)).numbers.keys()) yield { kind: 'keyword', name }
      yield* recordEntries(look, ['annotations'])
    },
  },
  {
    name: 'deleted',
    group: 'mail',
    tables: ['item/deleted', 'record/removed', 'deletion', 'removed_folder'],
    purposes: ['service'],
    places: ['live', 'index'],
    keptDays: ({ retention }) => retention.deletedDays,
    vanishing: { erases: ['deletedItems', 'records', 'removedFolders', 'deletions'], needsPassword: true },
    async amount(look) {
      const { id } = look.account
      const [items, folders, records] = await Promise.all([
        rowsOf(
          look,
          fragment`item where account_id = ${id} and deleted_at is not null and not is_replaced`,
          fragment`deleted_at`,
        ),
        rowsOf(look, fragment`removed_folder where account_id = ${id}`, fragment`at`),
        look.records(),
      ])
      const removed = records.filter(({ isRemoved }) => isRemoved)
      return {
        count: (items.count ?? 0) + (folders.count ?? 0) + sum(removed),
        oldestAt: first([items.oldestAt, folders.oldestAt, ...removed.map(({ removedAt }) => removedAt)]),
      }
    },
  },
  {
    name: 'replaced',
    group: 'mail',
    isNeverBackedUp: true,
    tables: ['item/replaced'],
    purposes: ['service'],
    places: ['live'],
    keptDays: () => 0,
    amount: (look) =>
      rowsOf(
        look,
        fragment`item where account_id = ${look.account.id} and is_replaced and deleted_at is not null`,
        fragment`deleted_at`,
      ),
  },
  {
    name: 'uploads',
    group: 'mail',
    tables: ['upload'],
    purposes: ['service'],
    places: ['live'],
    keptDays: () => KEPT_MS.upload / DAY_MS,
    vanishing: { erases: ['uploads'] },
    amount: (look) => rowsOf(look, fragment`upload where account_id = ${look.account.id}`, fragment`created_at`),
  },
  {
    name: 'imports',
    group: 'mail',
    tables: ['transfer', 'transfer_part'],
    purposes: ['service'],
    places: ['live'],
    keptDays: () => KEPT_MS.transfer / DAY_MS,
    vanishing: { erases: ['transfers'] },
    amount: (look) => rowsOf(look, fragment`transfer where account_id = ${look.account.id}`, fragment`changed_at`),
    async *entries({ account }) {
      for (const { id: _, folder, reason, host, retryAt, ...one } of await readImports(account))
        yield { ...one, folder: folder ?? null, reason: reason ?? null, host: host ?? null, retryAt: retryAt ?? null }
    },
  },
  {
    name: 'collections',
    group: 'mail',
    tables: ['collection', 'collected_letter'],
    purposes: ['service'],
    places: ['live'],
    vanishing: { erases: ['collections'] },
    amount: (look) => rowsOf(look, fragment`collection where account_id = ${look.account.id}`, fragment`created_at`),
    async *entries({ account }) {
      for (const { id: _, mailbox, reason, collectedAt, dueAt, ...one } of await readCollections(account))
        yield {
          ...one,
          mailbox: mailbox ?? null,
          reason: reason ?? null,
          collectedAt: collectedAt ?? null,
          dueAt: dueAt ?? null,
        }
    },
  },
  {
    name: 'index',
    group: 'mail',
    tables: ['item_words', 'vocabulary', 'erased_words', 'index_state'],
    purposes: ['service'],
    places: ['index'],
    amount: (look) => rowsOf(look, fragment`item_words where account_id = ${look.account.id}`, NO_TIME),
  },
  {
    name: 'junk',
    group: 'mail',
    tables: ['spam_training', 'spam_lesson'],
    purposes: ['service', 'checks'],
    places: ['live'],
    vanishing: { erases: ['spamTraining'] },
    amount: (look) => rowsOf(look, fragment`spam_lesson where account_id = ${look.account.id}`, NO_TIME),
  },
  {
    name: 'stories',
    group: 'mail',
    tables: ['story'],
    purposes: ['service', 'checks'],
    places: ['live'],
    keptDays: ({ journal }) => journal.days,
    vanishing: { erases: ['stories'] },
    amount: (look) => rowsOf(look, fragment`story where account_id = ${look.account.id}`, fragment`at`),
    async *entries({ account }) {
      for await (const { blob: _, ...story } of walkStories(account)) yield story
    },
  },
  {
    name: 'queue',
    group: 'mail',
    tables: ['queue_letter', 'queue_recipient'],
    purposes: ['service'],
    places: ['queue'],
    amount: (look) => rowsOf(look, fragment`queue_letter where account_id = ${look.account.id}`, fragment`created_at`),
    async *entries({ storage, account }) {
      for (const { id: _, content: __, ...letter } of await queuedOf(storage, account.id)) yield letter
    },
  },
  {
    ...ofRecords([SUBMISSION], { name: 'submissions', group: 'mail', purposes: ['service'] }),
    async amount(look) {
      const found = (await look.records()).filter(({ kind, isRemoved }) => kind === SUBMISSION && !isRemoved)
      return { ...(await recordsOf(look, [SUBMISSION])), vanishesAt: first(found.map(({ dueAt }) => dueAt)) }
    },
  },
]
