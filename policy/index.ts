/**
 * What the operator promises and under which terms: the promises in numbers and which settings break them, the texts in four
 * languages, their versions, and who has agreed to which. Writes the table consent.
 */
export { documents, type DocumentName, type Versions } from './documents.ts'
export { documentText, type Clause, type DocumentText, type Operator } from './texts.ts'
export { agreedVersions, recordConsent, refuseOldVersions } from './consent.ts'
export { brokenPromises, PURPOSES, readPromises, refuseBrokenPromises, type Promises } from './promises.ts'
