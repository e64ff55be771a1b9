import { createHash } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { writeMbox } from '#formats/mbox'
import { startChild, type ChildServer } from '../test/child.ts'
import { openJmapClient, type JmapClient } from '../test/jmap.ts'
import type { BenchOptions } from './run.ts'
import { SETTINGS } from './settings.ts'

interface Generator {
  message(seed: number, index: number, mix: string, to: string): { data: Buffer }
}

const MB = 1_000_000
const PART = 16 * 1024 * 1024

const person = { address: 'anna@zegel.test', password: 'a long enough password' }

/**
 * An mbox of `--count` MB (1000) of mixed letters, imported by HTTP and exported again as either format. The import is measured from
 * the last part to its end, for then nothing else is done; memory is the most that the server's Node process had, and what it has at rest. Each
 * export is measured twice: right after, while letters may still be indexed, and by a server that was started anew.
 */
export async function transfer({ count = 1000, only }: BenchOptions): Promise<string[]> {
  const lines: string[] = []
  for (const [mix, name] of [
    ['mix', 'mixed sizes (4, 20, 300 KB)'],
    ['t', '4 KB each'],
  ] as const) {
    if (only.length > 0 && !only.includes(mix)) continue
    let server = await startChild({ settings: SETTINGS })
    try {
      const brought = await bringIn(server, mix, mix === 'mix' ? count : count / 4)
      const after = await takeAlong(server, brought.size, 'right after')
      const anew: string[] = []
      for (const format of FORMATS) {
        await server.stop()
        server = await startChild({ folder: server.folder })
        // What is loaded when somebody first asks is there, and what that left behind is gone.
        await sleep(REST_MS)
        anew.push(...(await takeAlong(server, brought.size, 'by itself', [format])))
      }
      lines.push(...[...brought.lines, ...after, ...anew].map((line) => `${name}: ${line}`))
    } finally {
      await server.stop()
    }
  }
  return lines
}

const FORMATS = ['mbox', 'maildir'] as const

/** Before a server that was started anew is asked for anything. */
const REST_MS = 20_000

async function bringIn(
  server: ChildServer,
  mix: string,
  megabytes: number,
): Promise<{ lines: string[]; size: number }> {
  await server.command(['account', 'create', person.address, '--password-stdin'], person.password)
  const jmap = await openJmapClient({ http: `http://127.0.0.1:${server.http}` }, person)
  const memory = watch(server)
  const size = Math.round(megabytes * MB)
  const { created } = await jmap.call('MailImport/set', { create: { k: { name: 'All.mbox', size } } })
  const { id } = (created as { k: { id: string } }).k
  const sent = await timed(() => upload(server, jmap, id, mix, size))
  const cpu = server.cpu()
  const idle = memory.least()
  memory.reset()
  const brought = await timed(() => over(jmap, id))
  const usedCpu = server.cpu() - cpu
  const lines = [
    `${megabytes} MB uploaded ${rate(size, sent.seconds)}`,
    `${brought.value} letters imported ${rate(size, brought.seconds)}, ${Math.round(brought.value / brought.seconds)} letters/s, ` +
      `${((usedCpu / brought.value) * 1000).toFixed(1)} ms CPU a letter, peak ${memory.peak()} MB (${idle} MB at rest)`,
  ]
  memory.stop()
  return { lines, size }
}

async function takeAlong(
  server: ChildServer,
  size: number,
  when: string,
  formats: readonly (typeof FORMATS)[number][] = FORMATS,
): Promise<string[]> {
  const jmap = await openJmapClient({ http: `http://127.0.0.1:${server.http}` }, person)
  const idle = Math.round(server.residentMb())
  const memory = watch(server)
  const lines: string[] = []
  for (const format of formats) {
    memory.reset()
    const { path } = await jmap.call('MailExport/prepare', { format, mailboxId: null })
    const taken = await timed(() => download(`http://127.0.0.1:${server.http}${String(path)}`, jmap))
    lines.push(
      `exported as ${format} ${when} ${rate(size, taken.seconds)} (${Math.round(taken.value / MB)} MB packed), peak ${memory.peak()} MB (${idle} MB before)`,
    )
  }
  memory.stop()
  return lines
}

const rate = (bytes: number, seconds: number): string => `at ${(bytes / MB / seconds).toFixed(1)} MB/s`

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; seconds: number }> {
  const from = performance.now()
  const value = await work()
  return { value, seconds: (performance.now() - from) / 1000 }
}

/** Sends an mbox of exactly this size: its last letter is cut where it ends. */
async function upload(server: ChildServer, jmap: JmapClient, id: string, mix: string, size: number): Promise<void> {
  const { message } = (await import(new URL('../../shared/bench/load/lib.mjs', import.meta.url).href)) as Generator
  async function* letters() {
    for (let n = 0; ; n++)
      yield { receivedAt: new Date(n * 1000), keywords: [], content: message(7, n, mix, person.address).data }
  }
  let [held, length, at]: [Uint8Array[], number, number] = [[], 0, 0]
  const send = async (body: Buffer): Promise<void> => {
    const url = `http://127.0.0.1:${server.http}/jmap/import/${jmap.accountId}/${id}/${at}`
    const answer = await fetch(url, { method: 'POST', headers: jmap.headers, body: new Uint8Array(body) })
    if (!answer.ok) throw new Error(`a part was refused: ${answer.status}`)
    at += body.length
  }
  for await (const piece of writeMbox(letters())) {
    held.push(piece)
    length += piece.length
    if (length < PART && at + length < size) continue
    const bytes = Buffer.concat(held)
    const part = bytes.subarray(0, Math.min(PART, size - at))
    await send(part)
    if (at === size) return
    held = [bytes.subarray(part.length)]
    length = bytes.length - part.length
  }
}

/** @returns how many letters came */
async function over({ call }: JmapClient, id: string): Promise<number> {
  for (;;) {
    const [found] = (await call('MailImport/get', { ids: [id] }))['list'] as { state: string; added: number }[]
    if (found?.state === 'done') return found.added
    if (found?.state === 'failed') throw new Error('the import failed')
    await sleep(100)
  }
}

/** @returns bytes */
async function download(url: string, { headers }: JmapClient): Promise<number> {
  const answer = await fetch(url, { headers })
  if (!answer.ok || answer.body === null) throw new Error(`the download was refused: ${answer.status}`)
  const hash = createHash('sha256')
  let bytes = 0
  for await (const piece of answer.body as AsyncIterable<Uint8Array>) {
    hash.update(piece)
    bytes += piece.length
  }
  return bytes
}

/** Looks at the server's memory ten times a second. */
function watch(server: ChildServer): { peak(): number; least(): number; reset(): void; stop(): void } {
  let [most, least] = [0, Infinity]
  const look = (): void => {
    const now = server.residentMb()
    most = Math.max(most, now)
    least = Math.min(least, now)
  }
  const timer = setInterval(look, 100)
  return {
    peak: () => Math.round(most),
    least: () => Math.round(least),
    reset: () => ([most, least] = [0, Infinity]),
    stop: () => clearInterval(timer),
  }
}
