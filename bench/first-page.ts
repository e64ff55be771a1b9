import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { BenchOptions } from './run.ts'
import { removeFolder, startChild } from '../test/child.ts'
import { percentile } from './percentile.ts'

const SIZES = [1000, 100_000, 1_000_000]
const REQUESTS = 300
const PASSWORD = 'bench password'

/** Email/query and Email/get of the newest 50 conversations, in mailboxes of three sizes, taken in turn. */
export async function firstPage({ count }: BenchOptions): Promise<string[]> {
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
    const jmap = client(server.http, address)
    const mailboxes = await jmap.mailboxes()
    const times = new Map(sizes.map((size) => [size, [] as number[]]))
    const cpu = new Map(sizes.map((size) => [size, 0]))
    const page = (size: number): Promise<number> => jmap.page(mailboxes.get(`big${size}`) as string)
    for (const size of sizes) for (let warm = 0; warm < 30; warm++) await page(size)
    for (let block = 0; block < 10; block++)
      for (const size of sizes) {
        const before = server.cpu()
        for (let request = 0; request < REQUESTS / 10; request++) times.get(size)?.push(await page(size))
        cpu.set(size, (cpu.get(size) as number) + server.cpu() - before)
      }
    return sizes.map((size) => {
      const all = times.get(size) as number[]
      return `${String(size).padStart(9)} messages: p50 ${percentile(all, 50).toFixed(1)} ms, p99 ${percentile(all, 99).toFixed(1)} ms, server CPU ${(((cpu.get(size) as number) / all.length) * 1000).toFixed(1)} ms a page`
    })
  } finally {
    await server.stop()
    removeFolder(server.folder)
  }
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

function client(port: number, address: string) {
  const headers = {
    authorization: `Basic ${Buffer.from(`${address}:${PASSWORD}`).toString('base64')}`,
    'content-type': 'application/json',
  }
  const at = `http://127.0.0.1:${port}`
  let accountId = ''
  const call = async (
    methodCalls: unknown[],
  ): Promise<{ methodResponses: [string, { list: { id: string; name: string }[] }, string][] }> => {
    const using = ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:mail']
    const response = await fetch(`${at}/jmap/api`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ using, methodCalls }),
    })
    if (!response.ok) throw new Error(`JMAP answered ${response.status}`)
    return (await response.json()) as Awaited<ReturnType<typeof call>>
  }
  return {
    async mailboxes(): Promise<Map<string, string>> {
      const session = (await (await fetch(`${at}/.well-known/jmap`, { headers })).json()) as {
        primaryAccounts: Record<string, string>
      }
      accountId = session.primaryAccounts['urn:ietf:params:jmap:mail'] as string
      const { methodResponses } = await call([['Mailbox/get', { accountId, ids: null }, '0']])
      return new Map(methodResponses[0]?.[1].list.map(({ id, name }) => [name, id]))
    },
    /** Milliseconds for one page. */
    async page(inMailbox: string): Promise<number> {
      const startedAt = performance.now()
      const { methodResponses } = await call([
        [
          'Email/query',
          {
            accountId,
            filter: { inMailbox },
            sort: [{ property: 'receivedAt', isAscending: false }],
            collapseThreads: true,
            limit: 50,
          },
          'q',
        ],
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
