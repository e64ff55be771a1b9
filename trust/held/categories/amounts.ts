import { readRecords } from '#items'
import { fragment, type Fragment } from '#storage'
import type { Amount, Category, Look } from '../category.ts'

export const DAY_MS = 86_400_000

/** How many rows there are, and the oldest of them. */
export async function rowsOf({ account: { sql } }: Look, table: Fragment, oldest: Fragment): Promise<Amount> {
  const { rows } = await sql<{ count: number; oldestAt: Date | null }>`
    select count(*)::int as count, min(${oldest}) as "oldestAt" from ${table}`
  return rows[0] as { count: number; oldestAt: Date | null }
}

export const NO_TIME = fragment`null::timestamptz`

/** Records of these kinds that are there. */
export async function recordsOf(look: Look, kinds: readonly string[]): Promise<Amount> {
  const found = (await look.records()).filter(({ kind, isRemoved }) => kinds.includes(kind) && !isRemoved)
  return { count: sum(found), oldestAt: first(found.map(({ oldestAt }) => oldestAt)) }
}

export const sum = (amounts: readonly { count: number }[]): number => amounts.reduce((all, { count }) => all + count, 0)

export const first = (times: readonly (Date | null | undefined)[]): Date | null =>
  times.filter((time) => time != null).toSorted((a, b) => a.getTime() - b.getTime())[0] ?? null

export async function* recordEntries({ account }: Look, kinds: readonly string[]): AsyncGenerator<object> {
  for (const kind of kinds)
    for (const { value, createdAt, dueAt } of await readRecords(account, kind, null))
      yield {
        kind,
        createdAt,
        ...(dueAt === undefined ? {} : { dueAt }),
        ...(value !== null && typeof value === 'object' ? value : {}),
      }
}

/** A category that is records of some kinds and nothing else. */
export const ofRecords = (
  kinds: readonly string[],
  category: Pick<Category, 'name' | 'group' | 'purposes' | 'vanishing' | 'keptDays'>,
): Category => ({
  ...category,
  tables: kinds.map((kind) => `record/${kind}`),
  places: ['live'],
  amount: (look) => recordsOf(look, kinds),
  entries: (look) => recordEntries(look, kinds),
})

export async function* listed<T extends object>(list: Promise<readonly T[]>): AsyncGenerator<T> {
  yield* await list
}
