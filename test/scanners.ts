/** Debian's clamd and rspamd as an operator would run them: with the files of ops/, in a folder in memory, on loopback. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, connect, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Undo } from './database.ts'
import { gather } from './logs.ts'

/** What every scanner of viruses takes for one, and harms nobody. */
export const EICAR = String.raw`X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*`

/** What every filter of spam takes for it. */
export const GTUBE = 'XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X'

export interface RunningScanner {
  /** As `scanners.clamd` and `scanners.rspamd` have it. */
  address: string
  /** Where it keeps whatever it keeps. */
  folder: string
  /** All that it has said. */
  log(): string
  /** It stays, and does nothing any more, until it is continued. */
  pause(): void
  continue(): void
  kill(): Promise<void>
  /** Again, where it was. */
  start(): Promise<void>
}

interface Program {
  user: string
  command: (folder: string) => string[]
  address: string
  isReady: () => Promise<boolean>
}

/** Virus signatures: none but EICAR, wherever it stands. */
const SIGNATURES = `Zegel.Test.EICAR:0:*:${Buffer.from(EICAR).toString('hex')}\n`

export function startClamd(t: Undo): Promise<RunningScanner> {
  const folder = newFolder('clamav')
  const socket = join(folder, 'clamd.ctl')
  mkdirSync(join(folder, 'signatures'))
  writeFileSync(join(folder, 'signatures', 'eicar.ndb'), SIGNATURES)
  adapt('ops/clamav/clamd.conf', join(folder, 'clamd.conf'), {
    'LocalSocket /run/clamav/clamd.ctl': `LocalSocket ${socket}`,
    'LocalSocketGroup clamav\n': '',
    'User clamav\n': '',
    'DatabaseDirectory /var/lib/clamav': `DatabaseDirectory ${folder}/signatures`,
    'TemporaryDirectory /dev/shm': `TemporaryDirectory ${folder}`,
  })
  return run(t, folder, {
    user: 'clamav',
    command: () => ['/usr/sbin/clamd', `--config-file=${folder}/clamd.conf`, '--foreground'],
    address: socket,
    isReady: async () => (await answerOf({ path: socket }, 'zPING\0')).startsWith('PONG'),
  })
}

export async function startRspamd(t: Undo): Promise<RunningScanner> {
  const folder = newFolder('_rspamd')
  const port = await freePort()
  // The list of all top-level domains takes half a minute to be made ready.
  writeFileSync(join(folder, 'domains'), 'example\norg\ntest\n')
  adapt('ops/rspamd/rspamd.conf', join(folder, 'rspamd.conf'), {
    '127.0.0.1:11333': `127.0.0.1:${port}`,
    '"${SHAREDIR}/effective_tld_names.dat"': `"${folder}/domains"`,
    'tempdir = "/dev/shm"': `tempdir = "${folder}"`,
  })
  const places = ['DBDIR', 'RUNDIR'].map((name) => `--var=${name}=${folder}`)
  return run(t, folder, {
    user: '_rspamd',
    command: () => ['/usr/bin/rspamd', '--no-fork', '-c', `${folder}/rspamd.conf`, ...places],
    address: `http://127.0.0.1:${port}`,
    isReady: async () => (await answerOf({ host: '127.0.0.1', port }, 'GET /ping HTTP/1.0\r\n\r\n')).includes('pong'),
  })
}

/** Writes a file of ours with other places; each of them must be there. */
function adapt(from: string, to: string, changes: Record<string, string>): void {
  let text = readFileSync(join(import.meta.dirname, '..', from), 'utf8')
  for (const [ours, other] of Object.entries(changes)) {
    if (!text.includes(ours)) throw new Error(`${from} does not say ${ours}`)
    text = text.replace(ours, () => other)
  }
  writeFileSync(to, text)
}

const isRoot = process.getuid?.() === 0

function newFolder(user: string): string {
  const folder = mkdtempSync('/dev/shm/zegel-scanner-')
  chmodSync(folder, 0o755)
  if (isRoot) chownSync(folder, Number(execFileSync('id', ['-u', user])), -1)
  return folder
}

async function run(t: Undo, folder: string, program: Program): Promise<RunningScanner> {
  let log = ''
  let child: ChildProcess | undefined
  const signal = (name: NodeJS.Signals): void => {
    // Its workers with it: they share its group.
    if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, name)
  }
  const start = async (): Promise<void> => {
    // It ends with this process, however that ends.
    const asUser = isRoot ? [`--reuid=${program.user}`, `--regid=${program.user}`, '--clear-groups'] : []
    const started = spawn('setpriv', ['--pdeathsig=TERM', ...asUser, ...program.command(folder)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    child = started
    for (const stream of [started.stdout, started.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        log += text
        gather(`scanner-${program.user}`, text)
      })
    while (!(await program.isReady())) {
      if (started.exitCode !== null || started.signalCode !== null)
        throw new Error(`${program.user} did not start: ${log}`)
      await sleep(50)
    }
  }
  const kill = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    signal('SIGKILL')
    await ended
  }
  t.after(async () => {
    await kill()
    rmSync(folder, { recursive: true, force: true })
  })
  await start()
  return {
    address: program.address,
    folder,
    log: () => log,
    pause: () => signal('SIGSTOP'),
    continue: () => signal('SIGCONT'),
    kill,
    start,
  }
}

/** What comes back until the other side closes; '' from where nobody listens. */
async function answerOf(where: { path: string } | { host: string; port: number }, question: string): Promise<string> {
  const socket = connect(where)
  let answer = ''
  socket.on('error', () => undefined).on('data', (bytes) => (answer += bytes.toString()))
  socket.write(question)
  await new Promise<void>((resolve) => socket.once('close', () => resolve()))
  return answer
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}
