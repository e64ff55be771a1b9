import { z } from 'zod'
import { act, type AnyAct } from '#trust/desk'
import { showReports } from './show.ts'

/** Times that may be looked at, in days. */
export const SHOWN_DAYS = [7, 30, 90, 365] as const

/** What whoever runs the service is shown of reports about its domains. Nothing in it is about a person here. */
export const reportActs: readonly AnyAct[] = [
  act({
    name: 'reports.read',
    roles: ['operations'],
    given: z.strictObject({ domain: z.string().max(255).optional(), days: z.literal(SHOWN_DAYS) }),
    run: ({ storage }, { domain, days }) => showReports(storage, domain, days),
  }),
]
