import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { DEFERRALS } from '#mail/outbound'
import { COUNTED, checkConfig } from '#system'
import { CAUSES, keepChecks } from '#trust/operations'
import { RULE_NAMES } from '#trust/retention'
import { newFolder, removeFolder } from '#test/child'
import { asAdministrator } from '#test/cluster'
import { testDatabase } from '#test/database'
import { dialImap } from '#test/imap'
import { findLeaks } from '#test/leaks'
import { letter } from '#test/letters'
import { dialSieve } from '#test/managesieve'
import { dialPop3 } from '#test/pop3'
import { startServer } from '#test/server'
import { dialSmtp } from '#test/smtp'

const PARTS = ['smtp', 'imap', 'pop3', 'managesieve', 'http', 'worker'] as const
const server = await startServer({ after }, { metrics: { port: 0, host: '127.0.0.1' } }, PARTS)
// Before anybody asks: what the database says is told again for some seconds.
await keepChecks(server.storage, server.config)

interface Sample {
  labels: Record<string, string>
  value: number
}

interface Family {
  name: string
  type: string
  samples: Map<string, Sample[]>
}

/**
 * Reads the text format, version 0.0.4, more strictly than Prometheus does: every family has HELP, then TYPE, then its samples,
 * once; nothing is said twice, and every line is one of these.
 */
function parse(text: string): Map<string, Family> {
  assert.ok(text.endsWith('\n'), 'the last line ends')
  const families = new Map<string, Family>()
  let family: Family | undefined
  let helped = ''
  const seen = new Set<string>()
  for (const line of text.slice(0, -1).split('\n')) {
    if (line === '') continue
    const help = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (\S.*)$/.exec(line)
    const type = /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary|untyped)$/.exec(line)
    if (help !== null) {
      helped = help[1] as string
      assert.ok(!families.has(helped), `${helped} comes twice`)
      continue
    }
    if (type !== null) {
      assert.equal(type[1], helped, 'TYPE follows HELP of the same name')
      family = { name: helped, type: type[2] as string, samples: new Map() }
      families.set(helped, family)
      continue
    }
    const sample = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|NaN|[+-]Inf)$/.exec(line)
    assert.ok(sample !== null && family !== undefined, `no line of the format: ${line}`)
    const [, name = '', inner = '', value = ''] = sample
    const suffixes = { histogram: ['_bucket', '_sum', '_count'], summary: ['', '_sum', '_count'] }[family.type] ?? ['']
    assert.ok(
      suffixes.some((suffix) => name === `${(family as Family).name}${suffix}`),
      `${name} is in ${family.name}`,
    )
    const labels = [...inner.matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/g)]
    assert.equal(labels.map(([whole]) => whole).join(''), inner, `labels of ${line}`)
    const key = `${name}{${labels
      .map(([, label, said]) => `${label}=${said}`)
      .toSorted()
      .join()}}`
    assert.ok(!seen.has(key), `${key} comes twice`)
    seen.add(key)
    const all = family.samples.get(name) ?? []
    all.push({
      labels: Object.fromEntries(labels.map(([, label, said]) => [label, said])),
      value: Number(value.replace('Inf', 'Infinity')),
    })
    family.samples.set(name, all)
  }
  return families
}

async function scrape(url = server.metrics): Promise<{ text: string; families: Map<string, Family> }> {
  const answer = await fetch(`${url}/metrics`)
  assert.equal(answer.status, 200)
  assert.match(answer.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4; charset=utf-8$/)
  const text = await answer.text()
  return { text, families: parse(text) }
}

function valueOf(families: Map<string, Family>, name: string, labels: Record<string, string> = {}): number | undefined {
  const samples = families.get(name)?.samples.get(name) ?? []
  return samples.find((sample) => JSON.stringify(sample.labels) === JSON.stringify(labels))?.value
}

const { rows: jobs } = await server.storage.database.sql<{ job: string }>`select job from job_run`

/** What may stand in a label, word for word as the code has it; of what prom-client brings along, its form. */
const ALLOWED: Record<string, ReadonlySet<string> | RegExp> = {
  outcome: new Set([...COUNTED.arrivals, ...COUNTED.departures]),
  protocol: new Set(COUNTED.sessions),
  limit: new Set(COUNTED.overloads),
  state: new Set(['running', 'idle', 'waiting']),
  place: new Set(['database', 'files', 'data', 'blobs', 'backups']),
  reason: new Set(DEFERRALS),
  job: new Set(jobs.map(({ job }) => job)),
  rule: new Set(RULE_NAMES),
  check: new Set(Object.keys(CAUSES)),
  // Of prom-client: kinds of handles, of garbage collection and of memory, and Node's version.
  type: /^[a-zA-Z]{3,30}$/,
  kind: new Set(['major', 'minor', 'incremental', 'weakcb']),
  space: /^[a-z_]{2,40}$/,
  version: /^v\d+\.\d+\.\d+$/,
  major: /^\d+$/,
  minor: /^\d+$/,
  patch: /^\d+$/,
  le: /^(?:\+Inf|[\d.]+)$/,
}

