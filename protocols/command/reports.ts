import { listReports } from '#mail/reports'
import { EXIT, type Command } from './command.ts'

export const reportsCommands: Command[] = [
  {
    name: 'reports',
    usage: '',
    summary: 'Lists complaints about letters that came to abuse@, of the last 30 days, by account.',
    arguments: [0, 0],
    options: {},
    looksAt: ['addresses', 'complaints'],
    async run({ print, noteLook, withStorage }) {
      const entries = await withStorage(async (storage) => {
        const complaints = await listReports(storage)
        await noteLook(storage, [...new Set(complaints.flatMap(({ accountId }) => accountId ?? []))])
        return complaints
      })
      print(entries, () =>
        entries.length === 0
          ? 'Nobody has complained.'
          : entries
              .map(({ at, type, accountId, address, count }) =>
                [
                  at.toISOString().slice(0, 16),
                  type.padEnd(14),
                  String(count).padStart(4),
                  String(accountId ?? 'not ours').padEnd(16),
                  address ?? '',
                ].join('  '),
              )
              .join('\n'),
      )
      return EXIT.ok
    },
  },
]
