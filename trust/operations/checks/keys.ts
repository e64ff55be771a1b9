import { stat } from 'node:fs/promises'
import { secondsBetween, DAY_SECONDS, type Check, type Finding } from '../check.ts'

/** The epoch turns every week. */
const TURN_DAYS = 11

/** A turn takes minutes, and what it does not finish the next one does. */
const OLD_EPOCH_DAYS = 11

interface KeyRow {
  epoch: number
  turned_at: Date | null
  keys: number
  old: number
  copy_epoch: number | null
  copied_at: Date | null
}

export const keys: Check<'keys'> = {
  needs: 'database',
  async find({ database, config, at }) {
    const { rows } = await database.sql<KeyRow>`
      select e.epoch, e.earlier_destroyed_at as turned_at, count(w.place) as keys,
        count(w.place) filter (where w.epoch <> e.epoch) as old,
        (select epoch from key_copy) as copy_epoch, (select verified_at from key_copy) as copied_at
      from keys.epoch e left join keys.wrap w on true group by e.epoch, e.earlier_destroyed_at`
    const row = rows[0] as KeyRow
    const file = await stat(config.keyFile).catch(() => undefined)
    const isBackedUp = config.backup.target !== undefined || config.backup.s3 !== undefined
    const cause = ((): Finding<'keys'>['cause'] => {
      if (file === undefined) return 'fileMissing'
      if ((file.mode & 0o077) !== 0) return 'fileOpen'
      if (isBackedUp && row.copied_at !== null && row.copy_epoch !== null && row.copy_epoch < row.epoch)
        return 'copyOld'
      if (row.old > 0) return 'oldEpoch'
      // The first epoch destroys none before it.
      if (row.turned_at === null && row.epoch > 1 && secondsBetween(file.mtime, at) > OLD_EPOCH_DAYS * DAY_SECONDS)
        return 'oldEpoch'
      if (row.turned_at !== null && secondsBetween(row.turned_at, at) > TURN_DAYS * DAY_SECONDS) return 'notTurned'
      return isBackedUp && row.copied_at === null ? 'noCopy' : 'fine'
    })()
    return [
      {
        subject: '',
        cause,
        figures: {
          epoch: row.epoch,
          keys: row.keys,
          oldKeys: row.old,
          turnedAt: row.turned_at?.toISOString() ?? null,
          copyVerifiedAt: row.copied_at?.toISOString() ?? null,
          copyEpoch: row.copy_epoch,
        },
      },
    ]
  },
}
