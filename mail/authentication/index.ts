/** Whether a letter that arrives comes from where it says: SPF, DKIM, DMARC, ARC and the name of the client's address. */
export { authenticate, type Asked, type Authenticated } from './authenticate.ts'
export { blockListsWith } from './block-lists.ts'
export { openLookUp, type LookUp } from './look-up.ts'
export { reverseName } from './reverse.ts'
export { resultsField, withoutResultsOf } from './results-field.ts'
export { headerFields } from './header-fields.ts'
