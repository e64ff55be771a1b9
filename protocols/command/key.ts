import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { newRecoveryKey, paperLines, writeKeyFile } from '#storage'
import { loadConfig, Refusal, today } from '#system'
import { fetchKeys, keepKeys, openTarget } from '#trust/backups'
import { EXIT, type Command } from './command.ts'
import { paperFromInput } from './restore.ts'

export const keyCommands: Command[] = [
  {
    name: 'key export',
    usage: '[--to FOLDER]',
    summary: 'Prints a recovery key to be kept on paper; one that was printed before is good no longer.',
    arguments: [0, 0],
    options: { to: { type: 'string' } },
    async run({ options, print, withStorage }) {
      const to = options['to'] as string | undefined
      const { paper, epoch, isCopied } = await withStorage(async (storage, config) => {
        const target = openTarget(config, to === undefined ? undefined : resolve(to))
        const made = await newRecoveryKey(storage.database)
        // Else the paper would open nothing before the next backup.
        if (target !== undefined) await keepKeys(storage, config, target)
        const { rows } = await storage.database.sql<{ epoch: number }>`select epoch from keys.epoch`
        return { paper: made, epoch: rows[0]?.epoch, isCopied: target !== undefined }
      })
      const lines = paperLines(paper)
      print({ id: paper.id, date: today(), epoch, lines }, () =>
        [
          'Zegel recovery key',
          '',
          ...lines,
          '',
          `Printed on ${today()}, in epoch ${epoch} of the master key. It stays good when the epoch turns.`,
          'It opens the copy of the keys that lies with the backups, and with these everything that is',
          'alive. Keep it on paper, apart from the backups. "zegel restore" and "zegel key import" ask for it.',
          ...(isCopied
            ? []
            : ['', 'No target of backups is set: it opens what is backed up from now on. Make a backup now.']),
        ].join('\n'),
      )
      return EXIT.ok
    },
  },
  {
    name: 'key import',
    usage: '[--from FOLDER]',
    summary: "Writes the master key's file anew, from the recovery key on standard input and the copy of the keys.",
    arguments: [0, 0],
    options: { from: { type: 'string' } },
    async run({ options, print }) {
      const config = loadConfig()
      const from = options['from'] as string | undefined
      const target = openTarget(config, from === undefined ? undefined : resolve(from))
      if (target === undefined)
        throw new Refusal('invalid', { fields: ['backup: neither target nor s3 is set; --from names a folder'] })
      if (existsSync(config.keyFile))
        throw new Refusal('exists', { fields: [`${config.keyFile}: there is a master key already`] })
      const keys = await fetchKeys(target, { paper: await paperFromInput() })
      writeKeyFile(config.keyFile, keys)
      print({ keyFile: config.keyFile, epoch: keys.epoch }, () => `Wrote epoch ${keys.epoch} to ${config.keyFile}.`)
      return EXIT.ok
    },
  },
]
