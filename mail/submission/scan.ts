import type { Examination } from '#mail/examination'
import type { Finding, FindingName } from '#mail/findings'
import type { Scanners } from '#mail/scanners'
import { Refusal, type Reason } from '#system'

/** What looks into letters. */
export interface Inspection {
  examination: Examination
  scanners: Scanners
}

/** What does not leave here. */
const REFUSED: Partial<Record<FindingName, Reason>> = {
  virus: 'infected',
  dangerousAttachment: 'dangerousAttachment',
}

/**
 * Looks into a letter that is to leave as into one that comes, all at once.
 * @returns what was found and does not keep it here, and its words
 * @throws Refusal 'infected', 'dangerousAttachment'; 'scannerSilent', 'unavailable', 'overload' when it cannot be looked into now
 */
export async function scanOutgoing(
  { examination, scanners }: Inspection,
  content: Buffer,
  envelope: { mailFrom: string; recipients: readonly string[] },
): Promise<{ findings: Finding[]; features: Uint32Array }> {
  const [{ contents }, scanned] = await Promise.all([
    examination.examine(content, undefined),
    scanners.scanLetter(content, { ...envelope, client: undefined }),
  ])
  const findings = [...scanned, ...contents.findings]
  for (const { name } of findings) {
    const reason = REFUSED[name]
    if (reason !== undefined) throw new Refusal(reason)
  }
  return { findings, features: contents.features }
}
