/**
 * What is recorded about sign-ins, deliveries, submissions and refusals, and nothing beside it (DESIGN §1, promise 4). Writes the
 * table journal; what ends it is `trust/retention`.
 */
export { openJournal, type Journal } from './write.ts'
export { prepareDays } from './days.ts'
export { readJournal, type RecordedEntry } from './read.ts'
export type { JournalEntry, Note } from './entry.ts'
