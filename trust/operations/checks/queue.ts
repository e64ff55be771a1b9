import { queueCondition, type QueueCondition } from '#mail/outbound'
import type { Check, Finding } from '../check.ts'

/** The queue looks once a second; one destination that is busy may keep its letters waiting for a while. */
const LYING_SECONDS = 900

/** Recipients who wait again for something that is not one other server's. */
const MANY = 50

/** Foreign domains say whom people write to: they are counted and never named. */
export const queue: Check<'queue'> = {
  needs: 'database',
  async find({ database, config }) {
    const condition = await queueCondition({ database }, config)
    const { deferrals, ...figures } = condition
    const reasons = Object.entries(deferrals).filter(([, count]) => count > 0)
    return [
      {
        subject: '',
        cause: causeOf(condition, config.smarthost !== undefined),
        figures: { ...figures, ...Object.fromEntries(reasons.map(([name, count]) => [`deferred.${name}`, count])) },
      },
    ]
  },
}

function causeOf({ overdueSeconds, deferrals }: QueueCondition, hasSmarthost: boolean): Finding<'queue'>['cause'] {
  if (overdueSeconds > LYING_SECONDS) return 'notMoving'
  if (hasSmarthost && deferrals.notEncrypted + deferrals.notSignedIn > 0) return 'smarthost'
  if (deferrals.fault + deferrals.unavailableHere + deferrals.noOwnAddress > 0) return 'ourFault'
  return deferrals.nameServersSilent + deferrals.unreachable + deferrals.brokeOff >= MANY ? 'manyDeferred' : 'fine'
}
