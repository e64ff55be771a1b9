/**
 * What the operator promises and under which terms: the promises in numbers and which settings break them, the texts in four
 * languages, their versions and what changed between them, and who has agreed to which. Writes the tables policy_version and
 * consent.
 */
export { documentNames, documents, type DocumentName, type Versions } from './documents.ts'
export { documentText, type Clause, type ClauseMeasure, type DocumentText, type Operator } from './texts.ts'
export { differenceOf, type Difference } from './difference.ts'
export { differenceInWords, numberInWords } from './difference-words.ts'
export {
  firstVersion,
  holdToPromises,
  keepVersions,
  numbersInForce,
  promisesInForce,
  versionsInForce,
  versionsOf,
  versionsToCome,
  type Version,
} from './versions.ts'
export { agreedVersions, recordConsent, refuseOldVersions, versionsToAgreeTo } from './consent.ts'
export {
  brokenPromises,
  fingerprintOf,
  followPromises,
  PURPOSES,
  readPromises,
  refuseBrokenPromises,
  type Keyholder,
  type PromisedCanary,
  type Promises,
} from './promises.ts'
export {
  AUTHORITIES,
  legalBases,
  REQUEST_KINDS,
  type AuthorityKind,
  type LegalBasis,
  type RequestKind,
} from './legal-bases.ts'
export { STAFF_ROLES, type StaffRole } from './staff.ts'
