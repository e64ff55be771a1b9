/**
 * Customer service: tickets from the app and by mail, what their owners let it look at, answers. Writes the tables ticket,
 * ticket_text and support_letter; retention destroys.
 */
export {
  LONGEST_GRANT_DAYS,
  LONGEST_SUBJECT,
  LONGEST_TEXT,
  TICKET_KINDS,
  TICKET_STATES,
  type Grant,
  type Ticket,
  type TicketKind,
  type TicketState,
  type TicketText,
} from './ticket.ts'
export { loadOwnTicket, ownTickets, textsOf, ticketsState } from './read.ts'
export { addToTicket, closeTicket, openTicket, setGrant } from './write.ts'
export { supportActs } from './acts.ts'
