import { askScanners, type AskedScanner } from '#mail/scanners'
import { secondsBetween, DAY_SECONDS, type Check, type Finding } from '../check.ts'

const WAIT_MS = 3000

/** ClamAV publishes signatures every day. */
const OLD_DAYS = 4
const VERY_OLD_DAYS = 14

export const scanners: Check<'scanners'> = {
  needs: 'machine',
  async find({ config, at }) {
    const asked = await askScanners(config, WAIT_MS)
    if (asked.length === 0) return [{ subject: '', cause: 'none', figures: {} }]
    return asked.map((scanner) => {
      const ageDays =
        scanner.signaturesAt === undefined ? null : Math.floor(secondsBetween(scanner.signaturesAt, at) / DAY_SECONDS)
      return {
        subject: scanner.name,
        cause: causeOf(scanner, ageDays),
        figures: { signaturesAgeDays: ageDays },
      }
    })
  },
}

function causeOf({ answers }: AskedScanner, ageDays: number | null): Finding<'scanners'>['cause'] {
  if (!answers) return 'silent'
  if (ageDays === null || ageDays < OLD_DAYS) return 'fine'
  return ageDays < VERY_OLD_DAYS ? 'oldSignatures' : 'veryOldSignatures'
}
