/**
 * `npm run bench [NAME…]`: runs the named benchmarks, or all, one after the other, each against a server of its own in a
 * temporary folder. Figures and the machine's facts go to standard output; docs/performance.md keeps them.
 * `--peer TARGET` names a target file of a peer to be measured in turn with ours (arrival, list, imap); `--only DRIVER` one of the
 * drivers or variants that a benchmark has several of (imap, arrival).
 */
import { cpus, loadavg, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { arrival } from './arrival.ts'
import { backup } from './backup.ts'
import { blobs } from './blobs.ts'
import { browser } from './browser.ts'
import { collect } from './collect.ts'
import { departure } from './departure.ts'
import { erase } from './erase.ts'
import { firstPage } from './first-page.ts'
import { idle } from './idle.ts'
import { imap } from './imap.ts'
import { journal } from './journal.ts'
import { indexing } from './indexing.ts'
import { renewal } from './renewal.ts'
import { search } from './search.ts'
import { sieve } from './sieve.ts'
import { spam } from './spam.ts'
import { spamStart } from './spam-start.ts'
import { start } from './start.ts'
import { transfer } from './transfer.ts'
import { trust } from './trust.ts'

export interface BenchOptions {
  /** Target files as ../shared/bench/peers write them. */
  peers: string[]
  rounds: number
  /** Messages, or whatever the benchmark counts. */
  count: number | undefined
  /** Drivers; all when there are none. */
  only: string[]
}

/** Runs one benchmark and returns its lines. */
type Benchmark = (options: BenchOptions) => Promise<string[]>

const BENCHMARKS: Record<string, Benchmark> = {
  start,
  arrival,
  journal,
  departure,
  'first-page': firstPage,
  blobs,
  backup,
  erase,
  search,
  indexing,
  browser,
  imap,
  idle,
  renewal,
  transfer,
  collect,
  trust,
  sieve,
  spam,
  'spam-start': spamStart,
}

/** What writes a file of the program, and is run only when it is named. */
const ONLY_NAMED = new Set(['spam-start'])

const { values, positionals } = parseArgs({
  options: {
    peer: { type: 'string', multiple: true },
    only: { type: 'string', multiple: true },
    rounds: { type: 'string' },
    count: { type: 'string' },
  },
  allowPositionals: true,
})
const unknown = positionals.filter((name) => !(name in BENCHMARKS))
if (unknown.length > 0) {
  process.stderr.write(`No benchmark ${unknown.join(', ')}; there are ${Object.keys(BENCHMARKS).join(', ')}.\n`)
  process.exit(64)
}

const say = (line: string): void => void process.stdout.write(`${line}\n`)
say(
  `${cpus().length} × ${cpus()[0]?.model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, load ${loadavg()[0]?.toFixed(1)}`,
)
for (const [name, benchmark] of Object.entries(BENCHMARKS)) {
  if (positionals.length > 0 ? !positionals.includes(name) : ONLY_NAMED.has(name)) continue
  say(`\n## ${name}`)
  const options = {
    peers: values.peer ?? [],
    only: values.only ?? [],
    rounds: Number(values.rounds ?? 3),
    count: values.count === undefined ? undefined : Number(values.count),
  }
  for (const line of await benchmark(options)) say(line)
}
