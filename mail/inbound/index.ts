/** How a message that arrives finds its mailbox. */
export { fileMessage, receiveMessage, type Arrival, type SmtpArrival } from './receive.ts'
