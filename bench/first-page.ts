import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BenchOptions } from './run.ts'
import { removeFolder, startChild } from '../test/child.ts'
import { percentile } from './percentile.ts'

const SIZES = [1000, 100_000, 1_000_000]
const REQUESTS = 300
const PASSWORD = 'bench password'

/** As ../shared/bench/peers write it, and what of their load library is needed to fill a peer's mailbox over IMAP. */
interface Peer {
  name: string
  host: string
  http: number
  jmap: string
  user: string
  pass: string
}
interface Load {
  ensureBox(target: unknown, user: number, box: string, size: number, seed: number, mix: string): Promise<unknown>
  cpu(target: unknown): number
}

interface Subject {
  label: string
  page(): Promise<number>
  cpu(): number
}

/**
 * Email/query and Email/get of the newest 50 conversations, in mailboxes of ours of different sizes and in a peer's of
 * 10,000, taken in turn.
 */
export async function firstPage({ count, peers }: BenchOptions): Promise<string[]> {
  const sizes = count === undefined ? SIZES : SIZES.filter((size) => size <= count)
  const server = await startChild()
  try {
    const address = 'big@zegel.test'
    await server.command(['account', 'create', address, '--password-stdin'], PASSWORD)
    for (const size of sizes)
      spawnSync(process.execPath, [join(import.meta.dirname, 'fill.ts'), address, `big${size}`, String(size)], {
        env: server.env,
        stdio: 'inherit',
      })
    const ours = await client({
      at: `http://127.0.0.1:${server.http}`,
      path: '/.well-known/jmap',
      user: address,
      pass: PASSWORD,
    })
    const subjects: Subject[] = sizes.map((size) => ({
      label: `zegel, ${size} messages`,
      page: () => ours.page(`big${size}`),
      cpu: server.cpu,
    }))
    for (const file of peers) subjects.push(await peer(file))

    const times = new Map(subjects.map((subject) => [subject, [] as number[]]))
    const cpu = new Map(subjects.map((subject) => [subject, 0]))
    for (const subject of subjects) for (let warm = 0; warm < 30; warm++) await subject.page()
    for (let block = 0; block < 10; block++)
      for (const subject of subjects) {
        const before = subject.cpu()
        for (let request = 0; request < REQUESTS / 10; request++) times.get(subject)?.push(await subject.page())
        cpu.set(subject, (cpu.get(subject) as number) + subject.cpu() - before)
      }
    return subjects.map((subject) => {
      const all = times.get(subject) as number[]
      const cpuMs = ((cpu.get(subject) as number) / all.length) * 1000
      return `${subject.label}: p50 ${percentile(all, 50).toFixed(1)} ms, p99 ${percentile(all, 99).toFixed(1)} ms, server CPU ${cpuMs.toFixed(1)} ms a page`
    })
  } finally {
    await server.stop()
    removeFolder(server.folder)
  }
}

const PEER_SIZE = 10_000

async function peer(file: string): Promise<Subject> {
  const load = (await import(new URL('../../shared/bench/load/lib.mjs', import.meta.url).href)) as Load
  const target = JSON.parse(readFileSync(file, 'utf8')) as Peer
  const withUsers = { ...target, u: (i: number) => target.user.replace('%d', String(i)), a: () => 'u1@bench.test' }
  const box = `big${PEER_SIZE}`
  await load.ensureBox(withUsers, 1, box, PEER_SIZE, 1000 + PEER_SIZE, 'mix')
  const jmap = await client({
    at: `http://${target.host}:${target.http}`,
    path: target.jmap,
    user: withUsers.u(1),
    pass: target.pass,
  })
  return { label: `${target.name}, ${PEER_SIZE} messages`, page: () => jmap.page(box), cpu: () => load.cpu(target) }
}

const PROPERTIES = [
  'id',
  'threadId',
  'mailboxIds',
  'keywords',
  'hasAttachment',
  'from',
  'to',
  'subject',
  'receivedAt',
  'size',
  'preview',
]

interface Session {
  apiUrl: string
  primaryAccounts: Record<string, string>
}

async function client({ at, path, user, pass }: { at: string; path: string; user: string; pass: string }) {
  const headers = {
    authorization: `Basic ${Buffer.from(`${user}:${pass}`).toString('base64')}`,
    'content-type': 'application/json',
  }
  const session = (await (await fetch(at + path, { headers })).json()) as Session
  const accountId = session.primaryAccounts['urn:ietf:params:jmap:mail'] as string
  const api = new URL(new URL(session.apiUrl, at).pathname, at)
  const call = async (
    methodCalls: unknown[],
  ): Promise<{ methodResponses: [string, { list: { id: string; name: string }[] }, string][] }> => {
    const using = ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:mail']
    const response = await fetch(api, { method: 'POST', headers, body: JSON.stringify({ using, methodCalls }) })
    if (!response.ok) throw new Error(`JMAP answered ${response.status}`)
    return (await response.json()) as Awaited<ReturnType<typeof call>>
  }
  const { methodResponses } = await call([['Mailbox/get', { accountId, ids: null }, '0']])
  const mailboxes = new Map(methodResponses[0]?.[1].list.map(({ id, name }) => [name, id]))
  return {
    /** Milliseconds for one page. */
    async page(mailbox: string): Promise<number> {
      const inMailbox = mailboxes.get(mailbox)
      const sort = [{ property: 'receivedAt', isAscending: false }]
      const startedAt = performance.now()
      const { methodResponses } = await call([
        ['Email/query', { accountId, filter: { inMailbox }, sort, collapseThreads: true, limit: 50 }, 'q'],
        [
          'Email/get',
          { accountId, '#ids': { resultOf: 'q', name: 'Email/query', path: '/ids' }, properties: PROPERTIES },
          'g',
        ],
      ])
      if (methodResponses[1]?.[1].list.length !== 50) throw new Error('not a page of 50')
      return performance.now() - startedAt
    },
  }
}
