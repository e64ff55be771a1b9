import { listFolders, type Folder } from '#items'
import type { OpenAccount } from '#storage'
import { casemap } from '../casemap.ts'
import { MAIL } from '../kind.ts'

/** What a mailbox must be like; all that is named must hold. RFC 8621 §2.3. */
export interface MailboxCondition {
  /** 0 for the top. */
  parentId?: number | undefined
  /** Contained in the name, in any case. */
  name?: string | undefined
  role?: string | null | undefined
  hasAnyRole?: boolean | undefined
  isSubscribed?: boolean | undefined
}

/** Conditions under operators. NOT means that none holds. Whoever hands one in has bounded it. */
export type MailboxFilter = MailboxCondition | { operator: 'AND' | 'OR' | 'NOT'; conditions: MailboxFilter[] }

export interface MailboxOrder {
  property: 'sortOrder' | 'name'
  isAscending: boolean
}

export interface MailboxQuery {
  filter: MailboxFilter | null
  /** Empty: by sort order, then by name. */
  sort: readonly MailboxOrder[]
  /** A parent before its children, and every mailbox where its parent's place is. */
  sortAsTree: boolean
  /** Only those whose ancestors are all in the list. */
  filterAsTree: boolean
}

type Test<Value> = (folder: Folder, value: Value) => boolean

const TESTS: { [Name in keyof Required<MailboxCondition>]: Test<Exclude<MailboxCondition[Name], undefined>> } = {
  parentId: (folder, parentId) => folder.parentId === parentId,
  name: (folder, name) => casemap(folder.name).includes(casemap(name)),
  role: (folder, role) => (folder.role ?? null) === role,
  hasAnyRole: (folder, hasAny) => (folder.role !== undefined) === hasAny,
  isSubscribed: (folder, isSubscribed) => folder.isSubscribed === isSubscribed,
}

const KEYS = {
  sortOrder: (folder: Folder) => folder.sortOrder,
  name: (folder: Folder) => casemap(folder.name),
}

const BY_DEFAULT: readonly MailboxOrder[] = [
  { property: 'sortOrder', isAscending: true },
  { property: 'name', isAscending: true },
]

/** @returns the ids of the mailboxes, in order */
export async function queryMailboxes(account: OpenAccount, query: MailboxQuery): Promise<number[]> {
  const all = await listFolders(account, MAIL)
  const sort = query.sort.length === 0 ? BY_DEFAULT : query.sort
  all.sort((a, b) => compare(a, b, sort))
  const included = new Set(
    all.filter((folder) => query.filter === null || matches(folder, query.filter)).map(({ id }) => id),
  )
  if (!query.sortAsTree && !query.filterAsTree) return [...included]

  const inTree = asTree(all)
  // Parents come first in the tree, so what is taken out takes its children with it.
  if (query.filterAsTree)
    for (const { id, parentId } of inTree) if (parentId !== 0 && !included.has(parentId)) included.delete(id)
  return (query.sortAsTree ? inTree : all).map(({ id }) => id).filter((id) => included.has(id))
}

function matches(folder: Folder, filter: MailboxFilter): boolean {
  if ('operator' in filter) {
    const holds = (one: MailboxFilter): boolean => matches(folder, one)
    if (filter.operator === 'AND') return filter.conditions.every(holds)
    return filter.conditions.some(holds) === (filter.operator === 'OR')
  }
  return Object.entries(filter).every(
    ([name, value]) => value === undefined || (TESTS[name as keyof MailboxCondition] as Test<unknown>)(folder, value),
  )
}

function compare(a: Folder, b: Folder, sort: readonly MailboxOrder[]): number {
  for (const { property, isAscending } of sort) {
    const [x, y] = [KEYS[property](a), KEYS[property](b)]
    if (x !== y) return x < y === isAscending ? -1 : 1
  }
  return a.id - b.id
}

/** The same mailboxes, children after their parents, siblings in the order given. */
function asTree(sorted: readonly Folder[]): Folder[] {
  const children = Map.groupBy(sorted, ({ parentId }) => parentId)
  const below = (parentId: number): Folder[] =>
    (children.get(parentId) ?? []).flatMap((folder) => [folder, ...below(folder.id)])
  return below(0)
}
