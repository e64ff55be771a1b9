import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { BenchOptions } from './run.ts'
import { openJmapClient } from '../test/jmap.ts'
import { removeFolder, startChild } from '../test/child.ts'
import { percentile } from './percentile.ts'

const SIZE = 100_000
const REQUESTS = 200
const PASSWORD = 'bench password'
const ADDRESS = 'big@zegel.test'

/** What is searched: as people do, words that are in a few letters, in many and in nearly all. */
const SEARCHES: Record<string, readonly string[]> = {
  'a word': ['spamassassin', 'penguin', 'mortgage', 'holiday', 'kernel', 'please'],
  'a word pair': ['linux kernel', 'free money', 'please remove', 'meeting tomorrow', 'the and', 'holiday picture'],
  'a phrase': ['"mailing list"', '"free software"', '"click here"', '"linux users group"', '"operating system"'],
  'a phrase of the commonest words': ['"at the same time"', '"to be in the"', '"this is not"'],
  'a beginning': ['serv*', 'deliver*', 'comp*', 'intern*', 'zo*', 'unsubs*'],
  'a part of a word': ['*ssassi*', '*twor*', '*ubscri*'],
  'nothing that is there': ['qqxyz', 'qqxyz linux', '"kernel mortgage penguin"'],
}

/** Email/query for 50 results in a mailbox of 100,000 letters that differ, over HTTP, one client. */
export async function search({ count = SIZE }: BenchOptions): Promise<string[]> {
  const server = await startChild()
  try {
    await server.command(['account', 'create', ADDRESS, '--password-stdin'], PASSWORD)
    await server.stop()
    const run = (script: string, ...args: string[]): void => {
      const { status } = spawnSync(process.execPath, [join(import.meta.dirname, script), ...args], {
        env: server.env,
        stdio: 'inherit',
      })
      if (status !== 0) throw new Error(`${script} ended with ${status}`)
    }
    run('fill.ts', ADDRESS, 'large', String(count), 'varied')
    run('index-all.ts', ADDRESS)
    return await measure(server.folder, count)
  } finally {
    removeFolder(server.folder)
  }
}

/** @param folder  of a server that was stopped, whose large mailbox is indexed */
export async function measure(folder: string, count: number): Promise<string[]> {
  const lines: string[] = []
  const server = await startChild({ folder })
  try {
    const jmap = await openJmapClient(
      { http: `http://127.0.0.1:${server.http}` },
      { address: ADDRESS, password: PASSWORD },
    )
    const ask = async (text: string): Promise<{ ms: number; found: number }> => {
      const startedAt = performance.now()
      const { ids } = await jmap.call('Email/query', { filter: { text }, limit: 50 })
      return { ms: performance.now() - startedAt, found: (ids as string[]).length }
    }
    await jmap.call('Email/query', { limit: 1 })
    const first = await ask('linux kernel')
    lines.push(`${count} messages: the first search after the start ${first.ms.toFixed(0)} ms`)
    for (const [what, texts] of Object.entries(SEARCHES)) {
      const times: number[] = []
      const found = new Map<string, number>()
      const cpu = server.cpu()
      for (let request = 0; request < REQUESTS; request++) {
        const text = texts[request % texts.length] as string
        const one = await ask(text)
        // The first of each text plans its statements and warms what it reads.
        if (request >= texts.length) times.push(one.ms)
        found.set(text, one.found)
      }
      const cpuMs = ((server.cpu() - cpu) / REQUESTS) * 1000
      lines.push(
        `${what}: p50 ${percentile(times, 50).toFixed(1)} ms, p99 ${percentile(times, 99).toFixed(1)} ms, ` +
          `server CPU ${cpuMs.toFixed(1)} ms (found ${[...found.values()].join(', ')})`,
      )
    }
  } finally {
    await server.stop()
  }
  return lines
}
