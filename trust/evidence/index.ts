/**
 * What shows that promises are kept: numbers and times that a job measures and the policy page shows, never typed in.
 * Writes the table evidence.
 */
export { measureAll, readEvidence, type Evidence, type EvidenceByName } from './keep.ts'
export type { Facts, MeasureName, State } from './measures.ts'
