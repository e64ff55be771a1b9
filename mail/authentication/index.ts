/** Whether a letter that arrives comes from where it says: SPF, DKIM, DMARC, ARC and the name of the client's address. */
export { openAuthentication, type Authentication } from './start.ts'
export type { Asked, Authenticated } from './authenticate.ts'
export { resultsField, withoutResultsOf } from './results-field.ts'
export { headerFields } from './header-fields.ts'
