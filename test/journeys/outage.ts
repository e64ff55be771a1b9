import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { ChildServer } from '../child.ts'

/** The PostgreSQL of a server in a process of its own, to be killed and started again. */
export interface Database {
  /** As when the system has run out of memory: no word to anybody. */
  kill(): void
  /** Starts it as it was started, and waits until it answers. The server's own stop ends it. */
  start(): Promise<void>
}

export function databaseOf({ folder }: ChildServer): Database {
  const data = join(folder, 'data', 'postgres')
  const pid = Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n', 1)[0])
  const [file = '', ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1)
  assert.ok(file.endsWith('/postgres') && args.includes(data), 'the process is the database of this server')
  const { uid, gid } = statSync(data)
  const user = process.getuid?.() === 0 ? { uid, gid } : {}
  return {
    kill: () => void process.kill(pid, 'SIGKILL'),
    async start() {
      const launch = () => {
        const child = spawn(file, args, { ...user, cwd: '/', detached: true, stdio: 'ignore' })
        child.unref()
        return child
      }
      let child = launch()
      for (let tries = 0; tries < 200; tries++) {
        if (await answers(join(folder, 'data', 'sockets'))) return
        // The processes that a killed one leaves behind hold its memory for a moment.
        if (child.exitCode !== null) child = launch()
        await sleep(100)
      }
      assert.fail('the database does not come back')
    },
  }
}

async function answers(host: string): Promise<boolean> {
  const client = new pg.Client({ host, user: 'zegel', database: 'zegel' })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('select 1')
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => undefined)
  }
}
