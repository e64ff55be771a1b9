/** What the staff does for people: answering tickets, looking at what it may, beginning a way back in. */
export { lookActs } from './look-acts.ts'
export { supportActs, type ShownTicket, type ShownTicketWithTexts } from './acts.ts'
export { takeEnquiries, type Taken } from './take.ts'
