import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BenchOptions } from './run.ts'
import { removeFolder, startChild } from '../test/child.ts'
import { startNameServer } from '../test/name-server.ts'
import { hang, startSink } from '../test/sink.ts'
import { putRecord } from '../test/zone.ts'
import { percentile } from './percentile.ts'

/** Letters are put in while nothing leaves; then the clock runs. */
const FILL_MS = 60_000

/**
 * Letters from the queue to one server on loopback over reused connections: how many a second it has, and what of the
 * processor the server and its database take for each. The letters are in the queue when the time begins. Once as they are, and once
 * signed with both keys (DKIM); and signed while 100,000 others wait for a server that takes connections and says nothing (`silent`), or that
 * refuses them (`refusing`).
 */
export async function departure({ rounds, count = 4000, only }: BenchOptions): Promise<string[]> {
  const lines: string[] = []
  for (const how of ['unsigned', 'signed', 'silent', 'refusing'] as const)
    if (only.length === 0 || only.includes(how)) lines.push(`${how}: ${await leave(rounds, count, how)}`)
  return lines
}

/** Letters that wait for the dead server. */
const DEAD = 100_000

const AUTHOR = 'signed.example'

async function leave(
  rounds: number,
  count: number,
  how: 'unsigned' | 'signed' | 'silent' | 'refusing',
): Promise<string> {
  const ends: (() => Promise<void>)[] = []
  const sink = await startSink({ after: (end) => void ends.push(end) }, { keep: false })
  const dead = await startSink(
    { after: (end) => void ends.push(end) },
    { keep: false, script: { greeting: () => hang } },
  )
  if (how === 'refusing') await dead.close()
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
"dead.example" = "127.0.0.1:${dead.port}"
`
  const server = await startChild({ settings })
  const rates: number[] = []
  const cpus: number[] = []
  try {
    const put = (domain: string, letters: number, time: Date, author?: string): void => {
      const args = [join(import.meta.dirname, 'put.ts'), domain, String(letters), 't', time.toISOString()]
      spawnSync(process.execPath, author === undefined ? args : [...args, author], {
        env: server.env,
        stdio: 'inherit',
      })
    }
    if (how !== 'unsigned') {
      const { records } = JSON.parse(await server.command(['domain', 'add', AUTHOR, '--json'])) as {
        records: { kind: string; name: string; type: string; value: string }[]
      }
      for (const record of records.filter(({ kind }) => kind === 'dkim')) putRecord(names.zone, record)
      // It looks at the keys, which begin to sign, and complains about all that is missing here.
      await server.command(['domain', 'show', AUTHOR]).catch(() => undefined)
    }
    if (how === 'silent' || how === 'refusing') put('dead.example', DEAD, new Date())
    for (let round = 0; round < rounds; round++) {
      const leaveAt = Date.now() + FILL_MS
      put('sink.example', count, new Date(leaveAt), how === 'unsigned' ? undefined : AUTHOR)
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
