import { readEvidence } from '#trust/evidence'
import { brakeState } from '#trust/retention'
import { secondsBetween, DAY_SECONDS, type Check } from '../check.ts'

/** Promises are measured every five minutes. */
const MEASURED_SECONDS = 3600

/** Whether what ends is erased: the brake, and how far behind it is. */
export const retention: Check<'retention'> = {
  needs: 'database',
  async find({ database, config, at }) {
    const brake = await brakeState({ database })
    const { deleted } = await readEvidence({ database })
    const oldestSeconds = Number(deleted?.facts['oldestSeconds'] ?? 0)
    const overdueSeconds = Math.max(0, oldestSeconds - config.retention.deletedDays * DAY_SECONDS)
    const figures = {
      waiting: Number(deleted?.facts['waiting'] ?? 0),
      oldestSeconds,
      overdueSeconds,
      lastRoundAt: brake?.seenAt.toISOString() ?? null,
      heldAt: brake?.heldAt?.toISOString() ?? null,
    }
    const isMeasured = deleted !== undefined && secondsBetween(deleted.computedAt, at) < MEASURED_SECONDS
    const state = isMeasured ? deleted.state : 'kept'
    const cause =
      brake?.heldFor !== undefined ? 'held' : ({ kept: 'fine', late: 'late', broken: 'overdue' } as const)[state]
    return [{ subject: '', cause, figures }]
  },
}

/** What is measured of the promises and shown beside the policy. */
export const promises: Check<'promises'> = {
  needs: 'database',
  async find({ database, at }) {
    const evidence = await readEvidence({ database })
    return Object.entries(evidence).map(([subject, { state, computedAt }]) => ({
      subject,
      cause: secondsBetween(computedAt, at) > MEASURED_SECONDS ? 'notMeasured' : state,
      figures: { measuredAt: computedAt.toISOString() },
    }))
  },
}
