/**
 * What the operator promises and under which terms: the texts in four languages, their versions, and who has agreed to
 * which. Writes the table consent.
 */
export { documents, type DocumentName, type Versions } from './documents.ts'
export { documentText, type Clause, type DocumentText, type Operator } from './texts.ts'
export { agreedVersions, recordConsent, refuseOldVersions } from './consent.ts'
