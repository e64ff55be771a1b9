import { randomBytes } from 'node:crypto'
import { spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import {
  createAccount,
  createDomain,
  keepCertificates,
  listAccounts,
  openWhere,
  ownAddresses,
  prepareTlsKeys,
  shownRecord,
} from '#accounts'
import { createStandardMailboxes } from '#mail'
import { checkConfig, dataFolder, loadConfig, openDns, readToml, Refusal } from '#system'
import type { Storage } from '#storage'
import { lookAtSetup, takesConnections, setupSentence, setupTitle, type SetupItem, type SetupState } from '#trust/setup'
import { asText, showRecords } from '../domain.ts'
import { EXIT, type Command, type Invocation } from '../command.ts'
import { hasSystemd, installService, SERVICE_PLACES, startService } from './service.ts'
import { settingsFor, type Answers } from './settings.ts'

/** For each of two tries of a name server: somebody waits for it. */
const WAIT_MS = 1500

const NOT_AN_ADDRESS = /[^a-z0-9._-]/

export const setupCommands: Command[] = [
  {
    name: 'setup',
    usage: 'DOMAIN [--yes] [--hostname NAME] [--operator NAME] [--agree-terms] [--no-unit]',
    summary:
      'Makes a mail server of this machine: settings, service, domain with its keys, the first operator; prints the records for the DNS, and says what is missing before the first letter. May be run again at any time. Exits with 1 while something is missing.',
    arguments: [1, 1],
    options: {
      yes: { type: 'boolean' },
      hostname: { type: 'string' },
      operator: { type: 'string' },
      'agree-terms': { type: 'boolean' },
      'acme-directory': { type: 'string' },
      'acme-authority': { type: 'string' },
      contact: { type: 'string' },
      address: { type: 'string', multiple: true },
      dns: { type: 'string' },
      'try-mail-of': { type: 'string' },
      'no-unit': { type: 'boolean' },
    },
    async run(invocation) {
      const { options } = invocation
      const domain = (invocation.positionals[0] as string).toLowerCase()
      // The unit's own part of the work runs as its user, who is not root.
      const isService = process.env['ZEGEL_SETUP_SERVICE'] !== undefined
      const withUnit = !isService && options['no-unit'] !== true && hasSystemd() && process.getuid?.() === 0
      if (withUnit) {
        process.env['ZEGEL_DATA'] ??= SERVICE_PLACES.data
        process.env['ZEGEL_KEY'] ??= SERVICE_PLACES.key
      }
      const file = process.env['ZEGEL_CONFIG'] ?? join(dataFolder(), 'config.toml')
      const said = existsSync(file) ? undefined : await writeSettings(file, domain, options)
      if (!withUnit) return finish(invocation, domain)
      const { user, isNew } = installService()
      if (said !== undefined) chownSync(file, user.uid, user.gid)
      await startService(isNew, loadConfig())
      const { status } = spawnSync(process.execPath, process.argv.slice(1), {
        ...user,
        stdio: 'inherit',
        env: { ...process.env, ZEGEL_SETUP_SERVICE: '1' },
      })
      return status ?? EXIT.fault
    },
  },
]

/** Asks what cannot be known, and writes the settings. Never over those that are there. */
async function writeSettings(file: string, domain: string, options: Invocation['options']): Promise<string> {
  const answers = await ask(domain, options)
  const text = settingsFor(answers)
  mkdirSync(dirname(file), { recursive: true, mode: 0o711 })
  writeFileSync(file, text, { flag: 'wx', mode: 0o640 })
  const checked = checkConfig(readToml(file))
  if ('complaints' in checked)
    throw new Refusal('invalid', { fields: checked.complaints.map((one) => `${one.setting}: ${one.complaint}`) })
  process.stderr.write(`The settings stand in ${file}.\n`)
  return text
}

async function ask(domain: string, options: Invocation['options']): Promise<Answers> {
  const given = (name: string): string | undefined => (typeof options[name] === 'string' ? options[name] : undefined)
  const question = openQuestions(options['yes'] === true)
  try {
    const hostname = given('hostname') ?? (await question.text('The name of the server', `mail.${domain}`))
    const nameServer = given('dns')
    const contact = given('contact') ?? `postmaster@${domain}`
    const agrees =
      options['agree-terms'] === true ||
      (await question.yes(
        'Certificates come from Let’s Encrypt, whose terms stand at https://letsencrypt.org/repository/. Do you agree to them?',
      ))
    return {
      domain,
      hostname,
      hasIPv6: Object.values(networkInterfaces()).some((list) => list?.some(({ family }) => family === 'IPv6')),
      addresses: Array.isArray(options['address'])
        ? options['address']
        : await routedAddresses(hostname, nameServer, question),
      nameServer,
      acme: agrees ? { directory: given('acme-directory'), authority: given('acme-authority'), contact } : undefined,
    }
  } finally {
    question.close()
  }
}

/** Addresses of the name that no interface has: behind a router the machine cannot know them, and its operator does. */
async function routedAddresses(
  hostname: string,
  nameServer: string | undefined,
  question: ReturnType<typeof openQuestions>,
): Promise<string[]> {
  const dns = openDns({ dns: { servers: nameServer === undefined ? [] : [nameServer] } }, WAIT_MS)
  const found = await dns.addresses(hostname).catch(() => [])
  const settings = { addresses: [], trial: false }
  if (found.length === 0 || (await openWhere(settings, dns)(hostname)) === 'here') return []
  const own = ownAddresses(settings)
  const others = found.filter((one) => !own.includes(one))
  return (await question.yes(`${hostname} has ${others.join(', ')}. Does a router pass that on to this machine?`))
    ? others
    : []
}

/** Questions at a terminal. Without one, and with --yes, what stands in brackets counts, and nothing is agreed to. */
function openQuestions(silent: boolean) {
  const lines =
    silent || !process.stdin.isTTY ? undefined : createInterface({ input: process.stdin, output: process.stderr })
  return {
    async text(what: string, otherwise: string): Promise<string> {
      const answer = (await lines?.question(`${what} [${otherwise}]: `))?.trim()
      return answer === undefined || answer === '' ? otherwise : answer
    },
    yes: async (what: string): Promise<boolean> =>
      /^(?:y|yes)$/i.test((await lines?.question(`${what} [yes/no] `))?.trim() ?? ''),
    close: () => lines?.close(),
  }
}

/** What stands in the database, what the DNS needs, and what is missing. */
async function finish({ options, print, withStorage }: Invocation, domain: string): Promise<number> {
  const tryMailOf = options['try-mail-of'] as string | undefined
  const done = await withStorage(async (storage, config) => {
    await unlessThere(createDomain(storage, domain))
    await prepareTlsKeys(storage, config)
    const operator = await firstOperator(storage, domain, options['operator'] as string | undefined)
    const records = await showRecords(storage, config, domain)
    const dns = openDns(config, WAIT_MS)
    // Else the worker does within minutes. Whoever looks on wants to know now; where nothing answers on port 80 it would be in vain.
    if (await takesConnections(config.listen[0] as string, config.http.port))
      await keepCertificates(storage, config, dns, { purpose: 'server', subject: config.hostname.toLowerCase() })
    const items = await lookAtSetup({ config, storage, dns, tryMailOf })
    return { operator, records, items, config }
  })
  const { operator, records, items, config } = done
  print({ domain, operator, records: records.map(shownRecord), items: items.map(withWords) }, () =>
    [
      ...(operator === undefined
        ? []
        : [`${operator.address} runs the service; its password is ${operator.password}\nIt is shown this once.`]),
      asText(domain, records, false),
      [`The server ${config.hostname}:`, ...items.map(itemLine)].join('\n'),
      items.some(({ state }) => state === 'now')
        ? 'What is marked NOW is missing before the first letter. Run this again when it is done.'
        : 'Nothing is missing before the first letter.',
    ].join('\n\n'),
  )
  return items.some(({ state }) => state === 'now') ? EXIT.refused : EXIT.ok
}

const withWords = (item: SetupItem): object => ({ ...item, title: setupTitle(item), sentence: setupSentence(item) })

const SHOWN: Record<SetupState, string> = { done: 'done', now: 'NOW', soon: 'soon', unknown: '?' }

const itemLine = (item: SetupItem): string =>
  `  ${SHOWN[item.state].padEnd(5)} ${setupTitle(item)}: ${setupSentence(item)}`

/** Where nobody runs the service yet. The password is told this once. */
async function firstOperator(
  storage: Storage,
  domain: string,
  wanted = 'admin',
): Promise<{ address: string; password: string } | undefined> {
  if ((await listAccounts(storage)).some(({ isOperator }) => isOperator)) return undefined
  const local = wanted.toLowerCase()
  if (NOT_AN_ADDRESS.test(local)) throw new Refusal('invalid', { fields: ['--operator: what stands before the @'] })
  const address = `${local}@${domain}`
  const password = randomBytes(15).toString('base64url')
  await createAccount(storage, { address, password, isOperator: true }, createStandardMailboxes)
  return { address, password }
}

async function unlessThere(making: Promise<unknown>): Promise<void> {
  await making.catch((error: unknown) => {
    if (!(error instanceof Refusal && error.reason === 'exists')) throw error
  })
}
