import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openTestStorage } from '#test/database'
import { TABLES, type Kept } from './tables.ts'

const { database } = await openTestStorage({ after })

test('every table is backed up, or left out for a reason that is named', async () => {
  const { rows } = await database.sql<{ name: string }>`
    select c.relname as name from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition`
  assert.deepEqual(Object.keys(TABLES).toSorted(), rows.map(({ name }) => name).toSorted())
})

test('what refers to another table is read back after it', async () => {
  const { rows } = await database.sql<{ from: string; to: string }>`
    select c.conrelid::regclass::text as from, c.confrelid::regclass::text as to from pg_constraint c
    where c.contype = 'f' and c.connamespace = 'public'::regnamespace`
  assert.ok(rows.length > 5)
  /** When a table is read back: what stands apart, then each account, its pages, and what comes last. */
  const turn = (name: string): number => {
    const kept = (TABLES as Record<string, Kept>)[name] as Kept
    if (!('with' in kept)) return Infinity
    if ('isLast' in kept) return 4
    return { service: 0, journal: 1, account: 2, contents: 2, page: 3 }[kept.with]
  }
  const order = Object.keys(TABLES)
  for (const { from, to } of rows) {
    if (turn(from) === Infinity) continue
    const isAfter = turn(to) === turn(from) ? order.indexOf(to) < order.indexOf(from) : turn(to) < turn(from)
    assert.ok(isAfter, `${from} refers to ${to}`)
  }
})
