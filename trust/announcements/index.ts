/** Tells every account of a new version of the policy or the terms before it takes effect. Writes the table policy_notice. */
export { announceVersions } from './announce.ts'
