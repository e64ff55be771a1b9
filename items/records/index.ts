/**
 * Small sealed things of an account that are no items: they have change numbers, and no folders. Writes the table record.
 * What somebody deletes or overwrites stands in the timeline of `deleted/` and comes back; what the service ends does not.
 */
export {
  addRecord,
  noteUntil,
  removeRecord,
  touchRecord,
  updateRecord,
  type NewRecord,
  type RecordUpdate,
} from './write.ts'
export { deleteRecord, overwriteRecord } from './past.ts'
export {
  accountsWithDue,
  dueRecords,
  countKnownRecords,
  findRecord,
  isNoted,
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
