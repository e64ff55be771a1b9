import type { AnyAct } from '#trust/desk'
import { reportActs } from '#trust/domain-reports'
import { legalActs } from '#trust/legal'
import { domainActs, readHealth } from '#trust/operations'
import { lookActs, supportActs } from '#trust/support'
import { setupActs } from '#trust/setup'
import { suspensionActs } from '#trust/suspension'

/** Everything that the staff can do by the desk: each module says what is its own. */
export const ACTS: readonly AnyAct[] = [
  readHealth,
  ...domainActs,
  ...setupActs,
  ...reportActs,
  ...legalActs,
  ...lookActs,
  ...supportActs,
  ...suspensionActs,
]
