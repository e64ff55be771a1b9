/**
 * Folders and the items in them, whatever their kind and whichever protocol asks.
 * Writes the tables folder, item, placement, folder_thread, thread_key, keyword, vanished, kind_state, upload, record, and
 * those of the index (`search/`) and of what is deleted (`deleted/`).
 * Marks as deleted; `trust/retention` destroys. Everything that changes takes the transaction of `account.write`.
 */
export { createFolder, DEEPEST, type NewFolder } from './folders/create.ts'
export { updateFolder, type FolderUpdate } from './folders/update.ts'
export { removeFolder } from './folders/remove.ts'
export { emptyInto } from './folders/empty-into.ts'
export { deletedInFolders, sizesOfFolders, usageOf, type Measure } from './folders/measure.ts'
export { findFolderByPath, listFolders, findFolderByRole, type Folder } from './folders/list.ts'
export { checkName, NAME_BYTES } from './name.ts'
export { addItem, addItems, type NewItem, type AddedItem } from './add.ts'
export { copyItems, moveItems, type Copying, type Placed } from './copy.ts'
export { deletedWith, digestOf, foldersWith, keepDigests, undigested } from './same.ts'
export { listPlaced, type Listing } from './listing.ts'
export { expungeItems } from './expunge.ts'
export { markReplaced } from './replaced.ts'
export { startAnew } from './restored.ts'
export { vanishedSince } from './view/load.ts'
export { openView, type Delta, type FolderView } from './view/view.ts'
export { DELETED, type Rows } from './view/rows.ts'
export { flagItems, SETTABLE, type FlagChange } from './flag.ts'
export { updateItems, type ItemState, type ItemUpdate } from './update.ts'
export {
  readItems,
  readOpened,
  readSummaries,
  findItemByBlob,
  findPlaced,
  readThreads,
  threadsOf,
  newestItem,
  type Item,
} from './read.ts'
export { everyItem, type AnyItem } from './every.ts'
export { countItems, walkItems, type Found, type Search } from './find.ts'
export { readPage, pageOfFolder, positionInFolder, type FolderList, type ListState, type Page } from './page.ts'
export { mergeChanges } from './merge-changes.ts'
export { folderListChanges, type ListChanges } from './page-changes.ts'
export * from './conditions.ts'
export {
  itemChanges,
  folderChanges,
  foldersChange,
  threadChanges,
  kindState,
  type ChangeList,
  type KindState,
  type Point,
} from './changes.ts'
export { writeKind, type Written } from './write.ts'
export { keywordNames, readKeywords, type Keywords } from './keywords.ts'
export { FLAG, READ } from './flags.ts'
export {
  addUpload,
  dropUpload,
  findUpload,
  listUploads,
  MOST_UPLOADS,
  removeUpload,
  type Upload,
} from './uploads/index.ts'
export * from './deleted/index.ts'
export * from './records/index.ts'
export * from './search/index.ts'
