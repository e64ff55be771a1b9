/** How a message that arrives finds its mailbox. */
export { receiveMessage, type Arrival } from './receive.ts'
