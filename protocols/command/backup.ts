import { resolve } from 'node:path'
import { holdToPromises, readPromises } from '#policy'
import { openLog, Refusal } from '#system'
import { makeBackup, openTarget } from '#trust/backups'
import { heldFor } from '#trust/retention'
import { EXIT, type Command } from './command.ts'

export const backupCommands: Command[] = [
  {
    name: 'backup',
    usage: '[--to FOLDER]',
    summary:
      'Makes a backup now, into the target of the settings or into a folder, and ends those that have lived long enough.',
    arguments: [0, 0],
    options: { to: { type: 'string' } },
    async run({ options, print, withStorage }) {
      const made = await withStorage(async (storage, config) => {
        await holdToPromises(storage.database.sql, config, readPromises(config))
        const to = options['to'] as string | undefined
        const target = openTarget(config, to === undefined ? undefined : resolve(to))
        if (target === undefined)
          throw new Refusal('invalid', { fields: ['backup: neither target nor s3 is set; --to names a folder'] })
        const isHeld = async (): Promise<boolean> => (await heldFor(storage, config)) !== undefined
        return makeBackup({ storage, config, target, log: openLog('warn'), isHeld })
      })
      print(
        made,
        () =>
          `Backup ${made.id}: ${made.changed} of ${made.accounts} accounts had changed; ${made.objects} objects, ${(made.bytes / 1e6).toFixed(1)} MB written; ${made.ended} older backups ended.`,
      )
      return EXIT.ok
    },
  },
]
