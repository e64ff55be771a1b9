import { existsSync, readFileSync } from 'node:fs'
import type { BenchOptions } from './run.ts'
import { removeFolder, startChild, type ChildServer } from '../test/child.ts'
import { startClamd, startRspamd } from '../test/scanners.ts'
import { percentile } from './percentile.ts'
import { SETTINGS } from './settings.ts'

/** The parts of ../shared/bench/load/lib.mjs that this needs. */
interface Load {
  message(seed: number, index: number, mix: string, to: string): { data: Buffer }
  Smtp: new (
    host: string,
    port: number,
  ) => {
    open(): Promise<InstanceType<Load['Smtp']>>
    send(from: string, to: string, data: Buffer): Promise<void>
    quit(): Promise<void>
  }
  Imap: new (target: Target) => {
    login(user: number): Promise<InstanceType<Load['Imap']>>
    count(box: string): Promise<number>
    logout(): Promise<void>
  }
  cpu(target: Target): number
}

/** As the peers' start scripts write it. */
interface Target {
  name: string
  host: string
  smtp: number
  imap?: number
  http?: number
  user: string
  addr: string
  pass: string
  u(i: number): string
  a(i: number): string
}

interface Measured {
  accepted: number
  visible: number
  p50: number
  p99: number
  cpuMs: number
}

const CONNECTIONS = 16
const USERS = 20
const PER_CONNECTION = 10
const PASSWORD = 'bench password'

/** With which scanners beside the built-in checks; `--only` chooses among the names. */
const VARIANTS = { 'built-in': [], clamd: ['clamd'], rspamd: ['rspamd'], both: ['clamd', 'rspamd'] } as const

const SCANNERS = {
  clamd: { program: '/usr/sbin/clamd', start: startClamd },
  rspamd: { program: '/usr/bin/rspamd', start: startRspamd },
}

/**
 * Mail over SMTP with 16 connections to 20 accounts: messages a second accepted, and until all of them are seen from
 * outside (ours by JMAP, a peer by IMAP STATUS). Mixed sizes (4, 20, 300 KB), then small ones only; with the built-in checks,
 * and with the scanners that are installed.
 */
export async function arrival(options: BenchOptions): Promise<string[]> {
  const lines: string[] = []
  for (const [name, scanners] of Object.entries(VARIANTS)) {
    if (options.only.length > 0 && !options.only.includes(name)) continue
    if (scanners.some((scanner) => !existsSync(SCANNERS[scanner].program))) continue
    const peers = name === 'built-in' ? options.peers : []
    lines.push(`### ${name}`, ...(await measureWith(scanners, { ...options, peers })))
  }
  return lines
}

async function measureWith(
  scanners: readonly (keyof typeof SCANNERS)[],
  { peers, rounds, count }: BenchOptions,
): Promise<string[]> {
  const ending: (() => Promise<void>)[] = []
  const running = await Promise.all(
    scanners.map(async (name) => {
      const { address } = await SCANNERS[name].start({ after: (end) => ending.push(end) })
      return `${name} = "${address}"\n`
    }),
  )
  const load = await loadLibrary()
  const server = await startChild({ settings: `${SETTINGS}[scanners]\n${running.join('')}` })
  try {
    await createUsers(server)
    const ours = targetOf(server)
    const targets = [...peers.map((file) => complete(JSON.parse(readFileSync(file, 'utf8')) as Target)), ours]
    const lines: string[] = []
    let seed = Date.now() % 1_000_000
    for (const [mix, messages] of [
      ['mix', count ?? 2000],
      ['t', count ?? 4000],
    ] as const) {
      const results = new Map(targets.map((target) => [target.name, [] as Measured[]]))
      for (let round = 0; round < rounds; round++)
        for (const target of targets) {
          const cpu = target === ours ? server.cpu : () => load.cpu(target)
          results
            .get(target.name)
            ?.push(
              await measure(load, target, mix, target === ours || mix === 'mix' ? messages : messages / 4, seed++, cpu),
            )
        }
      for (const [name, measured] of results) {
        const median = (key: keyof Measured): string =>
          percentile(
            measured.map((one) => one[key]),
            50,
          ).toPrecision(4)
        lines.push(
          `${name}, ${mix === 'mix' ? 'mixed sizes' : '4 KB each'}: accepted ${median('accepted')}/s, visible ${median('visible')}/s, ` +
            `250 after p50 ${median('p50')} ms p99 ${median('p99')} ms, server CPU ${median('cpuMs')} ms a message`,
        )
      }
    }
    return lines
  } finally {
    await server.stop()
    removeFolder(server.folder)
    for (const end of ending) await end()
  }
}

const loadLibrary = async (): Promise<Load> =>
  (await import(new URL('../../shared/bench/load/lib.mjs', import.meta.url).href)) as Load

