/** Domains that people bring themselves: proof, loss and release, and the letters that tell of them. Writes no table of its own. */
export { keepOwnDomains, lookAtOwnDomain } from './keep.ts'
