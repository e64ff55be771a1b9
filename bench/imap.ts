import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { BenchOptions } from './run.ts'
import { removeFolder, startChild } from '../test/child.ts'
import { SETTINGS } from './settings.ts'

/** The load drivers of ../shared/bench that speak IMAP, with what they are told. */
const WORKLOADS: Record<string, string[]> = {
  'imap-append': ['--count', '2000'],
  'imap-list': ['--size', '10000'],
  'imap-fetch-bodies': ['--size', '10000', '--count', '1000'],
  'imap-search': ['--size', '10000'],
  'imap-flags': ['--size', '10000'],
  'imap-idle': ['--conns', '200', '--deliveries', '60'],
}

const USERS = 50
const PASSWORD = 'benchmark-password'

/**
 * The IMAP drivers against ours and the peers that are named, in turn; ratios are to the first peer. `--count SIZE` takes
 * another mailbox size for the listing.
 */
export async function imap({ peers, rounds, count, only }: BenchOptions): Promise<string[]> {
  const server = await startChild({ settings: SETTINGS })
  try {
    for (let user = 1; user <= USERS; user++)
      await server.command(['account', 'create', `u${user}@zegel.test`, '--password-stdin'], PASSWORD)
    const folder = join(server.folder, 'bench')
    mkdirSync(join(folder, 'results'), { recursive: true })
    const pidfile = join(folder, 'pid')
    writeFileSync(pidfile, String(server.child.pid))
    const ours = join(folder, 'zegel.json')
    writeFileSync(
      ours,
      JSON.stringify({
        name: 'zegel',
        host: '127.0.0.1',
        smtp: server.smtp,
        imap: server.imap,
        http: server.http,
        user: 'u%d@zegel.test',
        addr: 'u%d@zegel.test',
        pass: PASSWORD,
        nusers: USERS,
        pidfiles: [pidfile],
      }),
    )
    const lines: string[] = []
    for (const [workload, options] of Object.entries(WORKLOADS)) {
      if (only.length > 0 && !only.includes(workload)) continue
      const sized = workload === 'imap-list' && count !== undefined ? ['--size', String(count)] : options
      const targets = [...peers, ours]
      const run = spawnSync(
        'bash',
        [join(import.meta.dirname, '../../shared/bench/run.sh'), workload, ...targets, '--', ...sized],
        {
          encoding: 'utf8',
          env: { ...process.env, ROUNDS: String(rounds), OUT: join(folder, 'results'), BENCH: folder, TIMEOUT: '1800' },
        },
      )
      lines.push(`\n### ${workload} (${targets.map((file) => basename(file, '.json')).join(', ')})`, run.stdout)
      if (run.status !== 0) lines.push(run.stderr, readFileSync(join(folder, 'results/last.log'), 'utf8'))
    }
    lines.push(`resident ${Math.round(server.residentMb())} MB`)
    return lines
  } finally {
    await server.stop()
    removeFolder(server.folder)
  }
}
