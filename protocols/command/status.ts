import { connect } from 'node:net'
import { loadConfig, type Config } from '#system'
import { lookAtDatabase } from '#storage'
import {
  lookWithHistory,
  sentenceOf,
  titleOf,
  worstOf,
  type CheckResult,
  type Looked,
  type State,
} from '#trust/operations'
import { EXIT, type Command } from './command.ts'

const WAIT_MS = 3000

export const statusCommands: Command[] = [
  {
    name: 'status',
    usage: '',
    summary:
      'Looks at everything that can go wrong, and says what to do. Exits with 69 when something does not answer, with 1 when something is bad.',
    arguments: [0, 0],
    options: {},
    async run({ log, print }) {
      const config = loadConfig()
      const database = lookAtDatabase(config, log)
      try {
        const [ports, looked] = await Promise.all([askPorts(config), lookWithHistory(config, database)])
        print(
          {
            parts: ports,
            checks: looked.results.map((result) => ({
              ...result,
              title: titleOf(result.check),
              sentence: sentenceOf(result),
            })),
            unknown: looked.unknown,
          },
          () => [...ports.map(portLine), '', ...checkLines(looked)].join('\n'),
        )
        if (ports.some(({ answers }) => !answers) || looked.results.some(isSilent)) return EXIT.unavailable
        return worstOf(looked.results.map(({ state }) => state)) === 'bad' ? EXIT.refused : EXIT.ok
      } finally {
        await database?.close()
      }
    },
  },
]

const isSilent = ({ check, cause }: CheckResult): boolean =>
  (check === 'database' && cause === 'away') || (check === 'scanners' && cause === 'silent')

interface Port {
  part: string
  port: number
  answers: boolean
}

function askPorts(config: Config): Promise<Port[]> {
  const host = config.listen[0] as string
  return Promise.all(
    [
      { part: 'http', port: config.http.port },
      { part: 'https', port: config.https.port },
      { part: 'smtp', port: config.smtp.port },
      { part: 'submission', port: config.submission.port },
      { part: 'submissions', port: config.submission.tlsPort },
      { part: 'imap', port: config.imap.port },
      { part: 'imaps', port: config.imap.tlsPort },
      { part: 'pop3', port: config.pop3.port },
      { part: 'pop3s', port: config.pop3.tlsPort },
      { part: 'managesieve', port: config.managesieve.port },
      { part: 'desk', port: config.desk.port, at: config.desk.host },
    ].map(async ({ part, port, at = host }) => ({
      part,
      port,
      answers: part === 'http' ? await isHealthy(at, port) : await answers(at, port),
    })),
  )
}

const portLine = ({ part, port, answers }: Port): string =>
  `${part.padEnd(11)} ${String(port).padEnd(6)} ${answers ? 'answers' : 'silent'}`

const SHOWN: Record<State, string> = { good: 'good', look: 'LOOK', bad: 'BAD' }

/** Where the sentences stand. */
const INDENT = 5

/** Of one check, good things that are told one by one; of more the names are. */
const MOST_LINES = 3

const goodLine = (result: CheckResult): string =>
  `${SHOWN.good} ${titleOf(result.check)}${result.subject === '' ? '' : ` ${result.subject}`}: ${sentenceOf(result)}`

/** What is good takes a line for each check, or a few; under everything else stands what to do. */
function checkLines({ results, unknown }: Looked): string[] {
  const byCheck = [...Map.groupBy(results, ({ check }) => check)]
  const lines = byCheck.flatMap(([check, found]) => {
    const good = found.filter(({ state }) => state === 'good')
    const goodLines =
      good.length > MOST_LINES ? [`${SHOWN.good} ${titleOf(check)}: ${subjectsOf(good)}`] : good.map(goodLine)
    return [...goodLines, ...found.filter(({ state }) => state !== 'good').flatMap(troubleLines)]
  })
  const notLookedAt = unknown.map((check) => titleOf(check)).join(', ')
  return notLookedAt === '' ? lines : [...lines, `Not looked at: ${notLookedAt}.`]
}

const subjectsOf = (good: readonly CheckResult[]): string => good.map(({ subject }) => subject).join(', ')

function troubleLines(result: CheckResult): string[] {
  const { check, subject, state, since, lookedAt, names } = result
  const from = since < lookedAt ? `, since ${since.toISOString().slice(0, 16).replace('T', ' ')} UTC` : ''
  return [
    `${SHOWN[state].padEnd(INDENT - 1)} ${titleOf(check)}${subject === '' ? '' : ` ${subject}`}${from}`,
    ...wrapped(sentenceOf(result)),
    ...(names.length > 0 ? wrapped(names.join(', ')) : []),
  ]
}

/** A paragraph of at most a hundred characters a line, indented. */
function wrapped(text: string): string[] {
  const lines = ['']
  for (const word of text.split(' ')) {
    const last = lines.at(-1) as string
    if (last.length + word.length > 94) lines.push(word)
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`
  }
  return lines.map((line) => `${' '.repeat(INDENT)}${line}`)
}

async function isHealthy(host: string, port: number): Promise<boolean> {
  const name = host.includes(':') ? `[${host}]` : host
  const response = await fetch(`http://${name}:${port}/healthz`, { signal: AbortSignal.timeout(WAIT_MS) }).catch(
    () => undefined,
  )
  return response?.ok === true
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: WAIT_MS })
    const end = (isOpen: boolean): void => {
      socket.destroy()
      resolve(isOpen)
    }
    socket
      .once('connect', () => end(true))
      .once('error', () => end(false))
      .once('timeout', () => end(false))
  })
}
