/**
 * `npm test [PATH...]`: style, types and every test, in this order; the first that fails ends the run.
 * What servers and database have logged meanwhile is then looked through for addresses, subjects and content (leaks.ts).
 * With paths only the tests below them run. Arguments that begin with "-" go to Node's test runner.
 * Exit code 0 when all is well, else that of what failed.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, relative, resolve } from 'node:path'
import { findLeaks } from './leaks.ts'

const root = resolve(import.meta.dirname, '..')
const web = join(root, 'web')
const programs = join(root, 'node_modules/.bin')

/**
 * What tests need of Debian: a browser, letters for it to show text in, a mail server, mail programs
 * and scanners that are not ours, and an authority for certificates.
 */
const debianPackages = [
  'chromium',
  'fonts-liberation',
  'postfix',
  'swaks',
  'libnet-ssleay-perl',
  'sasl2-bin',
  'libsasl2-modules',
  'fetchmail',
  'getmail6',
  'curl',
  'isync',
  'neomutt',
  'clamav-daemon',
  'rspamd',
  'python3-dkim',
  'knot',
  'unbound',
  'pebble',
  'dovecot-sieve',
  'sieve-connect',
  'dovecot-imapd',
  'dovecot-pop3d',
]

/** A single test; a file is bounded by limit.ts, and all of them by `wholeRunMs`. */
const singleTestMs = 180_000
const wholeRunMs = 80 * 60_000

/** Leaks that are shown. */
const MOST_SHOWN = 20

interface Step {
  name: string
  command: string[]
  cwd?: string
  /** what to do when it fails */
  mend: string
}

const checks: Step[] = [
  { name: 'format', command: ['oxfmt', '--check'], mend: 'Mend with: node_modules/.bin/oxfmt' },
  { name: 'lint', command: ['oxlint', '--type-aware'], mend: 'Mend what oxlint names above.' },
  { name: 'types', command: ['tsc', '--noEmit', '-p', 'tsconfig.json'], mend: 'Mend what tsc names above.' },
  // Journeys hand functions to the browser, and so know its names; the server must not.
  {
    name: 'types of the journeys',
    command: ['tsc', '--noEmit', '-p', 'test/journeys'],
    mend: 'Mend what tsc names above.',
  },
]
if (existsSync(join(web, 'tsconfig.json'))) {
  const command = ['npm', 'run', '--silent', 'check']
  checks.push({ name: 'pages', command, cwd: web, mend: 'Mend what svelte-check names above.' })
}

const options = process.argv.slice(2).filter((argument) => argument.startsWith('-'))
const paths = process.argv.slice(2).filter((argument) => !argument.startsWith('-'))

const debian: Step = {
  name: 'Debian packages',
  command: ['sh', 'ops/debian.sh', ...debianPackages],
  mend: 'The tests need them.',
}
for (const step of paths.length === 0 ? [debian, ...checks] : [debian]) runStep(step)

const all = globSync('**/*.test.ts', { cwd: root, exclude: isNotOurs }).toSorted()
const chosen = paths.length === 0 ? all : all.filter((file) => paths.some((path) => isBelow(file, path)))
if (chosen.length === 0) stop(`No test file is below ${paths.join(' ')}.`, 1)
if (paths.length > 0) {
  say(`Only ${chosen.length} of ${all.length} test files, without format, lint and types: ${paths.join(' ')}`)
}
const runner = [
  '--test',
  `--test-timeout=${singleTestMs}`,
  '--test-concurrency=2',
  // One database server for all files; a single file that needs it starts its own.
  ...(chosen.length > 1 ? ['--test-global-setup=test/setup.ts'] : []),
  `--import=${join(root, 'test/limit.ts')}`,
  '--test-reporter=spec',
  '--test-reporter-destination=stdout',
  // Of a part of the tests the list would say that promises are not tried.
  ...(paths.length === 0
    ? [`--test-reporter=${join(root, 'test/promise-list.ts')}`, '--test-reporter-destination=stdout']
    : []),
]
const logs = mkdtempSync(join(tmpdir(), 'zegel-logs-'))
// The database's user passes through.
chmodSync(logs, 0o711)
process.env.ZEGEL_TEST_LOGS = logs
const tests = run([process.execPath, ...runner, ...options, ...chosen], root, wholeRunMs)
if (tests === undefined) stop(`Stopped: the tests did not end within ${wholeRunMs / 60_000} minutes.`, 1)
process.exitCode = lookThroughLogs() || tests

/** @returns the exit code */
function lookThroughLogs(): number {
  const { leaks, lines } = findLeaks(logs)
  // A whole run that logs nothing has not been looked at.
  const isBlind = lines === 0 && paths.length === 0
  rmSync(logs, { recursive: true, force: true })
  for (const { file, line, what, text } of leaks.slice(0, MOST_SHOWN))
    say(`${file}:${line}: ${what}: ${text.slice(0, 300)}`)
  if (isBlind) say('No log was gathered, so nothing is known of what stands in logs.')
  else if (leaks.length > 0) say(`${leaks.length} times something stands in a log that must not stand in any.`)
  else say(`Logs: ${lines} lines, and no address, subject or content in them.`)
  return isBlind || leaks.length > 0 ? 1 : 0
}

function runStep(step: Step): void {
  say(step.name)
  const code = run(step.command, step.cwd ?? root, wholeRunMs)
  if (code !== 0) stop(`Stopped: ${step.name} failed. ${step.mend}`, code ?? 1)
}

/** @returns the exit code, 1 when a signal ended it; undefined when it did not end in time */
function run([file = '', ...args]: string[], cwd: string, timeout: number): number | undefined {
  // Scripts of node_modules/.bin ask the PATH for node, and get Node 24.
  const env = { ...process.env, PATH: [programs, process.env.PATH].join(delimiter) }
  const result = spawnSync(file, args, { cwd, env, stdio: 'inherit', timeout, killSignal: 'SIGINT' })
  if (result.error) {
    if ('code' in result.error && result.error.code === 'ETIMEDOUT') return undefined
    stop(`Could not run ${file}: ${result.error.message}`, 1)
  }
  return result.status ?? 1
}

function isNotOurs(path: string): boolean {
  return /(^|\/)(node_modules|\.git)$|^(web\/dist|data)$/.test(path)
}

function isBelow(file: string, path: string): boolean {
  const base = relative(root, resolve(path))
  return base === '' || file === base || file.startsWith(`${base}/`)
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

function stop(line: string, code: number): never {
  process.stderr.write(`${line}\n`)
  process.exit(code)
}
