/**
 * What was deleted, of whatever kind: who deleted it and where it lay, and the one place that lists it and brings it back.
 * Writes the tables deletion and removed_folder.
 */
export {
  confirmDeletion,
  knownFolders,
  readDeletions,
  readDevices,
  type KnownFolder,
  type PastDeletion,
  type PastDevice,
} from './deletions.ts'
export {
  countByFolder,
  countDeleted,
  deletedState,
  findDeleted,
  findDeletedByBlob,
  readDeleted,
  type CountedFolder,
  type DeletedFilter,
  type DeletedItem,
  type DeletedThing,
} from './find.ts'
export { findRecordsSaying, readDeletedRecords, type DeletedRecord } from './records.ts'
export { accountsWithLarge, largeDeletions, noteTold, type LargeDeletion } from './large.ts'
export { restoreItems, RESTORED_AT_ONCE, type Restored } from './restore.ts'
export { restoreDeletion, restoreFolder, restoreFound, restoreThese, type RestoredMany } from './restore-many.ts'
