import { setTimeout as sleep } from 'node:timers/promises'
import type { BenchOptions } from './run.ts'
import { removeFolder, startChild } from '../test/child.ts'
import { percentile } from './percentile.ts'

/** From the start of the process to `ready`, with an empty and with an existing data folder, and memory when idle. */
export async function start({ rounds }: BenchOptions): Promise<string[]> {
  const first = await startChild()
  const lines = [`first start, with initdb and migration: ${Math.round(first.readyMs)} ms`]
  await first.stop()
  const ready: number[] = []
  const resident: number[] = []
  for (let round = 0; round < rounds; round++) {
    const server = await startChild({ folder: first.folder })
    ready.push(server.readyMs)
    await sleep(5000)
    resident.push(server.residentMb())
    await server.stop()
  }
  removeFolder(first.folder)
  return [
    ...lines,
    `start with an existing data folder: median ${Math.round(percentile(ready, 50))} ms of ${rounds}`,
    `resident memory of the idle Node process: median ${Math.round(percentile(resident, 50))} MB of ${rounds}`,
  ]
}
