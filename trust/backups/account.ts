import { fragment as f, Fragment, type Snapshot, type Storage } from '#storage'
import { contentsOf, packContents, type Packed } from './contents.ts'
import { earliest, isPast, type Limits } from './limits.ts'
import type { ObjectWriter } from './objects.ts'
import { readHeadIfWhole, writePart, type Page, type Part, type PartHead, type PartTable } from './part.ts'
import { isTaken, TABLES, type Kept, type Scope, type WithAccount, type WithPage, type WithService } from './tables.ts'
import type { Target } from './target/target.ts'

/** What one backup works with. */
export interface Run {
  target: Target
  snapshot: Snapshot
  storage: Pick<Storage, 'blobs'>
  objects: ObjectWriter
  limits: Limits
  /** The columns of each table, in their order. */
  columns: ReadonlyMap<string, string[]>
}

/**
 * Items of a page: a page with one touched item is written anew, and the list of pages with it; a mailbox of 100,000 has 400 of
 * them. One that has grown to twice as many is divided.
 */
const PAGE = 256

const EVERYTHING = Number.MAX_SAFE_INTEGER

/** How an account stood in a backup. */
export interface AccountBefore {
  /** Its change number. */
  change: number
  part: Part
  head: PartHead
}

/** The tables that go with something, and their rows. */
export function tablesWith<K extends WithService | WithAccount | WithPage>(
  run: Pick<Run, 'columns'>,
  what: K['with'],
  rows: (kept: K) => Fragment,
): PartTable[] {
  return Object.entries<Kept>(TABLES).flatMap(([name, kept]) => {
    if (!('with' in kept) || kept.with !== what) return []
    const columns = run.columns.get(name) as string[]
    return [{ name, columns, query: queryOf(name, columns, rows(kept as K)) }]
  })
}

/** Names of our own tables and columns: no value of anybody's. */
export function queryOf(table: string, columns: readonly string[], rows: Fragment): Fragment {
  const { strings, values } = f` where ${rows}`
  const select = `select ${columns.map((column) => `t."${column}"`).join(', ')} from "${table}" t`
  return new Fragment([select + (strings[0] as string), ...strings.slice(1)], values)
}

/**
 * Writes what has changed of an account since the backup before: the pages with items that were touched, or that hold what is
 * too old by now, and the rest whole. Without one before, everything.
 */
export async function writeAccount(
  run: Run,
  account: number,
  before: AccountBefore | undefined,
): Promise<{ part: Part; pages: Page[] }> {
  const everything: Scope = { account, from: 0, to: EVERYTHING, limits: run.limits }
  const pages = await writePages(run, account, before)
  const packed = await packContents(
    run,
    contentsOf.account(TABLES.story.rows(everything), TABLES.held_letter.rows(everything)),
    before === undefined ? undefined : { contents: before.head.contents, packs: before.part.packs },
  )
  const tables = tablesWith<WithAccount>(run, 'account', (kept) => kept.rows(everything))
  const part = await writePart(run.objects, run.snapshot, {
    tables,
    contents: packed.contents,
    packs: packed.packs,
    pages,
    oldest: earliest([await oldestOfAccount(run, account), ...pages.map((page) => page.part.oldest)]),
  })
  return { part, pages }
}

async function writePages(run: Run, account: number, before: AccountBefore | undefined): Promise<Page[]> {
  if (before?.head.pages === undefined) return writeRange(run, account, 0, EVERYTHING, undefined)
  const { pages } = before.head
  const touched = await touchedPages(run, account, before.change, pages)
  const now: Page[] = []
  for (const [i, page] of pages.entries()) {
    if (!touched.has(i) && !isPast(page.part.oldest, run.limits)) {
      now.push(page)
      continue
    }
    const written = await writeRange(run, account, page.from, pages[i + 1]?.from ?? EVERYTHING, page.part)
    // A page that nothing is left of belongs to the one before it from now on.
    const isEmpty = written.length === 1 && Object.values(written[0]?.part.rows ?? {}).every((rows) => rows === 0)
    if (!isEmpty || now.length === 0) now.push(...written)
  }
  return now
}

