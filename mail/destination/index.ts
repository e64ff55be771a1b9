/** Where a letter to an address of ours goes: to a mailbox, or to what else an address can stand for. */
export { findDestination, type Destination } from './destination.ts'
