/**
 * Moving mail in and out: letters from elsewhere go into an account, once (`fileLetters`), whoever brings them; files of other programs are
 * imported in the background, and mailboxes exported as such files; what comes to accounts elsewhere is collected again and again. Writes the
 * tables transfer, transfer_part, collection and collected_letter.
 */
export {
  fileLetters,
  prepareLetters,
  withLineEnds,
  type Filed,
  type IncomingLetter,
  type ReadyLetters,
} from './letters.ts'
export { findMailboxAt, openMailboxPaths, pathOfMailbox, type MailboxPaths, type Path } from './mailboxes.ts'
export { readSource, type Damage, type Found, type Reading, type Source } from './source.ts'
export { NOTHING_DONE, runImport, type Progress } from './run.ts'
export {
  createImport,
  createProviderImport,
  isOver,
  mostBytes,
  readImports,
  removeImport,
  resumeImport,
  stopImport,
  type Import,
  type ImportSource,
  type ImportState,
} from './imports.ts'
export { openImap } from './provider/imap.ts'
export {
  AlreadyCollected,
  changeCollection,
  createCollection,
  INTERVALS,
  MOST_COLLECTIONS,
  readCollections,
  removeCollection,
  type Chosen,
  type Collection,
} from './collection/collections.ts'
export { Broken, PROTOCOLS, SECURITIES, type Origin, type Protocol, type Security } from './provider/origin.ts'
export { lettersOf, readProvider, UNREAD } from './provider/read.ts'
export { addPart, MOST_PART } from './parts.ts'
export { exportMail, FORMATS, type ExportChoice, type Format } from './export.ts'
export { startTransfers } from './start.ts'
export { startCollecting } from './collection/start.ts'
