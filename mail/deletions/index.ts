/** Tells owners that much was deleted at once, by what, and how it comes back. */
export { tellOfDeletions } from './notice.ts'