test('what a letter, a wrong password and a connection leave in the figures is a count, and nothing of a person', async (t) => {
  const person = await server.createAccount('quittenmarmelade')
  const before = (await scrape()).families
  const smtp = await dialSmtp(t, server.smtp)
  await smtp.say('MAIL FROM:<absenderhost-geheim@example.org>')
  await smtp.say(`RCPT TO:<${person.address}>`)
  await smtp.say('DATA')
  assert.match(await smtp.say(`${letter({ subject: 'Lampion', text: 'Tulips' }).toString().trimEnd()}\r\n.`), /^250/)
  const imap = await dialImap(t, server.imaps, { tls: true })
  await imap.say(`LOGIN ${person.address} "not the password"`)
  await dialPop3(t, server.pop3s, { tls: true })
  await dialSieve(t, server.managesieve)
  const basic = Buffer.from(`${person.address}:wrong password`).toString('base64')
  assert.equal(
    (await fetch(`${server.http}/jmap/session`, { headers: { authorization: `Basic ${basic}` } })).status,
    401,
  )

  const { text, families } = await scrape()
  for (const [name, labels] of [
    ['zegel_arrivals_total', { outcome: 'taken' }],
    ['zegel_sessions_total', { protocol: 'smtp' }],
    ['zegel_sessions_total', { protocol: 'imap' }],
    ['zegel_sessions_total', { protocol: 'pop3' }],
    ['zegel_sessions_total', { protocol: 'managesieve' }],
    ['zegel_sign_in_failures_total', { protocol: 'imap' }],
    ['zegel_sign_in_failures_total', { protocol: 'http' }],
  ] as const)
    assert.equal(
      (valueOf(families, name, labels) ?? 0) - (valueOf(before, name, labels) ?? 0),
      1,
      `${name} ${JSON.stringify(labels)}`,
    )

  const folder = newFolder()
  t.after(() => removeFolder(folder))
  writeFileSync(join(folder, 'metrics'), text)
  assert.deepEqual(findLeaks(folder).leaks, [])
  assert.doesNotMatch(text, /zegel\.test|example|127\.0\.0\.1|::1/)
  for (const { name, samples } of families.values())
    for (const { labels } of [...samples.values()].flat())
      for (const [label, value] of Object.entries(labels)) {
        const allowed = ALLOWED[label]
        assert.ok(allowed !== undefined, `${name} has a label ${label}`)
        assert.ok(allowed instanceof RegExp ? allowed.test(value) : allowed.has(value), `${name} ${label}="${value}"`)
      }
})

test('whoever asks twice at once is answered in the format too', async () => {
  for (let times = 0; times < 5; times++) await Promise.all([scrape(), scrape(), scrape()])
})

test('names are as Prometheus wants them: whole units, counters by their ending, and nothing missing', async () => {
  const { families } = await scrape()
  for (const { name, type } of families.values()) {
    if (!name.startsWith('zegel_')) {
      assert.match(name, /^(?:process|nodejs)_/)
      continue
    }
    assert.match(name, /^zegel(?:_[a-z0-9]+)+$/)
    assert.equal(name.endsWith('_total'), type === 'counter', name)
    assert.doesNotMatch(name, /_(?:ms|milliseconds|minutes|hours|days|kb|mb|gb|percent)(?:_|$)/, name)
  }
  for (const name of [
    'zegel_departures_total',
    'zegel_refused_connections_total',
    'zegel_queue_recipients',
    'zegel_queue_oldest_seconds',
    'zegel_index_backlog_changes',
    'zegel_blob_bytes',
    'zegel_backups',
    'zegel_check_state',
    'zegel_checks_timestamp_seconds',
    'zegel_certificate_expiry_timestamp_seconds',
    'zegel_database_pool_connections',
    'zegel_disk_free_bytes',
    'nodejs_eventloop_lag_p99_seconds',
    'nodejs_gc_duration_seconds',
    'process_resident_memory_bytes',
  ])
    assert.ok(families.get(name) !== undefined, name)
  assert.equal(valueOf(families, 'zegel_database_up'), 1)
  assert.equal(valueOf(families, 'zegel_check_state', { check: 'database' }), 0)
  assert.equal(families.get('zegel_backup_age_seconds')?.samples.size, 0, 'there is no backup, and no age is made up')
})

