/** Customer service. Capability urn:zegel:support. */
import type { Id } from './core.ts'

/** What customer service may look at for one ticket. */
export interface Grant {
  fields: ('addresses' | 'deliveries' | 'settings' | 'senders')[]
  /** How far back, of the delivery log. */
  days: number
  until: string
}

/** What somebody has written to customer service. Capability urn:zegel:support. */
export interface Ticket {
  id: Id
  number: number
  kind: 'delivery' | 'access' | 'plan' | 'sync' | 'domain' | 'other'
  state: 'open' | 'answered' | 'closed'
  subject: string
  createdAt: string
  changedAt: string
  closedAt: string | null
  byMail: boolean
  grant: Grant | null
  texts: { at: string; by: 'person' | 'support'; staff: number | null; text: string }[]
}
