import { canaryNow } from '#trust/canary'
import { secondsBetween, type Check, type Finding } from '../check.ts'

/** A ceremony takes days when people are away: a third of the time is left to hold one. */
const SOON_SHARE = 1 / 3

/** Whether the canary is good, and for how long; nothing where none is promised. */
export const canary: Check<'canary'> = {
  needs: 'database',
  async find({ database, config }): Promise<Finding<'canary'>[]> {
    const { standing, newest, promised, at } = await canaryNow({ database }, config)
    if (standing.state === 'none') return []
    if (standing.state === 'missing')
      return [{ subject: '', cause: standing.why === 'never' ? 'never' : 'unsigned', figures: {} }]
    const endsAt = standing.staleAt
    const leftSeconds = secondsBetween(at, endsAt)
    const wholeSeconds = secondsBetween(new Date(newest?.statement.date ?? at), endsAt)
    const isSoon = leftSeconds < wholeSeconds * SOON_SHARE
    return [
      {
        subject: '',
        cause: standing.state === 'stale' ? 'stale' : isSoon ? 'endsSoon' : 'fine',
        figures: { endsAt: endsAt.toISOString(), leftSeconds, keyholders: promised.keyholders.length },
      },
    ]
  },
}
