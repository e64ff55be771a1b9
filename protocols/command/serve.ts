import { randomBytes } from 'node:crypto'
import { createAccount, createDomain, listAccounts } from '#accounts'
import { createStandardMailboxes } from '#mail'
import { loadConfig, Refusal, shiftClock, type Config } from '#system'
import type { Storage } from '#storage'
import { EXIT, type Command, type RunningProgram } from './command.ts'

export const serveCommands: Command[] = [
  {
    name: 'serve',
    usage: '[--only PART,…]',
    summary: 'Runs the server, or the parts of it that are named. Prints "ready" when every port answers.',
    arguments: [0, 0],
    options: { only: { type: 'string' } },

    async run({ options, log, program }) {
      const parts = partsNamed(options['only'] as string | undefined, program.parts)
      const isDeskAlone = parts.every((part) => part === 'desk')
      const config = loadConfig({ createTrial: !isDeskAlone })
      shiftClock(Number(process.env['ZEGEL_CLOCK_OFFSET_SECONDS'] ?? 0))
      const stopped = new Promise<NodeJS.Signals>((resolve) => {
        // A signal may come twice, from the terminal and from whoever passes it on; the first counts.
        for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, resolve)
      })
      const server = isDeskAlone ? await program.serveDesk(config, log) : await program.serve(config, log, { parts })
      // What fails from here on must not leave a server that no signal ends.
      try {
        const password =
          config.trial && 'storage' in server ? await firstOperator(server.storage as Storage, config) : undefined
        process.stdout.write(greeting(config, server, password))
        process.stdout.write('ready\n')
        // Of the start some 30 MB are left, which V8 lets lie in an idle process. A "regular" collection frees no pages.
        void globalThis.gc?.({ type: 'major', flavor: 'last-resort', execution: 'async' })
        log.info({ signal: await stopped }, 'stopping')
      } finally {
        await server.close()
      }
      return EXIT.ok
    },
  },
]

function partsNamed(only: string | undefined, all: readonly string[]): readonly string[] {
  if (only === undefined) return all
  const names = only.split(',').map((name) => name.trim())
  const unknown = names.filter((name) => !all.includes(name))
  if (unknown.length > 0)
    throw new Refusal('invalid', { fields: [`--only: ${unknown.join(', ')}: there are ${all.join(', ')}`] })
  return names
}

/** Makes the trial's domain and operator where no account is. Returns the operator's password, told this once. */
async function firstOperator(
  storage: Storage,
  config: Config,
): Promise<{ address: string; password: string } | undefined> {
  if ((await listAccounts(storage)).length > 0) return undefined
  const address = `operator@${config.hostname}`
  const password = randomBytes(12).toString('base64url')
  await createDomain(storage, config.hostname).catch((error: unknown) => {
    if (!(error instanceof Refusal && error.reason === 'exists')) throw error
  })
  await createAccount(storage, { address, password, isOperator: true }, createStandardMailboxes)
  return { address, password }
}

function greeting(
  config: Config,
  { addresses }: Pick<RunningProgram, 'addresses'>,
  operator: { address: string; password: string } | undefined,
): string {
  const at = (list: { host: string; port: number }[], scheme: string): string[] =>
    list.length === 0
      ? []
      : [
          `  ${scheme.padEnd(6)} ${scheme === 'smtp' ? `localhost port ${list[0]?.port}` : `${scheme}://localhost:${list[0]?.port}/`}\n`,
        ]
  const withTls = (name: string, [plain]: { port: number }[], [tls]: { port: number }[]): string[] =>
    plain === undefined ? [] : [`  ${name.padEnd(6)} localhost port ${plain.port} (STARTTLS), ${tls?.port} (TLS)\n`]
  return [
    `Zegel${config.trial ? ', a trial on this machine' : ''}\n`,
    ...at(addresses.http, 'http'),
    ...at(addresses.https, 'https'),
    ...at(addresses.smtp, 'smtp'),
    ...withTls('submit', addresses.submission, addresses.submissions),
    ...withTls('imap', addresses.imap, addresses.imaps),
    ...withTls('pop3', addresses.pop3, addresses.pop3s),
    ...(addresses.managesieve[0] === undefined
      ? []
      : [`  sieve  localhost port ${addresses.managesieve[0].port} (STARTTLS)\n`]),
    ...at(addresses.desk, 'https').map((line) => line.replace('https ', 'desk  ')),
    `  data   ${config.dataFolder}\n  key    ${config.keyFile}\n`,
    ...(operator === undefined
      ? []
      : [
          `\n  Sign in as ${operator.address} with the password ${operator.password}\n  It is shown this once. ./zegel demo fills two accounts with mail to look at.\n`,
        ]),
    '\n',
  ].join('')
}
