/** What checks find in a letter that arrives, and what it means for where the letter goes. */
export {
  judge,
  JUNK,
  SUSPICIOUS,
  weigh,
  weightOf,
  WEIGHTS,
  type Finding,
  type FindingName,
  type Place,
  type Verdict,
} from './finding.ts'
