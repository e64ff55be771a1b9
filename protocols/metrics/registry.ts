import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'
import { COUNTED, countsOf, nowMs, type Config, type Counted } from '#system'
import type { Storage } from '#storage'
import { serviceFigures, type ServiceFigures, type State } from '#trust/operations'

export interface MetricsContext {
  config: Config
  storage: Pick<Storage, 'database'>
}

/** What this process counts, under which name and by which label. */
const COUNTERS: { readonly [C in Counted]: { name: string; help: string; label: string } } = {
  arrivals: {
    name: 'zegel_arrivals_total',
    help: 'Letters that other servers brought to this process, by how they were answered.',
    label: 'outcome',
  },
  departures: {
    name: 'zegel_departures_total',
    help: 'Recipients to whom this process tried to deliver, by outcome.',
    label: 'outcome',
  },
  sessions: {
    name: 'zegel_sessions_total',
    help: 'Connections that this process let in, by protocol.',
    label: 'protocol',
  },
  refusals: {
    name: 'zegel_refused_connections_total',
    help: 'Connections that this process turned away because there were too many, by protocol.',
    label: 'protocol',
  },
  overloads: {
    name: 'zegel_letters_put_off_total',
    help: 'Letters that this process put off for a limit, by limit.',
    label: 'limit',
  },
  signInFailures: {
    name: 'zegel_sign_in_failures_total',
    help: 'Failed attempts to sign in at this process, by protocol.',
    label: 'protocol',
  },
}

/** A value, and what its label is where it has one. */
type Value = [value: number | undefined, label?: string]

interface ServiceMetric {
  name: string
  help: string
  label?: string
  isCounter?: true
  values(figures: ServiceFigures): Value[]
}

const STATES: Record<State, number> = { good: 0, look: 1, bad: 2 }

const unixSeconds = (time: Date | null | undefined): number | undefined =>
  time === null || time === undefined ? undefined : time.getTime() / 1000

const seconds = (ms: number | null): number | undefined => (ms === null ? undefined : ms / 1000)

/** A figure of what the checks have found, by subject. */
const found =
  (check: string, figure: string) =>
  ({ checks }: ServiceFigures): Value[] =>
    checks
      .filter((result) => result.check === check)
      .map(({ subject, figures }) => [asNumber(figures[figure]), subject])

function asNumber(figure: number | string | null | undefined): number | undefined {
  if (typeof figure === 'number') return figure
  return typeof figure === 'string' ? Date.parse(figure) / 1000 : undefined
}

/** The service's own figures: the same whichever process is asked. What a label may be stands in the code of each. */
const SERVICE: readonly ServiceMetric[] = [
  {
    name: 'zegel_queue_recipients',
    help: 'Recipients who wait for a letter that is to leave now.',
    values: ({ queue }) => [[queue.recipients]],
  },
  {
    name: 'zegel_queue_scheduled_recipients',
    help: 'Recipients of letters that are to leave later.',
    values: ({ queue }) => [[queue.scheduled]],
  },
  {
    name: 'zegel_queue_oldest_seconds',
    help: 'How long the letter has waited that has waited longest.',
    values: ({ queue }) => [[queue.oldestSeconds]],
  },
  {
    name: 'zegel_queue_overdue_seconds',
    help: 'How long the letter has been left lying that should have been tried first.',
    values: ({ queue }) => [[queue.overdueSeconds]],
  },
  {
    name: 'zegel_queue_deferred_recipients',
    help: 'Recipients who have been tried and wait again, by reason.',
    label: 'reason',
    values: ({ queue }) => Object.entries(queue.deferrals).map(([reason, count]) => [count, reason]),
  },
  {
    name: 'zegel_queue_dead_destinations',
    help: 'Destinations that have taken nothing for long.',
    values: ({ queue }) => [[queue.deadDestinations]],
  },
  {
    name: 'zegel_job_last_duration_seconds',
    help: 'How long the last run of a job took.',
    label: 'job',
    values: ({ jobs }) => jobs.map(({ job, lastMs }) => [seconds(lastMs), job]),
  },
  {
    name: 'zegel_job_last_success_timestamp_seconds',
    help: 'When a job last succeeded.',
    label: 'job',
    values: ({ jobs }) => jobs.map(({ job, succeededAt }) => [unixSeconds(succeededAt), job]),
  },
  {
    name: 'zegel_job_failures',
    help: 'How often in a row a job has failed.',
    label: 'job',
    values: ({ jobs }) => jobs.map(({ job, failures }) => [failures, job]),
  },
  {
    name: 'zegel_retention_erased_total',
    help: 'What was erased since the service began, by rule.',
    label: 'rule',
    isCounter: true,
    values: ({ erased }) => erased.map(({ rule, count }) => [count, rule]),
  },
  { name: 'zegel_backups', help: 'Backups that exist.', values: ({ backups }) => [[backups.count]] },
  {
    name: 'zegel_backup_age_seconds',
    help: 'Age of the newest backup that is whole.',
    values: ({ backups: { lastAt } }) => [[lastAt === undefined ? undefined : (nowMs() - lastAt.getTime()) / 1000]],
  },
  {
    name: 'zegel_backup_last_bytes',
    help: 'What the newest backup has added.',
    values: ({ backups }) => [[backups.lastBytes]],
  },
  {
    name: 'zegel_index_backlog_changes',
    help: 'Changes that wait to be indexed.',
    values: ({ index }) => [[index.changes]],
  },
  {
    name: 'zegel_blob_bytes',
    help: 'Sealed contents, by where they stand; files as the last sweep has counted them.',
    label: 'place',
    values: ({ blobs }) => [
      [blobs.database, 'database'],
      [blobs.files, 'files'],
    ],
  },
  {
    name: 'zegel_check_state',
    help: 'What the last look at the service has found: 0 good, 1 look, 2 bad; the worst of each check.',
    label: 'check',
    values: ({ checks }) =>
      [...Map.groupBy(checks, ({ check }) => check)].map(([check, results]) => [
        Math.max(...results.map(({ state }) => STATES[state])),
        check,
      ]),
  },
  {
    name: 'zegel_checks_timestamp_seconds',
    help: 'When the service was last looked at.',
    values: ({ checks }) => [[unixSeconds(checks[0]?.lookedAt)]],
  },
  {
    name: 'zegel_disk_free_bytes',
    help: 'Free bytes, by place.',
    label: 'place',
    values: found('disk', 'freeBytes'),
  },
  {
    name: 'zegel_disk_size_bytes',
    help: 'Size of the disk, by place.',
    label: 'place',
    values: found('disk', 'sizeBytes'),
  },
  {
    name: 'zegel_certificate_expiry_timestamp_seconds',
    help: 'When the certificate ends.',
    values: (figures) => found('certificates', 'endsAt')(figures).map(([value]) => [value]),
  },
  {
    name: 'zegel_database_size_bytes',
    help: 'Size of the database.',
    values: (figures) => found('database', 'sizeBytes')(figures).map(([value]) => [value]),
  },
]

