import { DKIM_GONE_DAYS, dkimStanding, type DkimStanding } from '#accounts'
import type { Check, Finding } from '../check.ts'

/** As the DNS was last seen (`accounts/dkim/keep.ts`): nothing is asked here. Domains that people bring are theirs to see to. */
export const dkim: Check<'dkim'> = {
  needs: 'database',
  async find({ database, config }) {
    const standing = await dkimStanding(database, DKIM_GONE_DAYS, true)
    const { domains, unsigned, astray, partly, waiting, removable } = standing
    return [
      {
        subject: '',
        cause: causeOf(standing, config.trial),
        figures: {
          domains,
          unsigned: unsigned.length,
          astray: astray.length,
          partly: partly.length,
          waiting: waiting.length,
          removable,
        },
      },
    ]
  },
}

function causeOf(
  { unsigned, astray, partly, waiting, removable }: DkimStanding,
  isTrial: boolean,
): Finding<'dkim'>['cause'] {
  if (astray.length > 0) return 'astray'
  if (unsigned.length > 0) return isTrial ? 'notInTrial' : 'unsigned'
  if (partly.length > 0) return 'partly'
  if (waiting.length > 0) return 'waiting'
  return removable > 0 ? 'removable' : 'fine'
}
