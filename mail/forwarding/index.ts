/**
 * Envelope senders of letters that are passed on for others: addresses of the domain that was written to, which lead back to whoever wrote
 * (Sender Rewriting Scheme). Keeps nothing: what is wanted stands in the address.
 */
export { isReturnAddress, returnAddress, senderOf } from './return-address.ts'
export { LARGEST_RETURNED, readReturned, type Returned } from './returned.ts'
