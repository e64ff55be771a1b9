import { z } from 'zod'
import { readEvidence } from '#trust/evidence'
import { readChecks, sentenceOf, titleOf } from '#trust/operations'
import { act } from './act.ts'

/** How the service is, in words. */
export interface Health {
  /** When it was last looked at; undefined before the first time. */
  at: string | undefined
  checks: { title: string; subject: string; state: 'good' | 'look' | 'bad'; sentence: string; since: string }[]
  /** What was measured of the promises. */
  promises: { kept: number; broken: number }
}

export const readHealth = act({
  name: 'health.read',
  roles: ['operations'],
  given: z.object({ language: z.enum(['de', 'fr', 'nl', 'en']) }),
  async run({ storage }, { language }): Promise<Health> {
    const [results, evidence] = await Promise.all([readChecks(storage), readEvidence(storage)])
    const measured = Object.values(evidence)
    return {
      at: results[0]?.lookedAt.toISOString(),
      checks: results.map((result) => ({
        title: titleOf(result.check, language),
        subject: result.subject,
        state: result.state,
        sentence: sentenceOf(result, language),
        since: result.since.toISOString(),
      })),
      promises: {
        kept: measured.filter(({ state }) => state === 'kept').length,
        broken: measured.filter(({ state }) => state === 'broken').length,
      },
    }
  },
})
