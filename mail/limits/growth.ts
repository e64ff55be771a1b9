import { nowMs, type Config } from '#system'

/** What of the settings is smaller for an account that begins small. */
const GROWING = ['maxLettersPerHour', 'maxRecipientsPerDay', 'maxNewRecipientsPerDay', 'maxBouncesPerDay'] as const

export type SendingLimits = Config['sending']

/** Up to which age, in days, an account that a stranger made has which share of each limit; then the whole. */
const GROWTH: readonly { days: number; share: number }[] = [
  { days: 7, share: 0.1 },
  { days: 30, share: 0.5 },
]

/** No share is less: whoever has just come writes a first letter to a family. */
const LEAST = 5

const DAY_MS = 86_400_000

/** The limits of one account: whole for those whom the operator has made or vouches for. */
export function limitsOf(
  settings: SendingLimits,
  { beginsSmall, createdAt }: { beginsSmall: boolean; createdAt: Date },
): SendingLimits {
  const days = (nowMs() - createdAt.getTime()) / DAY_MS
  const share = beginsSmall ? GROWTH.find((step) => days < step.days)?.share : undefined
  if (share === undefined) return settings
  const small = { ...settings }
  for (const name of GROWING)
    small[name] = Math.min(settings[name], Math.max(LEAST, Math.floor(settings[name] * share)))
  return small
}
