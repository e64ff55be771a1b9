import { readLooks } from '#accounts'
import type { Check, Finding } from '../check.ts'

/** As the DNS was last seen (`accounts/records/looks.ts`): nothing is asked here. Domains that people bring are theirs to see to. */
export const records: Check<'records'> = {
  needs: 'database',
  async find({ database, config }) {
    const looks = (await readLooks({ database })).filter(({ isOwned }) => !isOwned)
    const wrong = looks.filter(({ counts }) => counts.wrong > 0).length
    const missing = looks.filter(({ counts }) => counts.missing > 0).length
    const cause: Finding<'records'>['cause'] =
      looks.length === 0
        ? 'notLooked'
        : wrong + missing === 0
          ? 'fine'
          : config.trial
            ? 'notInTrial'
            : wrong > 0
              ? 'wrong'
              : 'missing'
    return [{ subject: '', cause, figures: { domains: looks.length, wrong, missing } }]
  },
}
