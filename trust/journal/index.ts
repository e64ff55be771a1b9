/**
 * What is recorded about sign-ins, deliveries, submissions and refusals, and nothing beside it (DESIGN §1, promise 4). Writes the
 * table journal; what ends it is `trust/retention`.
 */
export { openJournal, type Journal } from './write.ts'
export { addressesOn } from './addresses.ts'
export { prepareDays } from './days.ts'
export { countJournal, readJournal, type RecordedEntry } from './read.ts'
export { OWN_KINDS, walkOwnJournal, type OwnEntry } from './own.ts'
export type { JournalEntry, Note } from './entry.ts'
