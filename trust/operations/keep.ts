import type { Database, Storage } from '#storage'
import type { Config } from '#system'
import { stateOf, CAUSES, type CheckName, type State } from './causes.ts'
import type { Figures } from './check.ts'
import { keepSamples } from './checks/disk.ts'
import { lookAtAll, type CheckResult, type Looked } from './look.ts'

/**
 * What the last round of checks has found: all that a page needs, from one small table. With `sentenceOf` it says what to do.
 * Empty before the part `worker` has looked for the first time.
 */
export async function readChecks({ database }: { database: Pick<Database, 'sql'> }): Promise<CheckResult[]> {
  const { rows } = await database.sql<{
    name: CheckName
    subject: string
    cause: string
    figures: Figures
    names: string[]
    since: Date
    looked_at: Date
  }>`
    select name, subject, cause, figures, names, since, looked_at from check_result`
  const order = Object.keys(CAUSES)
  return rows
    .filter(({ name, cause }) => (CAUSES as Record<string, Record<string, State>>)[name]?.[cause] !== undefined)
    .map((row) => ({
      check: row.name,
      subject: row.subject,
      state: stateOf(row.name, row.cause),
      cause: row.cause,
      figures: row.figures,
      names: row.names,
      since: row.since,
      lookedAt: row.looked_at,
    }))
    .toSorted(
      (a, b) =>
        order.indexOf(a.check) - order.indexOf(b.check) || (a.subject < b.subject ? -1 : Number(a.subject > b.subject)),
    )
}

/** Looks at everything, and says since when each thing has been so, as far as earlier rounds tell. */
export async function lookWithHistory(config: Config, database: Database | undefined): Promise<Looked> {
  const looked = await lookAtAll({ config, database })
  const isAway = looked.results.some(({ check, cause }) => check === 'database' && cause === 'away')
  if (database === undefined || isAway) return looked
  const earlier = new Map(
    (await readChecks({ database }).catch(() => [])).map((result) => [`${result.check} ${result.subject}`, result]),
  )
  return {
    ...looked,
    results: looked.results.map((result) => {
      const before = earlier.get(`${result.check} ${result.subject}`)
      return before?.state === result.state ? { ...result, since: before.since } : result
    }),
  }
}

/** Looks at everything and keeps what was found in the place of what was found before. A job; what it could not look at goes. */
export async function keepChecks(storage: Pick<Storage, 'database'>, config: Config): Promise<Record<string, number>> {
  const { results, unknown } = await lookWithHistory(config, storage.database)
  await storage.database.transaction(async (sql) => {
    await sql`select pg_advisory_xact_lock(hashtext('zegel checks'))`
    await sql`delete from check_result`
    await sql`
      insert into check_result (name, subject, state, cause, figures, names, since, looked_at)
      select name, subject, state, cause, figures::jsonb, array(select jsonb_array_elements_text(names::jsonb)), since, looked_at
      from unnest(${results.map(({ check }) => check)}::text[], ${results.map(({ subject }) => subject)}::text[],
          ${results.map(({ state }) => state)}::text[], ${results.map(({ cause }) => cause)}::text[],
          ${results.map(({ figures }) => JSON.stringify(figures))}::text[], ${results.map(({ names }) => JSON.stringify(names))}::text[],
          ${results.map(({ since }) => since)}::timestamptz[], ${results.map(({ lookedAt }) => lookedAt)}::timestamptz[])
        as found (name, subject, state, cause, figures, names, since, looked_at)`
  })
  const at = results[0]?.lookedAt
  if (at !== undefined)
    await keepSamples(
      storage.database,
      results.flatMap(({ check, subject, figures }) =>
        check === 'disk' ? [{ subject, cause: 'fine', figures } as const] : [],
      ),
      at,
    )
  const counted = (state: State): number => results.filter((result) => result.state === state).length
  return { good: counted('good'), look: counted('look'), bad: counted('bad'), unknown: unknown.length }
}
