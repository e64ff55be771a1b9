import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Storage } from '#storage'
import { testDatabase } from './database.ts'

/**
 * Runs a piece of program in a process of its own over this file's database, and kills it as a power cut would as soon as something
 * can be seen.
 * @param script  TypeScript in which `storage` and `config` are there; `say()` writes a dot, `heard()` waits for a line
 * @param isSeen  asked again and again, with how many dots there are; `go` sends a line
 */
export async function killWhen(
  script: string,
  isSeen: (dots: number, go: () => void) => Promise<boolean>,
): Promise<void> {
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', PROLOGUE + script], {
    cwd: join(import.meta.dirname, '..'),
    env: { ...process.env, ZEGEL_KILLED: JSON.stringify(await testDatabase()) },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  let dots = 0
  child.stdout.on('data', (data: Buffer) => (dots += data.length))
  try {
    while (!(await isSeen(dots, () => void child.stdin.write('\n')))) {
      if (child.exitCode !== null) throw new Error('it ended before anything was seen')
      await sleep(10)
    }
  } finally {
    child.kill('SIGKILL')
    await ended
  }
}

const PROLOGUE = `
  import { openStorage } from '#storage'
  import { openLog } from '#system'
  const { config, url } = JSON.parse(process.env.ZEGEL_KILLED)
  const storage = await openStorage(config, url, 'zegel_app', openLog('silent'))
  const say = () => process.stdout.write('.')
  const heard = () => new Promise((resolve) => process.stdin.once('data', resolve))
`

/** Whether some session of this file's database waits for a lock that the test holds. */
export async function someoneWaits({ database }: Pick<Storage, 'database'>): Promise<boolean> {
  const { rows } = await database.sql<{ waits: boolean }>`
    select exists (
      select from pg_locks l join pg_stat_activity a on a.pid = l.pid
      where not l.granted and a.datname = current_database()) as waits`
  return rows[0]?.waits === true
}
