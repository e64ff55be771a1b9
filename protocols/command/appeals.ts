import { listAppeals } from '#accounts'
import { Refusal } from '#system'
import { keep, lift } from '#trust/suspension'
import { EXIT, type Command } from './command.ts'

/** Without what a terminal would obey: the words are a stranger's. */
const printable = (text: string): string => text.replaceAll(/[^\P{C}\n]/gu, ' ')

export const appealsCommands: Command[] = [
  {
    name: 'appeals',
    usage: '',
    summary: 'Shows the appeals against suspensions that wait, those whose time ends first in front.',
    arguments: [0, 0],
    options: {},
    looksAt: ['addresses', 'suspension', 'appeal'],
    async run({ print, noteLook, withStorage }) {
      const appeals = await withStorage(async (storage) => {
        const waiting = await listAppeals(storage)
        await noteLook(
          storage,
          waiting.map(({ accountId }) => accountId),
        )
        return waiting
      })
      print(appeals, () =>
        appeals.length === 0
          ? 'Nobody has appealed.'
          : appeals
              .map(
                ({ accountId, address, rule, since, decideBy, text }) =>
                  `${accountId}  ${address}  ${rule} since ${since.toISOString().slice(0, 10)}, to be decided by ${decideBy.toISOString().slice(0, 16)}Z\n${printable(text).replaceAll(/^/gm, '    ')}`,
              )
              .join('\n\n'),
      )
      return EXIT.ok
    },
  },
  {
    name: 'appeal',
    usage: 'ID --lift | --keep --reason TEXT',
    summary: 'Decides on an appeal; its owner reads the reason.',
    arguments: [1, 1],
    options: { lift: { type: 'boolean' }, keep: { type: 'boolean' }, reason: { type: 'string' } },
    async run({ positionals, options, print, withStorage }) {
      const id = Number(positionals[0])
      const { reason } = options
      const isLifted = options['lift'] === true
      if (isLifted === (options['keep'] === true) || (!isLifted && typeof reason !== 'string')) {
        process.stderr.write('zegel appeal ID --lift, or --keep --reason TEXT\n')
        return EXIT.usage
      }
      await withStorage(async (storage, config) => {
        const appeals = await listAppeals(storage)
        if (!appeals.some(({ accountId }) => accountId === id))
          throw new Refusal('notFound', {
            fields: ['No appeal of that account waits; "zegel appeals" shows those that do.'],
          })
        if (isLifted) await lift(storage, config, id)
        else await keep(storage, config, id, String(reason))
      })
      print({ id, isLifted }, () => (isLifted ? `Account ${id} may send again.` : `Account ${id} stays suspended.`))
      return EXIT.ok
    },
  },
]
