import { countOverdue } from '#trust/legal'
import { readEvidence } from '#trust/evidence'
import { secondsBetween, DAY_SECONDS, type Check, type Finding } from '../check.ts'

/** The report is computed once a day. */
const LATE_SECONDS = 2 * DAY_SECONDS

/** What was asked of the service: whether its register was whole when it was last measured, its report of the day, nothing past its day. */
export const register: Check<'register'> = {
  needs: 'database',
  async find({ database, at }) {
    const { requests } = await readEvidence({ database })
    const { brokenAt = null, events = 0, publishedAt = null } = requests?.facts ?? {}
    const overdue = await countOverdue({ database }, at)
    const cause = ((): Finding<'register'>['cause'] => {
      if (brokenAt !== null) return 'broken'
      if (publishedAt !== null && secondsBetween(new Date(publishedAt), at) > LATE_SECONDS) return 'reportLate'
      return overdue > 0 ? 'overdue' : 'fine'
    })()
    return [{ subject: '', cause, figures: { events, brokenAt, overdue, publishedAt } }]
  },
}
