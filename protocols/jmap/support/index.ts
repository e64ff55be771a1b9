import { GRANTABLE } from '#trust/looks'
import { LONGEST_GRANT_DAYS, LONGEST_SUBJECT, LONGEST_TEXT, TICKET_KINDS, ticketsState } from '#trust/tickets'
import type { Capability } from '../capability.ts'
import { ticketMethods } from './ticket.ts'

/** Writing to customer service, and saying what it may look at. docs/jmap-extensions.md. */
export const support: Capability = {
  uri: 'urn:zegel:support',
  needs: 'owner',
  server: () => ({}),
  account: ({ tickets }) => ({
    kinds: TICKET_KINDS,
    grantable: GRANTABLE,
    maxGrantDays: LONGEST_GRANT_DAYS,
    maxSubject: LONGEST_SUBJECT,
    maxText: LONGEST_TEXT,
    keptDays: tickets.days,
  }),
  methods: ticketMethods,
  types: [{ name: 'Ticket', state: ticketsState }],
}
