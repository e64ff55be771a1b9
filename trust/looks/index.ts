/** What the staff may be shown of an account: for each purpose its fields, each field read in one place, every look recorded first. */
export { GRANTABLE, SHOWN, type Grantable } from './purposes.ts'
export { lookAt, type Look } from './look.ts'
