import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { readPaper, type Paper } from '#storage'
import { loadConfig, openLog, Refusal } from '#system'
import { openTarget, restoreBackup } from '#trust/backups'
import { EXIT, type Command } from './command.ts'

/** What is on the paper, typed or piped in. */
export async function paperFromInput(): Promise<Paper> {
  if (process.stdin.isTTY)
    process.stderr.write('There is no master key here. Type the lines of the paper, then Ctrl-D:\n')
  return readPaper(await text(process.stdin))
}

export const restoreCommands: Command[] = [
  {
    name: 'restore',
    usage: '[--from FOLDER] [--backup ID]',
    summary: 'Reads a backup into an empty data folder and database; without a key file the paper is asked for.',
    arguments: [0, 0],
    options: { from: { type: 'string' }, backup: { type: 'string' } },
    async run({ options, print }) {
      const from = options['from'] as string | undefined
      const config = loadConfig({ createTrial: true })
      const target = openTarget(config, from === undefined ? undefined : resolve(from))
      if (target === undefined)
        throw new Refusal('invalid', { fields: ['backup: neither target nor s3 is set; --from names a folder'] })
      const backupId = options['backup'] as string | undefined
      const restored = await restoreBackup({ config, target, log: openLog('warn'), paper: paperFromInput, backupId })
      print(
        restored,
        () =>
          `Restored backup ${restored.id} of ${restored.at.toISOString()}: ${restored.accounts} accounts, ${restored.items} items, ${(restored.bytes / 1e6).toFixed(1)} MB.${
            restored.leftOut > 0 ? ` ${restored.leftOut} accounts had been erased since, and did not come back.` : ''
          }`,
      )
      return EXIT.ok
    },
  },
]
