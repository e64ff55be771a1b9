import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BenchOptions } from './run.ts'
import { removeFolder, startChild } from '../test/child.ts'
import { startNameServer } from '../test/name-server.ts'
import { startSink } from '../test/sink.ts'
import { percentile } from './percentile.ts'

/** Letters are put in while nothing leaves; then the clock runs. */
const FILL_MS = 20_000

/**
 * Letters from the queue to one server on loopback over reused connections: how many a second it has, and what of the
 * processor the server and its database take for each. The letters are in the queue when the time begins. Once as they are, and once
 * signed with both keys (DKIM).
 */
export async function departure({ rounds, count = 4000, only }: BenchOptions): Promise<string[]> {
  const lines: string[] = []
  for (const how of ['unsigned', 'signed'])
    if (only.length === 0 || only.includes(how)) lines.push(`${how}: ${await leave(rounds, count, how === 'signed')}`)
  return lines
}

const AUTHOR = 'signed.example'

async function leave(rounds: number, count: number, isSigned: boolean): Promise<string> {
  const ends: (() => Promise<void>)[] = []
  const sink = await startSink({ after: (end) => void ends.push(end) }, { keep: false })
  const names = await startNameServer({ after: (end) => void ends.push(end) }, {})
  const settings = `
trial = true
hostname = "zegel.test"
listen = ["127.0.0.1"]
cleartextOnLoopback = true
[dns]
servers = ["${names.address}"]
[routes]
"sink.example" = "127.0.0.1:${sink.port}"
`
  const server = await startChild({ settings })
  const rates: number[] = []
  const cpus: number[] = []
  try {
    if (isSigned) {
      const { records } = JSON.parse(await server.command(['domain', 'add', AUTHOR, '--json'])) as {
        records: { name: string; value: string }[]
      }
      for (const { name, value } of records) names.zone[name] = { TXT: [value] }
      await server.command(['domain', 'show', AUTHOR])
    }
    for (let round = 0; round < rounds; round++) {
      const leaveAt = Date.now() + FILL_MS
      const args = [
        join(import.meta.dirname, 'put.ts'),
        'sink.example',
        String(count),
        't',
        new Date(leaveAt).toISOString(),
        ...(isSigned ? [AUTHOR] : []),
      ]
      spawnSync(process.execPath, args, { env: server.env, stdio: 'inherit' })
      if (Date.now() > leaveAt) throw new Error('filling the queue took too long: take a smaller --count')
      const before = sink.count
      while (sink.count === before) await sleep(5)
      const startedAt = performance.now()
      const [cpu, first] = [server.cpu(), sink.count]
      while (sink.count - before < count) {
        if (performance.now() - startedAt > 120_000) throw new Error('not all letters left')
        await sleep(5)
      }
      rates.push(((before + count - first) / (performance.now() - startedAt)) * 1000)
      // What is written down after the last reply belongs to it.
      await sleep(500)
      cpus.push(((server.cpu() - cpu) / (before + count - first)) * 1000)
    }
    const median = (values: number[]): string => percentile(values, 50).toPrecision(4)
    return (
      `4 KB each, ${count} letters, median of ${rounds}: ${median(rates)}/s over ${sink.connections} connections, ` +
      `server CPU ${median(cpus)} ms a letter`
    )
  } finally {
    await server.stop()
    removeFolder(server.folder)
    for (const end of ends) await end()
  }
}
