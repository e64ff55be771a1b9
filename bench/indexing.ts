import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { BenchOptions } from './run.ts'
import { removeFolder, startChild } from '../test/child.ts'
import { arrivalRate, createUsers } from './arrival.ts'
import { SETTINGS } from './settings.ts'
import { percentile } from './percentile.ts'

const SIZE = 20_000
const BACKLOG = 20_000
/** Messages that arrive: for longer than indexing stands aside. */
const ARRIVING = 8000
const PASSWORD = 'bench password'
const ADDRESS = 'big@zegel.test'

/**
 * How fast messages are indexed when nothing else happens, and how large the index becomes; then what arrives a second, in
 * turn by a server that has nothing to index and by one with a mailbox that waits for it.
 */
export async function indexing({ count = SIZE, rounds }: BenchOptions): Promise<string[]> {
  const server = await startChild({ settings: SETTINGS })
  const run = (script: string, ...args: string[]): string => {
    const { status, stdout } = spawnSync(process.execPath, [join(import.meta.dirname, script), ...args], {
      env: server.env,
      stdio: ['ignore', 'pipe', 'inherit'],
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`${script} ended with ${status}`)
    return stdout.trim()
  }
  try {
    await server.command(['account', 'create', ADDRESS, '--password-stdin'], PASSWORD)
    await createUsers(server)
    await server.stop()
    run('fill.ts', ADDRESS, 'large', String(count), 'varied')
    const lines = run('index-all.ts', ADDRESS).split('\n')

    const rates = { idle: [] as number[], busy: [] as number[] }
    for (let round = 0; round < rounds; round++)
      for (const state of ['idle', 'busy'] as const) {
        if (state === 'busy') run('fill.ts', ADDRESS, `backlog ${round}`, String(BACKLOG), 'varied')
        const again = await startChild({ folder: server.folder })
        rates[state].push(await arrivalRate(again, ARRIVING))
        await again.stop()
        if (state === 'busy') run('index-all.ts', ADDRESS)
      }
    const [idle, busy] = [percentile(rates.idle, 50), percentile(rates.busy, 50)]
    return [
      ...lines,
      `arrival with nothing to index ${idle.toFixed(0)}/s, with ${BACKLOG} waiting ${busy.toFixed(0)}/s: ` +
        `${(100 * (1 - busy / idle)).toFixed(0)} % less (medians of ${rounds})`,
    ]
  } finally {
    await server.stop()
    removeFolder(server.folder)
  }
}
