import { now } from '#system'
import type { Storage } from '#storage'
import { MEASURES, type Facts, type MeasureName, type MeasureSettings, type State } from './measures.ts'

/** What was measured of a promise, and when. */
export interface Evidence {
  state: State
  facts: Facts
  computedAt: Date
}

export type EvidenceByName = Partial<Record<MeasureName, Evidence>>

/** Measures every promise anew and keeps what was found in place of what was found before. */
export async function measureAll(
  storage: Pick<Storage, 'database' | 'keys'>,
  settings: MeasureSettings,
): Promise<Record<string, number>> {
  const counts: Record<State, number> = { kept: 0, late: 0, broken: 0 }
  for (const [name, measure] of Object.entries(MEASURES)) {
    const at = now()
    const { state, facts } = await measure(storage, settings, at)
    counts[state]++
    await storage.database.sql`
      insert into evidence (name, state, facts, computed_at) values (${name}, ${state}, ${JSON.stringify(facts)}::jsonb, ${at})
      on conflict (name) do update set state = excluded.state, facts = excluded.facts, computed_at = excluded.computed_at`
  }
  return counts
}

/** What was measured last. One look at a table of a few rows, however large the service is. */
export async function readEvidence({ database }: Pick<Storage, 'database'>): Promise<EvidenceByName> {
  const { rows } = await database.sql<{ name: MeasureName; state: State; facts: Facts; computed_at: Date }>`
    select name, state, facts, computed_at from evidence`
  return Object.fromEntries(
    rows.map(({ name, state, facts, computed_at: computedAt }) => [name, { state, facts, computedAt }]),
  )
}
