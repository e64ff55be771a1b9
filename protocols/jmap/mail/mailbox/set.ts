import { z } from 'zod'
import { listFolders, writeKind, type Folder } from '#items'
import { createMailbox, MAIL, removeMailbox, updateMailbox } from '#mail'
import type { Transaction } from '#storage'
import { SetError } from '../../calls/errors.ts'
import type { CallSession } from '../../calls/method.ts'
import type { Shown } from '../../families/get.ts'
import { setMethod, type Wishes } from '../../families/set.ts'
import { applyPatch } from '../../json/patch.ts'
import { mailboxIds } from '../ids.ts'
import { mailError, openReports, type Reports } from '../reports.ts'
import { mailboxState, statesOf } from '../states.ts'
import { SETTABLE, showMailbox } from './show.ts'

type Json = Record<string, unknown>

const Settable = z.strictObject({
  name: z.string(),
  parentId: z.string().nullable(),
  role: z.string().nullable(),
  sortOrder: z
    .int()
    .min(0)
    .max(2 ** 31 - 1),
  isSubscribed: z.boolean(),
})
type Settable = z.output<typeof Settable>

/** RFC 8621 §2. A name has none. */
const DEFAULTS: Json = { parentId: null, role: null, sortOrder: 0, isSubscribed: true }

/** Mailbox/set, RFC 8621 §2.5: all in one transaction, each mailbox for itself. */
export const set = setMethod({
  type: 'Mailbox',
  args: { onDestroyRemoveEmails: z.boolean().default(false) },
  state: mailboxState,
  async apply(session, account, wishes, outcome) {
    const written = await writeKind(account, MAIL, async (tx) => {
      const reports = openReports()
      const realId = await createAll(tx, session, wishes, reports)
      await updateAll(tx, wishes, realId, reports)
      await destroyAll(tx, wishes, realId, reports)
      return reports
    })
    written.result.tell(outcome)
    return statesOf(written, 'folders')
  },
})

type SetWishes = Wishes<{ onDestroyRemoveEmails: boolean }>
type RealId = (id: string) => string

/** Creates parents before children. @returns what ids and creation ids stand for, those just created among them */
async function createAll(
  tx: Transaction,
  session: CallSession,
  { create }: SetWishes,
  reports: Reports,
): Promise<RealId> {
  const made = new Map<string, string>()
  const realId: RealId = (id) => (id.startsWith('#') ? made.get(id.slice(1)) : undefined) ?? session.realId(id) ?? id
  const waiting = new Map(create)
  const parentOf = (given: Json): string | undefined =>
    typeof given['parentId'] === 'string' && given['parentId'].startsWith('#') ? given['parentId'].slice(1) : undefined
  while (waiting.size > 0) {
    const ready = [...waiting].filter(([, given]) => !waiting.has(parentOf(given) ?? ''))
    // What waits for itself is tried as it is, and its parent is not found.
    for (const [creationId, given] of ready.length > 0 ? ready : [...waiting]) {
      waiting.delete(creationId)
      try {
        const { id, shown } = await createOne(tx, given, realId)
        made.set(creationId, id)
        reports.created(creationId, shown)
      } catch (error) {
        reports.failed('create', creationId, mailError(error))
      }
    }
  }
  return realId
}

async function createOne(tx: Transaction, given: Json, realId: RealId): Promise<{ id: string; shown: Shown }> {
  const settable = checkSettable({ ...DEFAULTS, ...given })
  const parentId = parentNumber(settable.parentId, realId)
  const id = await createMailbox(tx, { ...settable, parentId, role: settable.role ?? undefined })
  const made = {
    ...NO_COUNTS,
    ...settable,
    id,
    name: settable.name.normalize('NFC'),
    role: settable.role ?? undefined,
    parentId,
  }
  const shown = Object.entries(showMailbox(made)).filter(([name, value]) => name === 'id' || given[name] !== value)
  return { id: mailboxIds.of(id), shown: Object.fromEntries(shown) as Shown }
}

const NO_COUNTS = { total: 0, unread: 0, threads: 0, unreadThreads: 0 }

async function updateAll(tx: Transaction, { update }: SetWishes, realId: RealId, reports: Reports): Promise<void> {
  if (update.size === 0) return
  const folders = new Map(
    (await listFolders(tx.account, MAIL, tx.sql)).map((folder) => [mailboxIds.of(folder.id), folder]),
  )
  // A role that is given up can then be taken by another.
  const inOrder = [...update].sort(([, a], [, b]) => Number(b['role'] === null) - Number(a['role'] === null))
  for (const [given, patch] of inOrder) {
    const folder = folders.get(realId(given))
    try {
      if (folder === undefined) throw new SetError('notFound')
      await updateOne(tx, folder, patch, realId)
      reports.updated(given, null)
    } catch (error) {
      reports.failed('update', given, mailError(error))
    }
  }
}

async function updateOne(tx: Transaction, folder: Folder, patch: Json, realId: RealId): Promise<void> {
  const before = showMailbox(folder)
  const after = applyPatch(before, patch, DEFAULTS)
  const wrong = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) => !(SETTABLE as readonly string[]).includes(name) && !isSame(before[name], after[name]),
  )
  if (wrong.length > 0) throw new SetError('invalidProperties', "these are the server's to set", { properties: wrong })
  const settable = checkSettable(Object.fromEntries(SETTABLE.map((name) => [name, after[name]])))
  const changed: Partial<Settable> = Object.fromEntries(
    SETTABLE.filter((name) => before[name] !== settable[name]).map((name) => [name, settable[name]]),
  )
  const { parentId, ...others } = changed
  await updateMailbox(tx, folder.id, {
    ...others,
    ...(parentId === undefined ? {} : { parentId: parentNumber(parentId, realId) }),
  })
}

async function destroyAll(
  tx: Transaction,
  { destroy, args }: SetWishes,
  realId: RealId,
  reports: Reports,
): Promise<void> {
  if (destroy.length === 0) return
  const parents = new Map((await listFolders(tx.account, MAIL, tx.sql)).map((folder) => [folder.id, folder.parentId]))
  const depthOf = (id: number): number => (parents.has(id) ? 1 + depthOf(parents.get(id) as number) : 0)
  const numbers = destroy.map((given) => ({ given, id: mailboxIds.numberOf(realId(given)) ?? 0 }))
  // Children first, so that a whole tree can go at once.
  for (const { given, id } of numbers.sort((a, b) => depthOf(b.id) - depthOf(a.id))) {
    try {
      await removeMailbox(tx, id, args.onDestroyRemoveEmails)
      reports.destroyed(given)
    } catch (error) {
      reports.failed('destroy', given, mailError(error))
    }
  }
}

/** @throws SetError 'invalidProperties' with the names of those that do not fit */
function checkSettable(given: Json): Settable {
  const checked = Settable.safeParse(given)
  if (checked.success) return checked.data
  const names = checked.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys : [String(issue.path[0])],
  )
  throw new SetError('invalidProperties', undefined, { properties: [...new Set(names)] })
}

/** @throws SetError 'invalidProperties' when it is no mailbox id */
function parentNumber(parentId: string | null, realId: RealId): number {
  const number = parentId === null ? 0 : mailboxIds.numberOf(realId(parentId))
  if (number === undefined) throw new SetError('invalidProperties', undefined, { properties: ['parentId'] })
  return number
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)