export async function createUsers(server: ChildServer): Promise<void> {
  for (let user = 1; user <= USERS; user++)
    await server.command(['account', 'create', `u${user}@zegel.test`, '--password-stdin'], PASSWORD)
}

const targetOf = (server: ChildServer): Target =>
  complete({
    name: 'zegel',
    host: '127.0.0.1',
    smtp: server.smtp,
    http: server.http,
    user: 'u%d@zegel.test',
    addr: 'u%d@zegel.test',
    pass: PASSWORD,
  })

/** Small messages a second that a server of ours accepts, whose settings and users are those of this benchmark. */
export async function arrivalRate(server: ChildServer, count: number): Promise<number> {
  const seed = Date.now() % 1_000_000
  return (await measure(await loadLibrary(), targetOf(server), 't', count, seed, server.cpu)).accepted
}

function complete(target: Omit<Target, 'u' | 'a'>): Target {
  return { ...target, u: (i) => target.user.replace('%d', String(i)), a: (i) => target.addr.replace('%d', String(i)) }
}

async function measure(
  load: Load,
  target: Target,
  mix: string,
  count: number,
  seed: number,
  cpu: () => number,
): Promise<Measured> {
  const messages = Array.from({ length: count }, (_, i) => {
    const user = 1 + (i % USERS)
    return { user, data: load.message(seed, i, mix, target.a(user)).data }
  })
  const watcher = await (target.http === undefined ? imapWatcher(load, target) : jmapWatcher(target))
  const before = await watcher.count()
  const cpuBefore = cpu()
  const startedAt = performance.now()
  const latencies: number[] = []
  let next = 0
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (next < messages.length) {
        const smtp = await new load.Smtp(target.host, target.smtp).open()
        for (let k = 0; k < PER_CONNECTION && next < messages.length; k++) {
          const { user, data } = messages[next++] as (typeof messages)[number]
          const sentAt = performance.now()
          await smtp.send(`bounce${user}@sender.example`, target.a(user), data)
          latencies.push(performance.now() - sentAt)
        }
        await smtp.quit()
      }
    }),
  )
  const acceptedMs = performance.now() - startedAt
  while ((await watcher.count()) - before < count) {
    if (performance.now() - startedAt > 300_000) throw new Error(`${target.name}: not all messages became visible`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const visibleMs = performance.now() - startedAt
  const used = cpu() - cpuBefore
  await watcher.close()
  return {
    accepted: (count / acceptedMs) * 1000,
    visible: (count / visibleMs) * 1000,
    p50: percentile(latencies, 50),
    p99: percentile(latencies, 99),
    cpuMs: (used / count) * 1000,
  }
}

interface Watcher {
  /** Messages in all inboxes. */
  count(): Promise<number>
  close(): Promise<void>
}

async function imapWatcher(load: Load, target: Target): Promise<Watcher> {
  const clients = await Promise.all(Array.from({ length: USERS }, (_, i) => new load.Imap(target).login(i + 1)))
  return {
    async count() {
      const counts = await Promise.all(clients.map((client) => client.count('INBOX')))
      return counts.reduce((sum, one) => sum + Math.max(0, one), 0)
    },
    close: async () => void (await Promise.all(clients.map((client) => client.logout()))),
  }
}

async function jmapWatcher(target: Target): Promise<Watcher> {
  const people = await Promise.all(
    Array.from({ length: USERS }, async (_, i) => {
      const headers = {
        authorization: `Basic ${Buffer.from(`${target.u(i + 1)}:${target.pass}`).toString('base64')}`,
        'content-type': 'application/json',
      }
      const session = (await (
        await fetch(`http://${target.host}:${target.http}/.well-known/jmap`, { headers })
      ).json()) as {
        primaryAccounts: Record<string, string>
      }
      return { headers, accountId: session.primaryAccounts['urn:ietf:params:jmap:mail'] }
    }),
  )
  const countOf = async ({ headers, accountId }: (typeof people)[number]): Promise<number> => {
    const body = JSON.stringify({
      using: ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:mail'],
      methodCalls: [['Mailbox/get', { accountId, ids: null, properties: ['role', 'totalEmails'] }, '0']],
    })
    const response = await fetch(`http://${target.host}:${target.http}/jmap/api`, { method: 'POST', headers, body })
    const { methodResponses } = (await response.json()) as {
      methodResponses: [string, { list: { role: string; totalEmails: number }[] }][]
    }
    return methodResponses[0]?.[1].list.find(({ role }) => role === 'inbox')?.totalEmails ?? 0
  }
  return {
    async count() {
      return (await Promise.all(people.map(countOf))).reduce((sum, one) => sum + one, 0)
    },
    close: async () => undefined,
  }
}
