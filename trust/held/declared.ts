import type { Sql } from '#storage'
import { CATEGORIES } from './categories.ts'
import { STRUCTURE } from './structure.ts'

/** A part of a table stands as `record/note`. */
const declared = new Set([
  ...CATEGORIES.flatMap(({ tables }) => tables.map((table) => table.split('/', 1)[0] as string)),
  ...Object.keys(STRUCTURE),
])

/** How many categories there are, of how many tables, and how many tables of the database belong to none and are not named as structure. */
export async function declaredCategories(
  sql: Sql,
): Promise<{ categories: number; tables: number; undeclared: number }> {
  const { rows } = await sql<{ name: string }>`
    select case n.nspname when 'public' then c.relname::text else n.nspname || '.' || c.relname end as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('public', 'keys') and c.relkind in ('r', 'p') and not c.relispartition`
  return {
    categories: CATEGORIES.length,
    tables: rows.length,
    undeclared: rows.filter(({ name }) => !declared.has(name)).length,
  }
}