test('on the public ports there are no figures, and without the setting nowhere', async (t) => {
  for (const url of [server.http, `${server.http}/en`]) {
    const answer = await fetch(`${url}/metrics`)
    assert.ok(answer.status >= 400, `${answer.status}`)
    assert.doesNotMatch(await answer.text(), /zegel_|process_/)
  }
  const other = await startServer(t, {}, ['http'])
  assert.throws(() => other.metrics)
})

test('nothing but GET /metrics is answered', async () => {
  assert.equal((await fetch(`${server.metrics}/`)).status, 404)
  assert.equal((await fetch(`${server.metrics}/metrics/../healthz`)).status, 404)
  assert.equal((await fetch(`${server.metrics}/metrics`, { method: 'POST', body: 'x' })).status, 405)
})

test('with a token, whoever does not bring it is told nothing', async (t) => {
  const folder = newFolder()
  t.after(() => removeFolder(folder))
  const tokenFile = join(folder, 'token')
  writeFileSync(tokenFile, 'a-token-of-the-test\n', { mode: 0o600 })
  const metrics = { port: 0, host: '127.0.0.1', tokenFile }
  const guarded = await startServer(t, { metrics }, ['http'])
  const ask = (authorization?: string): Promise<Response> =>
    fetch(`${guarded.metrics}/metrics`, authorization === undefined ? {} : { headers: { authorization } })
  for (const wrong of [
    undefined,
    'Bearer',
    'Bearer a-token-of-the-tes',
    'Bearer a-token-of-the-test2',
    'Basic a-token-of-the-test',
  ]) {
    const answer = await ask(wrong)
    assert.deepEqual([answer.status, answer.headers.get('www-authenticate')], [401, 'Bearer'], wrong)
    assert.doesNotMatch(await answer.text(), /zegel_/)
  }
  assert.equal((await ask('Bearer a-token-of-the-test')).status, 200)
  assert.equal((await ask('bearer a-token-of-the-test')).status, 200)
})

const TOKENS: [what: string, write: (file: string) => void][] = [
  ['that is not there', () => undefined],
  [
    'that others may read',
    (file) => {
      writeFileSync(file, 'a-token-of-the-test')
      chmodSync(file, 0o644)
    },
  ],
  ['that is short', (file) => writeFileSync(file, 'guess', { mode: 0o600 })],
  ['of two lines', (file) => writeFileSync(file, 'a-token-of-the-test\nanother', { mode: 0o600 })],
  ['that is a folder', (file) => mkdirSync(file, { mode: 0o700 })],
]
for (const [what, write] of TOKENS)
  test(`the server does not start with a file for the token ${what}`, async (t) => {
    const folder = newFolder()
    t.after(() => removeFolder(folder))
    const tokenFile = join(folder, 'token')
    write(tokenFile)
    const metrics = { port: 0, host: '127.0.0.1', tokenFile }
    await assert.rejects(startServer(t, { metrics }, ['http']), { reason: 'invalid' })
  })

test('figures are told beyond this machine with a token only', () => {
  const complaintsOf = (metrics: object): string[] => {
    const checked = checkConfig({ hostname: 'zegel.test', metrics })
    return 'complaints' in checked ? checked.complaints.map(({ setting }) => setting) : []
  }
  assert.deepEqual(complaintsOf({ port: 9464, host: '0.0.0.0' }), ['metrics.host'])
  assert.deepEqual(complaintsOf({ port: 9464, host: '0.0.0.0', tokenFile: '/etc/zegel/token' }), [])
  assert.deepEqual(complaintsOf({ port: 9464, host: '::1' }), [])
})

test('while the database is away that is told, and what stands in it is left out', async (t) => {
  const { url } = await testDatabase()
  const name = new URL(url).searchParams.get('db')
  const allow = (allowed: boolean) => asAdministrator(url, `alter database ${name} allow_connections ${allowed}`)
  const other = await startServer(t, { metrics: { port: 0, host: '127.0.0.1' } }, ['http'])
  t.after(() => allow(true))
  await allow(false)
  await asAdministrator(url, `select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = '${name}'`)
  const { families } = await scrape(other.metrics)
  assert.equal(valueOf(families, 'zegel_database_up'), 0)
  assert.equal(families.get('zegel_queue_recipients')?.samples.size, 0)
  assert.equal(families.get('zegel_check_state')?.samples.size, 0)
  assert.ok((valueOf(families, 'process_resident_memory_bytes') ?? 0) > 0)
})
