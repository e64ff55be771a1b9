import { connect } from 'node:net'
import { askScanners } from '#mail/scanners'
import { loadConfig } from '#system'
import { EXIT, type Command } from './command.ts'

const WAIT_MS = 3000

export const statusCommands: Command[] = [
  {
    name: 'status',
    usage: '',
    summary: 'Says whether each port and each scanner answers; exits with 69 when one does not.',
    arguments: [0, 0],
    options: {},
    async run({ print }) {
      const config = loadConfig()
      const host = config.listen[0] as string
      const scanning = askScanners(config, WAIT_MS)
      const ports = await Promise.all(
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
        ].map(async ({ part, port }) => ({
          part,
          port,
          answers: part === 'http' ? await isHealthy(host, port) : await answers(host, port),
        })),
      )
      const scanners = (await scanning).map(({ name, answers }) => ({ part: name, port: null, answers }))
      const parts = [...ports, ...scanners]
      print(parts, () =>
        [
          ...parts.map(
            ({ part, port, answers }) =>
              `${part.padEnd(11)} ${String(port ?? '').padEnd(6)} ${answers ? 'answers' : 'silent'}`,
          ),
          ...(scanners.length === 0
            ? ['No scanner is set: letters are looked into by the built-in checks alone.']
            : []),
        ].join('\n'),
      )
      return parts.every((part) => part.answers) ? EXIT.ok : EXIT.unavailable
    },
  },
]

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
