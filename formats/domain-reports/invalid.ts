/** Why a report cannot be read. */
export const REPORT_FAULTS = [
  /** Nothing attached that is a report. */
  'noReport',
  /** An archive that is broken or encrypted. */
  'unpacking',
  /** It unpacks to more than any report has. */
  'bomb',
  /** Archives within archives. */
  'nested',
  'tooManyFiles',
  'tooLarge',
  /** Neither well-formed XML nor well-formed JSON, or a document type in it. */
  'malformed',
  /** It lacks what every report has. */
  'incomplete',
  /** About a domain that is not served here, or another than the letter was sent to. */
  'otherDomain',
  /** In the future, long ago, or for a time that no report is about. */
  'dates',
] as const
export type ReportFault = (typeof REPORT_FAULTS)[number]

/** A report that cannot be read, and why. Quotes nothing of it. */
export class InvalidReport extends Error {
  override name = 'InvalidReport'
  readonly fault: ReportFault
  constructor(fault: ReportFault, options?: ErrorOptions) {
    super(fault, options)
    this.fault = fault
  }
}