/** Which pages hold something that was touched since: items, and the keys of threads that a letter has come to or gone from. */
async function touchedPages(run: Run, account: number, since: number, pages: readonly Page[]): Promise<Set<number>> {
  const { rows } = await run.snapshot.sql<{ ids: number[] }>`
    with touched as (
      select distinct unnest(items) as item_id from item_change where account_id = ${account} and change > ${since}
    )
    select array(
      select item_id from touched
      union
      select i.thread_id from touched join item i on i.account_id = ${account} and i.item_id = touched.item_id
      where i.created_change > ${since} or i.deleted_at is not null
    ) as ids`
  const found = new Set<number>()
  for (const id of rows[0]?.ids ?? []) found.add(pageOf(pages, id))
  return found
}

/** The last page that begins at or before an id. */
function pageOf(pages: readonly Page[], id: number): number {
  let [low, high] = [0, pages.length - 1]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((pages[middle] as Page).from <= id) low = middle
    else high = middle - 1
  }
  return low
}

/** Writes the items of a range as one page, or as several where there are many. */
async function writeRange(
  run: Run,
  account: number,
  from: number,
  to: number,
  before: Part | undefined,
): Promise<Page[]> {
  const { rows } = await run.snapshot.sql<{ begins: number[]; count: number }>`
    select array_agg(item_id order by item_id) filter (where number % ${PAGE}::bigint = 0 and number > 0) as begins, count(*) as count
    from (
      select item_id, row_number() over (order by item_id) - 1 as number from item
      where account_id = ${account} and item_id >= ${from} and item_id < ${to}
    ) as numbered`
  const { begins, count } = rows[0] as (typeof rows)[number]
  const starts = [from, ...(count < 2 * PAGE ? [] : (begins ?? []))]
  const pages: Page[] = []
  for (const [i, start] of starts.entries())
    pages.push({ from: start, part: await writePage(run, account, start, starts[i + 1] ?? to, before) })
  return pages
}

async function writePage(run: Run, account: number, from: number, to: number, before: Part | undefined): Promise<Part> {
  const scope: Scope = { account, from, to, limits: run.limits }
  const packed = await packContents(run, contentsOf.page(TABLES.item.rows(scope)), await packedBefore(run, before))
  // `offset 0` keeps PostgreSQL from looking for the least along the index by time, through what all accounts have deleted.
  const { rows } = await run.snapshot.sql<{ deleted: Date | null }>`
    select min(deleted_at) as deleted from (
      (select deleted_at from item i where account_id = ${account} and item_id >= ${from} and item_id < ${to}
        and ${isTaken(run.limits)} offset 0)
      union all
      (select deleted_at from item i where account_id = ${account} and thread_id >= ${from} and thread_id < ${to}
        and ${isTaken(run.limits)} offset 0)
    ) as found`
  return writePart(run.objects, run.snapshot, {
    tables: tablesWith<WithPage>(run, 'page', (kept) => kept.rows(scope)),
    ...packed,
    oldest: { deleted: rows[0]?.deleted?.getTime() ?? null },
  })
}

/** Where the contents of a part stood in the backup before. */
export async function packedBefore(
  { target }: Pick<Run, 'target'>,
  before: Part | undefined,
): Promise<Packed | undefined> {
  const head = before === undefined ? undefined : await readHeadIfWhole(target, before)
  return before === undefined || head === undefined ? undefined : { contents: head.contents, packs: before.packs }
}

async function oldestOfAccount({ snapshot, limits }: Run, account: number): Promise<Part['oldest']> {
  const { rows } = await snapshot.sql<{ deleted: Date | null; recorded: Date | null }>`
    select (select min(at) from (
        (select removed_at as at from record where account_id = ${account} and removed_at > ${limits.deletedAfter} offset 0)
        union all
        (select at from vanished where account_id = ${account} and at > ${limits.deletedAfter} offset 0)
        union all
        (select i.deleted_at from record r join item i on i.account_id = r.account_id and i.item_id = r.item_id
          where r.account_id = ${account} and ${isTaken(limits)} offset 0)
        union all
        (select i.deleted_at from spam_lesson l join item i on i.account_id = l.account_id and i.blob_id = l.blob_id
          where l.account_id = ${account} and ${isTaken(limits)} offset 0)
      ) as found) as deleted,
      (select min(at) from (
        (select at from story where account_id = ${account} and at > ${limits.recordedAfter} offset 0)
        union all
        (select held_at from held_letter where account_id = ${account} and held_at > ${limits.recordedAfter} offset 0)
      ) as told) as recorded`
  return { deleted: rows[0]?.deleted?.getTime() ?? null, recorded: rows[0]?.recorded?.getTime() ?? null }
}
