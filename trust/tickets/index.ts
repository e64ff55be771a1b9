/**
 * Tickets: what people write to customer service, what it answers, and what it may look at for each. Writes the tables ticket and
 * ticket_text; retention destroys.
 */
export {
  LONGEST_GRANT_DAYS,
  LONGEST_SUBJECT,
  LONGEST_TEXT,
  STRANGER,
  TICKET_KINDS,
  TICKET_STATES,
  type Grant,
  type Ticket,
  type TicketKind,
  type TicketState,
  type TicketText,
} from './ticket.ts'
export { listTickets, loadOwnTicket, loadTicket, ownTickets, textsOf, ticketsState } from './read.ts'
export { addToTicket, closeTicket, createTicket, openTicket, setGrant } from './write.ts'
