import { listQueue, removeLetter, retryLetter, showOwnLetter, type QueueEntry } from '#mail/outbound'
import { nowMs, Refusal } from '#system'
import { EXIT, type Command } from './command.ts'

export const queueCommands: Command[] = [
  {
    name: 'queue list',
    usage: '',
    summary: 'Lists the letters that are to leave: size, age, state, attempts, and the domains they go to.',
    arguments: [0, 0],
    options: {},
    async run({ print, withStorage }) {
      const entries = await withStorage(listQueue)
      print(entries, () => (entries.length === 0 ? 'The queue is empty.' : table(entries)))
      return EXIT.ok
    },
  },
  {
    name: 'queue show',
    usage: 'ID',
    summary: 'In a trial, shows a letter that the service itself wrote, such as one with a code.',
    arguments: [1, 1],
    options: {},
    async run({ positionals, print, withStorage }) {
      const letter = await withStorage((storage, config) => {
        if (!config.trial) throw new Refusal('forbidden', { fields: ['Letters are shown in a trial only.'] })
        return showOwnLetter(storage, idOf(positionals)).catch(
          explain('Somebody wrote that letter: nobody else may read it.'),
        )
      })
      print(letter, () => [...letter.fields.map(({ name, value }) => `${name}: ${value}`), '', letter.text].join('\n'))
      return EXIT.ok
    },
  },
  {
    name: 'queue retry',
    usage: 'ID',
    summary: 'Tries a letter now rather than when its time comes.',
    arguments: [1, 1],
    options: {},
    async run({ positionals, print, withStorage }) {
      const id = idOf(positionals)
      await withStorage((storage) => retryLetter(storage, id).catch(explain('Its sender wants it to leave later.')))
      print({ id }, () => 'It is tried as soon as the server looks, within a second.')
      return EXIT.ok
    },
  },
  {
    name: 'queue remove',
    usage: 'ID',
    summary:
      'Removes a letter from the queue. No notification is sent; the webmail shows its sender that it was removed.',
    arguments: [1, 1],
    options: {},
    async run({ positionals, print, withStorage }) {
      const id = idOf(positionals)
      await withStorage((storage) => removeLetter(storage, id))
      print({ id }, () => 'It is removed.')
      return EXIT.ok
    },
  },
]

function idOf([text = '']: string[]): number {
  if (!/^\d{1,16}$/.test(text))
    throw new Refusal('invalid', { fields: ['ID: a number is wanted, as "queue list" shows it'] })
  return Number(text)
}

const explain =
  (why: string) =>
  (error: unknown): never => {
    throw error instanceof Refusal && error.reason === 'forbidden'
      ? new Refusal('forbidden', { fields: [why], cause: error })
      : error
  }

const COLUMNS: [title: string, value: (entry: QueueEntry) => string][] = [
  ['id', ({ id }) => String(id)],
  ['bytes', ({ size }) => String(size)],
  ['age', ({ createdAt }) => span(nowMs() - createdAt.getTime(), '0 s')],
  ['state', ({ state, isOwn }) => (isOwn ? `${state}, own` : state)],
  ['tries', ({ attempts }) => String(attempts)],
  ['next', ({ nextAttemptAt }) => span(nextAttemptAt.getTime() - nowMs())],
  ['to', ({ destinations, recipients }) => `${destinations.join(' ')}${recipients > 1 ? ` (${recipients})` : ''}`],
]

function table(entries: QueueEntry[]): string {
  const rows = [COLUMNS.map(([title]) => title), ...entries.map((entry) => COLUMNS.map(([, value]) => value(entry)))]
  const widths = COLUMNS.map((_, i) => Math.max(...rows.map((row) => (row[i] as string).length)))
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] as number))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** `40 s`, `12 min`, `3 h`, `2 d`. */
function span(ms: number, nothing = 'now'): string {
  const seconds = Math.round(ms / 1000)
  if (seconds <= 0) return nothing
  const [unit, size] = (
    [
      ['d', 86_400],
      ['h', 3600],
      ['min', 60],
    ] as const
  ).find(([, size]) => seconds >= 2 * size) ?? ['s', 1]
  return `${Math.floor(seconds / size)} ${unit}`
}
