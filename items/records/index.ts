/** Small sealed things of an account that are no items: they have change numbers, and no folders. Writes the table record. */
export { addRecord, removeRecord, updateRecord, type NewRecord, type RecordUpdate } from './write.ts'
export {
  accountsWithDue,
  dueRecords,
  countKnownRecords,
  findRecord,
  isKnownRecord,
  knownKinds,
  readRecords,
  recordsBeyond,
  recordsOfItems,
  removedRecords,
  type DueRecord,
  type StoredRecord,
} from './read.ts'
export { recordChanges, recordState } from './changes.ts'
