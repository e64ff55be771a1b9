import { existsSync } from 'node:fs'
import { machineMs } from '#system'
import type { Check } from '../check.ts'

/** The machine's clock and the database's. */
const DRIFT_MS = 2000
const APART_MS = 60_000

/** What systemd-timesyncd says: the folder is there while it runs, the file once it has the time. */
const TIMESYNC = '/run/systemd/timesync'

export const clock: Check<'clock'> = {
  needs: 'database',
  async find({ database }) {
    const before = machineMs()
    const { rows } = await database.sql<{ at: Date }>`select clock_timestamp() as at`
    const after = machineMs()
    const apart = Math.abs((rows[0] as { at: Date }).at.getTime() - (before + after) / 2)
    // What the answer took is no difference of clocks.
    const apartMs = Math.round(Math.max(0, apart - (after - before) / 2))
    const isSynchronised = existsSync(TIMESYNC) ? existsSync(`${TIMESYNC}/synchronized`) : null
    const cause =
      apartMs > APART_MS
        ? 'apart'
        : apartMs > DRIFT_MS
          ? 'drifts'
          : isSynchronised === false
            ? 'unsynchronised'
            : 'fine'
    return [
      {
        subject: '',
        cause,
        figures: { apartMs, synchronised: isSynchronised === null ? null : Number(isSynchronised) },
      },
    ]
  },
}
