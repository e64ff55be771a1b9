/**
 * Letters to customer service: what is taken of them, and where they wait until they are tickets. Writes the table support_letter;
 * what makes tickets of them takes them out.
 */
export { enquiryPlace, noteEnquiry, readEnquiry, type Enquiry } from './note.ts'
export { waitingEnquiries, type WaitingEnquiry } from './waiting.ts'
