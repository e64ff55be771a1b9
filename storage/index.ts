/**
 * PostgreSQL, keys, sealing, blobs and change numbers: how anything is kept. Knows neither items nor mail.
 * `openStorage` gives each part of the program its own view, under its own database role.
 */
export { openStorage, startDatabase, type Storage, type DatabaseHandle } from './open.ts'
export { runWorks, type Actor, type OpenAccount, type Transaction, type Gathering } from './account.ts'
export { fragment, every, Fragment } from './database/sql.ts'
export { sqlState, type Database, type Sql, type Role, type Result } from './database/connect.ts'
export { SealBroken } from './sealing/seal.ts'
export type { BlobRef, BlobStore, PreparedBlob } from './blobs/store.ts'
export type { JournalKey, KeyRing, ServiceKey } from './keys/keyring.ts'
export { turnEpoch } from './keys/keyring.ts'
export { newId, newAccountId } from './id.ts'
export type { Changes } from './changes.ts'
export type { Signal } from './signal.ts'
export { startJobs, type Job } from './jobs.ts'
