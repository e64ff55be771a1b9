import { parseArgs } from 'node:util'
import { describeError, loadConfig, openLog, Refusal, type Config } from '#system'
import { hasRoom, openStorage, startDatabase, type Storage } from '#storage'
import { accountCommands } from './account.ts'
import { aliasCommands } from './alias.ts'
import { appealsCommands } from './appeals.ts'
import { backupCommands } from './backup.ts'
import { EXIT, type Command, type Program } from './command.ts'
import { canaryCommands } from './canary.ts'
import { configCommands } from './config.ts'
import { demoCommands } from './demo.ts'
import { domainCommands } from './domain.ts'
import { keyCommands } from './key.ts'
import { listCommands } from './list.ts'
import { noteLookBy, REASON_OPTIONS, REASON_USAGE, reasonFrom, WHY_REASON } from './look.ts'
import { queueCommands } from './queue.ts'
import { receiptCommands } from './receipt.ts'
import { reportsCommands } from './reports.ts'
import { retentionCommands } from './retention.ts'
import { restoreCommands } from './restore.ts'
import { serveCommands } from './serve.ts'
import { setupCommands } from './setup/setup.ts'
import { staffCommands } from './staff.ts'
import { statusCommands } from './status.ts'
import { transferCommands } from './transfer.ts'

const COMMANDS: readonly Command[] = [
  ...serveCommands,
  ...setupCommands,
  ...accountCommands,
  ...aliasCommands,
  ...appealsCommands,
  ...domainCommands,
  ...listCommands,
  ...queueCommands,
  ...transferCommands,
  ...canaryCommands,
  ...receiptCommands,
  ...reportsCommands,
  ...retentionCommands,
  ...staffCommands,
  ...statusCommands,
  ...configCommands,
  ...backupCommands,
  ...restoreCommands,
  ...keyCommands,
  ...demoCommands,
]

/** Runs one command line. Returns the exit code; never throws. */
export async function runCommand(args: string[], program: Program): Promise<number> {
  const command = COMMANDS.filter(({ name }) => name.split(' ').every((word, i) => args[i] === word)).toSorted(
    (a, b) => b.name.length - a.name.length,
  )[0]
  if (command === undefined) {
    const wantsHelp = args.length === 0 || args.includes('--help') || args[0] === 'help'
    const group = COMMANDS.filter(({ name }) => name.startsWith(`${args[0]} `))
    ;(wantsHelp ? process.stdout : process.stderr).write(
      (wantsHelp ? '' : `There is no command "${args.slice(0, 2).join(' ')}".\n\n`) +
        overview(group.length > 0 ? group : COMMANDS),
    )
    return wantsHelp ? EXIT.ok : EXIT.usage
  }
  try {
    const { values, positionals } = parseArgs({
      args: args.slice(command.name.split(' ').length),
      options: {
        ...command.options,
        ...(command.looksAt === undefined ? {} : REASON_OPTIONS),
        help: { type: 'boolean', short: 'h' },
        json: { type: 'boolean' },
      },
      allowPositionals: true,
    })
    if (values['help'] === true) {
      process.stdout.write(helpOf(command))
      return EXIT.ok
    }
    const [least, most] = command.arguments
    if (positionals.length < least || positionals.length > most) {
      process.stderr.write(`zegel ${command.name} ${usageOf(command)}\n`)
      return EXIT.usage
    }
    const reason = reasonFrom(values)
    if (command.looksAt !== undefined && reason === undefined) {
      process.stderr.write(`zegel ${command.name} ${usageOf(command)}\n${WHY_REASON}\n`)
      return EXIT.usage
    }
    return await command.run({
      positionals,
      options: values as Record<string, string | boolean | string[] | undefined>,
      log: openLog(),
      program,
      print: (value, asText) =>
        void process.stdout.write(values['json'] === true ? `${JSON.stringify(value, null, 2)}\n` : `${asText()}\n`),
      noteLook: noteLookBy(command, reason),
      withStorage,
    })
  } catch (error) {
    return complain(error)
  }
}

/** Works on the database of the running server; without one, on the same database started for the moment. */
async function withStorage<T>(work: (storage: Storage, config: Config) => Promise<T>): Promise<T> {
  const log = openLog('error')
  const config = loadConfig({ createTrial: true })
  const database = await startDatabase(config, log, true)
  try {
    const storage = await openStorage(config, database.url, 'zegel_app', log)
    return await work(storage, config).finally(() => storage.close())
  } finally {
    await database.stop()
  }
}

/** What a refusal means to an operator. */
const REFUSALS: Partial<Record<Refusal['reason'], [exit: number, text: string]>> = {
  addressClosed: [EXIT.refused, 'That account is closed already.'],
  addressFormer: [EXIT.refused, 'That address belonged to an account that was erased, and is not given out again.'],
  addressTaken: [EXIT.refused, 'That address belongs to an account already.'],
  addressUnknown: [EXIT.refused, 'No account has that address.'],
  badCredentials: [EXIT.refused, 'That is not the password.'],
  domainUnknown: [EXIT.refused, 'That domain is not served here; add it with "zegel domain add".'],
  exists: [EXIT.refused, 'That exists already.'],
  expired: [EXIT.refused, 'The time in which that account could be reopened is over.'],
  invalid: [EXIT.config, 'That is not valid.'],
  tooManyAttempts: [EXIT.refused, 'There were too many attempts; wait before the next one.'],
  notFound: [EXIT.refused, 'There is no such thing.'],
  unavailable: [EXIT.unavailable, 'The database or the blob store does not answer.'],
}

function complain(error: unknown): number {
  if (error instanceof Refusal) {
    const [exit, text] = REFUSALS[error.reason] ?? [EXIT.refused, `Refused: ${error.reason}.`]
    process.stderr.write(error.fields.length > 0 ? `${error.fields.join('\n')}\n` : `${text}\n`)
    if (error.reason === 'unavailable' && !hasRoom(loadConfig().dataFolder))
      process.stderr.write('There is no room left for the data folder.\n')
    return exit
  }
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined
  if (code?.startsWith('ERR_PARSE_ARGS') === true) {
    process.stderr.write(`${(error as Error).message}\n`)
    return EXIT.usage
  }
  if (code === 'EADDRINUSE') {
    process.stderr.write(
      `Port ${(error as { port?: number }).port} is taken. Is Zegel running already? ZEGEL_PORT_OFFSET=N shifts all ports.\n`,
    )
    return EXIT.unavailable
  }
  openLog().error({ err: error }, 'the command failed')
  process.stderr.write(
    `Something failed that should not: ${String(describeError(error)['name'])}. The log above says where.\n`,
  )
  return EXIT.fault
}

const overview = (commands: readonly Command[]): string =>
  `Usage: zegel COMMAND\n\n${commands.map((command) => `  ${`${command.name} ${usageOf(command)}`.padEnd(44)} ${command.summary}\n`).join('')}
Every command explains itself with --help; those that show data speak JSON with --json.
ZEGEL_DATA names the data folder, ZEGEL_CONFIG the settings file, ZEGEL_KEY the master key's file.\n`

const usageOf = ({ usage, looksAt }: Command): string =>
  [usage, ...(looksAt === undefined ? [] : [REASON_USAGE])].filter((part) => part !== '').join(' ')

function helpOf(command: Command): string {
  const { name, summary, options } = command
  const flags = Object.entries(options).map(([flag, { type }]) => `  --${flag}${type === 'string' ? ' VALUE' : ''}\n`)
  return `zegel ${name} ${usageOf(command)}\n\n${summary}\n${flags.length > 0 ? `\n${flags.join('')}` : ''}`
}
