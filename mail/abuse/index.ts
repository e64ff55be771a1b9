/**
 * Accounts that somebody else seems to use: what speaks for it, weighed in one table, and what is done then. Writes the
 * table sent_from.
 */
export { refuseStolen, type Departing, type SentBy } from './notice.ts'
export { countriesSentFrom } from './countries.ts'
export { STOP, WEIGHTS, type SignalName } from './signals.ts'
