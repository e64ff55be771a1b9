/**
 * PostgreSQL, keys, sealing, blobs and change numbers: how anything is kept. Knows neither items nor mail.
 * `openStorage` gives each part of the program its own view, under its own database role.
 */
export {
  lookAtDatabase,
  openDeskDatabase,
  openStorage,
  startDatabase,
  type DatabaseHandle,
  type DeskDatabase,
  type Storage,
} from './open.ts'
export { runWorks, type Actor, type OpenAccount, type Transaction, type Gathering } from './account.ts'
export { fragment, every, Fragment } from './database/sql.ts'
export {
  sqlState,
  type Database,
  type Sql,
  type Role,
  type Result,
  type Snapshot,
  type DatabaseUsage,
} from './database/connect.ts'
export { SealBroken } from './sealing/seal.ts'
export { newKeyPair, openBox, sealTo, type KeyPair } from './sealing/box.ts'
export type { BlobRef, BlobStore, PreparedBlob } from './blobs/store.ts'
export type { JournalKey, KeyRing, ServiceKey } from './keys/keyring.ts'
export { backupPlace, destroyAccountKey, epochDestroyedAt, serviceKeyOf, turnEpoch } from './keys/keyring.ts'
export { COPY_BEGINS, COPY_ENDS, copyRow, int8, timestamp } from './database/copy.ts'
export { copyKeys, openKeyCopy, type OpenedCopy } from './keys/copy.ts'
export { paperLines, readPaper, type Paper } from './keys/paper.ts'
export { newRecoveryKey } from './keys/recovery.ts'
export { readEpochs } from './keys/masterkey.ts'
export { open as openSealed } from './sealing/seal.ts'
export { KEY_BYTES } from './sealing/seal.ts'
export { piecesOf, writeAll } from './blobs/pieces.ts'
export { openStream, sealStream } from './blobs/stream.ts'
export { newestMigration } from './database/migrate.ts'
export { startRestoring, writeKeyFile, type Restoring } from './restoring.ts'
export { hasRoom } from './room.ts'
export { newId, newAccountId } from './id.ts'
export type { Changes } from './changes.ts'
export type { Signal } from './signal.ts'
export { startJobs, type Job } from './jobs/start.ts'
