import { indexBacklog } from '#items'
import type { Check } from '../check.ts'

/** Changes that wait: a large import takes minutes, and what is not indexed yet is found all the same, only slower. */
const BEHIND = 5000
const FAR_BEHIND = 200_000

export const index: Check<'index'> = {
  needs: 'database',
  async find({ database }) {
    const { accounts, changes } = await indexBacklog({ database })
    const cause = changes > FAR_BEHIND ? 'farBehind' : changes > BEHIND ? 'behind' : 'fine'
    return [{ subject: '', cause, figures: { accounts, changes } }]
  },
}
