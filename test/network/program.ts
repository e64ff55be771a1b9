import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Undo } from '../database.ts'

/** A program of Debian's that serves until the test ends, and no longer than this process. */
export interface Program {
  signal(name: NodeJS.Signals): void
}

/** How long a program may take until it answers. */
const START_MS = 30_000

/** @throws Error with what the program says when it does not start */
export async function startProgram(
  t: Undo,
  {
    user,
    command,
    isReady,
  }: {
    /** Whose rights it has where the test has root's. */
    user: string
    command: readonly string[]
    isReady: () => Promise<boolean>
  },
): Promise<Program> {
  const asUser = process.getuid?.() === 0 ? [`--reuid=${user}`, `--regid=${user}`, '--clear-groups'] : []
  const child = spawn('setpriv', ['--pdeathsig=KILL', ...asUser, ...command], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-10_000)))
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null
  t.after(async () => {
    if (hasEnded()) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  })
  const giveUpAt = performance.now() + START_MS
  while (!(await isReady())) {
    if (hasEnded() || performance.now() > giveUpAt) throw new Error(`${command[0]} did not start: ${said}`)
    await sleep(50)
  }
  return { signal: (name) => void child.kill(name) }
}

export async function freePort(host = '127.0.0.1'): Promise<number> {
  const server = createServer().listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
