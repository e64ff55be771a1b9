import { spawn, type ChildProcess } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { memoryEnvironment, memoryFlags } from '../ops/memory.mjs'
import { gather, levelFor } from './logs.ts'

const ROOT = join(import.meta.dirname, '..')

/** Characters of a server's log that are kept. */
const MOST_LOG = 1_000_000

/** A server of ours in a process of its own, with a temporary data folder. */
export interface ChildServer {
  folder: string
  env: NodeJS.ProcessEnv
  child: ChildProcess
  http: number
  smtp: number
  /** With STARTTLS. */
  submission: number
  imap: number
  /** With STARTTLS. */
  managesieve: number
  /** With TLS. */
  desk: number
  /** What it has written to its log so far, the newest megabyte of it. It goes to our standard error as well. */
  log(): string
  /** Milliseconds from the start of the process to the line `ready`. */
  readyMs: number
  /** CPU seconds of the process and its database so far. */
  cpu(): number
  /** Resident memory of the Node process, in MB. */
  residentMb(): number
  /** Runs `./zegel` beside it and gives what it prints. */
  command(args: string[], input?: string): Promise<string>
  /** Ends it as an operator would, its database with it. */
  stop(): Promise<void>
  /** Ends it as a power cut would: neither it nor its database gets to say goodbye. */
  kill(): Promise<void>
}

/**
 * Starts a server.
 * @param folder  begins where an earlier one has stopped
 * @param settings  TOML in place of the trial configuration
 * @param level  from which on it writes to its log
 */
export async function startChild({
  folder = newFolder(),
  offset = undefined as number | undefined,
  settings = undefined as string | undefined,
  level = 'warn',
} = {}): Promise<ChildServer> {
  const shift = offset ?? (await freeOffset())
  const env = {
    ...process.env,
    ...memoryEnvironment,
    ZEGEL_DATA: join(folder, 'data'),
    ZEGEL_KEY: join(folder, 'master.key'),
    ZEGEL_PORT_OFFSET: String(shift),
    ZEGEL_LOG: levelFor(level),
  }
  if (settings !== undefined) {
    mkdirSync(env.ZEGEL_DATA, { recursive: true })
    writeFileSync(join(env.ZEGEL_DATA, 'config.toml'), settings)
  }
  const startedAt = performance.now()
  const child = spawn(process.execPath, [...memoryFlags, join(ROOT, 'main.ts'), 'serve'], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let log = ''
  createInterface({ input: child.stderr }).on('line', (line) => {
    gather(`server-${child.pid}`, `${line}\n`)
    if (!isWanted(line, level)) return
    log = `${log}${line}\n`.slice(-MOST_LOG)
    process.stderr.write(`${line}\n`)
  })
  await new Promise<void>((resolve, reject) => {
    let seen = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      seen += chunk
      if (/^ready$/m.test(seen)) resolve()
    })
    child.once('exit', (code) => reject(new Error(`the server ended with ${code} before it was ready`)))
  })
  const readyMs = performance.now() - startedAt
  return {
    folder,
    env,
    child,
    http: 8080 + shift,
    smtp: 2525 + shift,
    submission: 2587 + shift,
    imap: 2143 + shift,
    managesieve: 4190 + shift,
    desk: 8444 + shift,
    log: () => log,
    readyMs,
    cpu: () => processes(child.pid as number, folder).reduce((sum, pid) => sum + cpuOf(pid), 0),
    residentMb: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024,
    async command(args, input = '') {
      const run = spawn(process.execPath, [join(ROOT, 'main.ts'), ...args], {
        cwd: ROOT,
        env,
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      run.stdin.end(input)
      const output = await text(run.stdout)
      if (run.exitCode === null) await new Promise((resolve) => run.once('exit', resolve))
      if (run.exitCode !== 0) throw new Error(`zegel ${args.slice(0, 2).join(' ')} ended with ${run.exitCode}`)
      return output
    },
    async kill() {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      const [, ...others] = processes(child.pid as number, folder)
      for (const pid of [child.pid as number, ...others]) tryKill(pid)
      await ended
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** As pino numbers them. */
const LEVELS: Record<string, number> = { debug: 20, info: 30, warn: 40, error: 50 }

/** Whether a line is of a level that a test has asked for; what is no entry of the log is always. */
function isWanted(line: string, from: string): boolean {
  const [, level] = /^\{"level":(\d+)/.exec(line) ?? []
  return level === undefined || Number(level) >= (LEVELS[from] ?? 0)
}

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'zegel-child-'))
  chmodSync(folder, 0o711)
  return folder
}

export const removeFolder = (folder: string): void => rmSync(folder, { recursive: true, force: true })

const PORTS = [8080, 8443, 2525, 2587, 2465, 2143, 2993, 2110, 2995, 4190, 8444]

/** Our ports differ by it: two offsets that are multiples of it share no port unless they are the same. */
const APART = 27

/** An offset at which all of our ports are free: a random one, for several test files look for theirs at once. */
export async function freeOffset(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    // Below the ports that the system hands out for outgoing connections.
    const offset = APART * randomInt(112, 889)
    if ((await Promise.all(PORTS.map((port) => isFree(port + offset)))).every(Boolean)) return offset
  }
  throw new Error('no free ports')
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })

/** CPU seconds so far of the PostgreSQL whose data lie below a folder. */
export const cpuOfPostgres = (folder: string): number =>
  processes(0, folder)
    .slice(1)
    .reduce((sum, pid) => sum + cpuOf(pid), 0)

/** The server's process and those of its PostgreSQL, which has a process group of its own. */
function processes(pid: number, folder: string): number[] {
  const pids = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
  const postmaster = pids.find((candidate) => commandOf(candidate).includes(`-D\0${folder}`))
  return [
    pid,
    ...pids.filter(
      (candidate) => candidate === postmaster || (postmaster !== undefined && parentOf(candidate) === postmaster),
    ),
  ]
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
const commandOf = (pid: number): string => read(`/proc/${pid}/cmdline`)
/** Fields of proc(5) from the third on: a name may hold spaces. */
const statOf = (pid: number): string[] => {
  const stat = read(`/proc/${pid}/stat`)
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}
const parentOf = (pid: number): number => Number(statOf(pid)[1])
/** Own time and that of children that have ended, in seconds. */
const cpuOf = (pid: number): number =>
  statOf(pid)
    .slice(11, 15)
    .reduce((sum, ticks) => sum + Number(ticks), 0) / 100