/** So long the service's figures are not asked for anew, however many ask. */
const FRESH_MS = 5000

/** Longer than it ever takes while the database is well. */
const MOST_MS = 4000

/**
 * All that is told: of this process by counters in memory, of the service by the database. While that does not answer,
 * `zegel_database_up` is 0 and what stands in it is left out rather than made up.
 */
export function openRegistry({ config, storage }: MetricsContext): { text(): Promise<string>; contentType: string } {
  const registry = new Registry()
  const registers = [registry]
  // Names as every Node program has them: process_… and nodejs_….
  collectDefaultMetrics({ register: registry })

  for (const [counted, { name, help, label }] of Object.entries(COUNTERS) as [Counted, (typeof COUNTERS)[Counted]][]) {
    const counter = new Counter({
      name,
      help,
      labelNames: [label],
      registers: [],
      collect() {
        const counts: Record<string, number> = countsOf(counted)
        this.reset()
        for (const kind of COUNTED[counted]) this.inc({ [label]: kind }, counts[kind])
      },
    })
    registry.registerMetric(counter)
  }
  const pool = new Gauge({
    name: 'zegel_database_pool_connections',
    help: 'Transactions of this process that run, connections that are idle, and works that wait for one.',
    labelNames: ['state'],
    registers: [],
    collect() {
      const { running, idle, waiting } = storage.database.usage()
      for (const [state, count] of Object.entries({ running, idle, waiting })) this.set({ state }, count)
    },
  })
  registry.registerMetric(pool)
  const up = new Gauge({ name: 'zegel_database_up', help: 'Whether the database answers.', registers })
  const service = SERVICE.map((metric) => {
    const options = { ...metric, labelNames: metric.label === undefined ? [] : [metric.label], registers }
    return { metric, shown: metric.isCounter === true ? new Counter(options) : new Gauge(options) }
  })

  const show = (figures: ServiceFigures | undefined): void => {
    up.set(figures === undefined ? 0 : 1)
    for (const { metric, shown } of service) {
      shown.reset()
      // A metric without labels begins at 0, which would be a claim.
      if (metric.label === undefined) shown.remove({})
      for (const [value, label] of figures === undefined ? [] : metric.values(figures))
        if (value !== undefined) shown.inc(metric.label === undefined ? {} : { [metric.label]: label ?? '' }, value)
    }
  }

  let asked: { at: number; figures: Promise<ServiceFigures | undefined> } | undefined
  const recent = (): Promise<ServiceFigures | undefined> => {
    if (asked === undefined || performance.now() - asked.at > FRESH_MS)
      asked = { at: performance.now(), figures: inTime(serviceFigures(storage, config)) }
    return asked.figures
  }
  return {
    contentType: registry.contentType,
    async text() {
      show(await recent())
      // The library writes "Nan" for a mean of nothing, as of the loop's lag when asked twice at once; the format says NaN.
      return (await registry.metrics()).replaceAll(/ Nan$/gm, ' NaN')
    },
  }
}

/** @returns undefined for what fails or takes too long */
async function inTime<T>(work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), MOST_MS)
  })
  return Promise.race([work.catch(() => undefined), tooLate]).finally(() => clearTimeout(timer))
}
