/** Breaks things for real, and reads what the checks say of it. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, test } from 'node:test'
import pg from 'pg'
import { createDomain, keepDkimKeys, keepLooks, listDomains, lookAtRecords } from '#accounts'
import { enqueue, prepareLetter, startDelivery } from '#mail/outbound'
import { keepVersions, readPromises } from '#policy'
import { openStorage, startJobs, turnEpoch, type Database } from '#storage'
import { loadCertificate, now, onlyCertificate, openDns, shiftClock, type Config } from '#system'
import { backUpWhenDue, drill, makeBackup } from '#trust/backups'
import { measureAll } from '#trust/evidence'
import { publishReport } from '#trust/transparency'
import { newTarget } from '#test/backups'
import { newFolder, removeFolder } from '#test/child'
import { newKeyholder, promisesWith, publishSigned } from '#test/keyholders'
import { asAdministrator, silent } from '#test/cluster'
import { openTestStorage, testDatabase, type Undo } from '#test/database'
import { smallDisk } from '#test/journeys/disk'
import { court, inDays, legalDesk } from '#test/legal'
import { letter } from '#test/letters'
import { startNameServer } from '#test/name-server'
import { putRecord } from '#test/zone'
import { dialPop3 } from '#test/pop3'
import { startClamd } from '#test/scanners'
import { startServer } from '#test/server'
import { dialSmtp } from '#test/smtp'
import { CAUSES, type Cause, type CheckName, type State } from './causes.ts'
import { daysUntilFull } from './checks/disk.ts'
import { keepChecks, readChecks } from './keep.ts'
import { lookAtAll, type CheckResult } from './look.ts'
import { startReporting } from './reports.ts'
import { sentenceOf } from './words.ts'

const HOUR = 3600
const DAY = 24 * HOUR
const storage = await openTestStorage({ after })
const { config, url } = await testDatabase()
const { sql } = storage.database

/** What a check finds now of one subject, or of all. */
async function look(
  check: CheckName,
  {
    settings = {},
    subject,
    database = storage.database,
  }: { settings?: Partial<Config>; subject?: string; database?: Database } = {},
): Promise<CheckResult> {
  const { results } = await lookAtAll({ config: { ...config, ...settings }, database })
  const found = results.filter((result) => result.check === check && (subject ?? result.subject) === result.subject)
  assert.equal(found.length, 1, `${check} ${subject ?? ''}: ${found.length} found`)
  return found[0] as CheckResult
}

function is<N extends CheckName>(found: CheckResult, cause: Cause<N>, state: State, sentence: RegExp): void {
  assert.deepEqual([found.cause, found.state], [cause, state], JSON.stringify(found))
  assert.match(sentenceOf(found), sentence)
}

/** Moves this process's clock for the rest of a test. */
function later(t: Undo, seconds: number): void {
  shiftClock(seconds)
  t.after(async () => shiftClock(0))
}

test('a disk that is full is told while there is still room to tell it', async (t) => {
  if (process.getuid?.() !== 0) return t.skip('only root can mount a small disk')
  const folder = newFolder()
  const small = smallDisk(folder)
  t.after(() => {
    small.remove()
    removeFolder(folder)
  })
  const settings = { dataFolder: join(folder, 'data') }
  is<'disk'>(await look('disk', { settings, subject: 'data' }), 'fine', 'good', /are free/)
  const { bavail, bsize } = await import('node:fs').then(({ statfsSync }) => statfsSync(settings.dataFolder))
  writeFileSync(join(settings.dataFolder, 'much'), Buffer.alloc(Math.floor(bavail * bsize * 0.93)))
  is<'disk'>(await look('disk', { settings, subject: 'data' }), 'filling', 'look', /Enlarge the disk/)
  small.fill(undefined as never)
  const full = await look('disk', { settings, subject: 'data' })
  is<'disk'>(full, 'full', 'bad', /^Only \d+ kB of 27\d MB are free: mail is refused/)
  assert.ok(Number(full.figures['freeBytes']) < 1e6)
})

test('a disk that is not there, and backups beside the data, are told', async (t) => {
  const { folder } = newTarget(t)
  const backup = (target: string) => ({ backup: { ...config.backup, target } })
  const missing = { settings: backup(join(folder, 'missing')), subject: 'backups' }
  const unmade = await look('disk', missing)
  assert.ok(unmade.cause !== 'unreachable' && Number(unmade.figures['freeBytes']) > 0, 'the first backup makes it')
  const id = randomUUID()
  await sql`insert into backup (backup_id, started_at, finished_at) values (${id}, ${now()}, ${now()})`
  t.after(() => sql`delete from backup where backup_id = ${id}`)
  is<'disk'>(await look('disk', missing), 'unreachable', 'bad', /mounted/)
  mkdirSync(join(config.dataFolder, 'beside'))
  const beside = await look('disk', { settings: backup(join(config.dataFolder, 'beside')), subject: 'backups' })
  is<'disk'>(beside, 'sameDisk', 'look', /another machine/)
})

const FILLING: [what: string, samples: [daysAgo: number, free: number][], days: number | null][] = [
  ['nothing is known', [], null],
  ['six days are known', [[6, 200]], null],
  ['it loses ten a day', [[10, 200]], 10],
  [
    'the oldest day counts, not a bad one since',
    [
      [10, 200],
      [1, 101],
    ],
    10,
  ],
  ['it stays as it is', [[10, 100]], null],
  ['it gets emptier', [[10, 50]], null],
]
for (const [what, samples, days] of FILLING)
  test(`in how many days a disk is full, when ${what}`, () => {
    assert.equal(
      daysUntilFull(
        100,
        samples.map(([daysAgo, freeBytes]) => ({ daysAgo, freeBytes })),
      ),
      days,
    )
  })

/** Waits until something is so; the test's own limit of time ends it otherwise. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(20)
}

test('a job that fails is told, and after three times in a row it is bad', async (t) => {
  let failing = true
  const run = async (): Promise<Record<string, number>> => {
    if (failing) throw Object.assign(new Error('about anna@zegel.test'), { code: 'ENOSPC' })
    return { done: 1 }
  }
  const jobs = await startJobs(url, [{ name: 'trying', cron: '7 3 * * 0', run }], silent)
  t.after(() => jobs.stop())
  const client = new pg.Client({
    host: new URL(url).pathname,
    user: 'zegel',
    database: new URL(url).searchParams.get('db') ?? '',
  })
  await client.connect()
  t.after(() => client.end())
  const runOnce = async (isDone: (row: { failures: number; succeeded_at: Date | null }) => boolean): Promise<void> => {
    await client.query("select graphile_worker.add_job('trying', max_attempts => 1)")
    await until(async () => {
      const { rows } = await sql<{ failures: number; succeeded_at: Date | null }>`
        select failures, succeeded_at from job_run where job = 'trying'`
      return rows.some(isDone)
    })
  }
  const trying = () => look('jobs', { subject: 'trying' })
  is<'jobs'>(await trying(), 'waiting', 'good', /not been due/)
  await runOnce(({ failures }) => failures === 1)
  is<'jobs'>(await trying(), 'failed', 'look', /tried again/)
  await runOnce(({ failures }) => failures === 2)
  await runOnce(({ failures }) => failures === 3)
  is<'jobs'>(await trying(), 'failing', 'bad', /^It has failed 3 times in a row\. The log/)
  const { rows } = await sql<{ error: string; period_seconds: number }>`select error, period_seconds from job_run`
  assert.deepEqual(rows, [{ error: 'Error ENOSPC', period_seconds: 7 * DAY }])
  failing = false
  await runOnce(({ succeeded_at: at }) => at !== null)
  is<'jobs'>(await trying(), 'fine', 'good', /went well/)
  later(t, 15 * DAY)
  is<'jobs'>(await trying(), 'missed', 'bad', /part worker/)
})

test('a job that does not end is told after two hours, and is bad after a day', async (t) => {
  await sql`
    insert into job_run (job, period_seconds, is_scheduled, scheduled_at, started_at)
    values ('endless', 300, true, ${now()}, ${now()})`
  t.after(() => sql`delete from job_run where job = 'endless'`)
  is<'jobs'>(await look('jobs', { subject: 'endless' }), 'running', 'good', /running/)
  later(t, 3 * HOUR)
  is<'jobs'>(await look('jobs', { subject: 'endless' }), 'long', 'look', /two hours/)
  later(t, 25 * HOUR)
  is<'jobs'>(await look('jobs', { subject: 'endless' }), 'stuck', 'bad', /Restart the part worker/)
})

test('a scanner that was stopped is told', async (t) => {
  is<'scanners'>(await look('scanners'), 'none', 'good', /built-in checks alone/)
  const clamd = await startClamd(t)
  const settings = { scanners: { ...config.scanners, clamd: clamd.address } }
  is<'scanners'>(await look('scanners', { settings }), 'fine', 'good', /answers/)
  await clamd.kill()
  is<'scanners'>(await look('scanners', { settings }), 'silent', 'bad', /mail is put off/)
})

const VERSIONS: [what: string, version: (at: Date) => string, cause: Cause<'scanners'>][] = [
  ['today', (at) => `ClamAV 1.4.3/27839/${at.toString().slice(0, 24)}`, 'fine'],
  [
    'a week ago',
    (at) => `ClamAV 1.4.3/27839/${new Date(at.getTime() - 7000 * DAY).toString().slice(0, 24)}`,
    'oldSignatures',
  ],
  [
    'a month ago',
    (at) => `ClamAV 1.4.3/27839/${new Date(at.getTime() - 30_000 * DAY).toString().slice(0, 24)}`,
    'veryOldSignatures',
  ],
  ['no day', () => 'ClamAV 1.4.3', 'fine'],
  ['nonsense', () => 'ClamAV 1.4.3/1/<script>', 'fine'],
]
for (const [what, version, cause] of VERSIONS)
  test(`the age of clamd's signatures is told when they were made ${what}`, async (t) => {
    const double = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', (bytes) =>
        socket.end(bytes.toString().startsWith('zVERSION') ? `${version(now())}\0` : 'stream: OK\0'),
      )
    }).listen(0, '127.0.0.1')
    await once(double, 'listening')
    t.after(() => double.close())
    const clamd = `127.0.0.1:${(double.address() as AddressInfo).port}`
    const found = await look('scanners', { settings: { scanners: { ...config.scanners, clamd } } })
    assert.equal(found.cause, cause)
  })

test('a backup that is stale, or that a drill found damaged, is told', async (t) => {
  const { folder, target } = newTarget(t)
  const settings = { backup: { ...config.backup, target: folder } }
  const context = { storage, config: { ...config, ...settings }, target, log: silent }
  is<'backups'>(await look('backups'), 'notInTrial', 'good', /In a trial/)
  is<'backups'>(await look('backups', { settings: { trial: false } }), 'off', 'bad', /zegel key export/)
  is<'backups'>(await look('backups', { settings }), 'none', 'look', /zegel backup/)
  await backUpWhenDue(context)
  is<'backups'>(await look('backups', { settings }), 'fine', 'good', /old/)
  shiftClock(16 * HOUR)
  is<'backups'>(await look('backups', { settings }), 'late', 'bad', /^The last one is 16 hr old, .* every 6 hours/)
  shiftClock(0)
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /^objects\/.*\//.test(name),
  ))
    writeFileSync(join(folder, name), 'damaged')
  await drill(context)
  is<'backups'>(await look('backups', { settings }), 'damaged', 'bad', /check the target’s disk/)
})

test('a copy of the keys that is of an earlier epoch is told, and a key file that others may read', async (t) => {
  const { folder, target } = newTarget(t)
  const settings = { backup: { ...config.backup, target: folder } }
  await makeBackup({ storage, config: { ...config, ...settings }, target, log: silent })
  const found = await look('keys', { settings })
  is<'keys'>(found, 'fine', 'good', /Epoch/)
  assert.notEqual(found.figures['copyVerifiedAt'], null)
  await turnEpoch(storage.database, config.keyFile)
  is<'keys'>(await look('keys', { settings }), 'copyOld', 'bad', /could not be read back/)
  await makeBackup({ storage, config: { ...config, ...settings }, target, log: silent })
  is<'keys'>(await look('keys', { settings }), 'fine', 'good', /Epoch/)
  shiftClock(12 * DAY)
  is<'keys'>(await look('keys', { settings }), 'notTurned', 'look', /job epoch/)
  shiftClock(0)
  chmodSync(config.keyFile, 0o644)
  t.after(() => chmodSync(config.keyFile, 0o400))
  is<'keys'>(await look('keys'), 'fileOpen', 'bad', /chmod 0400/)
  is<'keys'>(
    await look('keys', { settings: { keyFile: `${config.keyFile}.gone` } }),
    'fileMissing',
    'bad',
    /key import/,
  )
})

test('a database that is away is told, and what stands in it is not made up', async (t) => {
  const name = new URL(url).searchParams.get('db')
  const allow = (allowed: boolean) => asAdministrator(url, `alter database ${name} allow_connections ${allowed}`)
  t.after(() => allow(true))
  is<'database'>(await look('database'), 'fine', 'good', /connections in use/)
  const mine = await openStorage(config, url, 'zegel_app', silent)
  t.after(() => mine.close())
  await allow(false)
  await asAdministrator(url, `select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = '${name}'`)
  const { results, unknown } = await lookAtAll({ config, database: mine.database })
  const away = results.find(({ check }) => check === 'database') as CheckResult
  is<'database'>(away, 'away', 'bad', /our own PostgreSQL is started again by itself/)
  assert.deepEqual(unknown.toSorted(), [
    'backups',
    'canary',
    'clock',
    'dkim',
    'index',
    'jobs',
    'keys',
    'limits',
    'processes',
    'promises',
    'queue',
    'records',
    'register',
    'retention',
  ])
  assert.ok(results.some(({ check }) => check === 'disk') && results.some(({ check }) => check === 'certificates'))
  await allow(true)
  is<'database'>(await look('database', { database: mine.database }), 'fine', 'good', /It answers/)
})

test('a database that could lose what was acknowledged is told', async (t) => {
  const name = new URL(url).searchParams.get('db')
  t.after(() => asAdministrator(url, `alter database ${name} reset synchronous_commit`))
  await asAdministrator(url, `alter database ${name} set synchronous_commit = off`)
  const mine = await openStorage(config, url, 'zegel_app', silent)
  t.after(() => mine.close())
  is<'database'>(await look('database', { database: mine.database }), 'unsafe', 'bad', /Turn all three on/)
})

test('a certificate that ends, has ended, is not good yet or is not believed is told', async (t) => {
  await loadCertificate(config)
  is<'certificates'>(await look('certificates'), 'selfMade', 'good', /trial/)
  const real = { trial: false }
  is<'certificates'>(await look('certificates', { settings: real }), 'notBelieved', 'look', /tls\.certificate/)
  for (const [days, cause, state, sentence] of [
    [355, 'endsSoon', 'look', /Renew it/],
    [363, 'endsNow', 'bad', /nobody can sign in/],
    [366, 'expired', 'bad', /^It ended on .*Renew it now/],
    [-3, 'notYet', 'bad', /clock/],
  ] as const) {
    later(t, days * DAY)
    is<'certificates'>(await look('certificates', { settings: real }), cause, state, sentence)
  }
  shiftClock(0)
  const named = await look('certificates', { settings: { names: ['webmail.zegel.test'] } })
  is<'certificates'>(named, 'nameMissing', 'look', /lacks 1 of the names/)
  assert.deepEqual(named.names, ['webmail.zegel.test'])
})

const PAIRS: [what: string, write: (cert: string, key: string) => Promise<void>, cause: Cause<'certificates'>][] = [
  ['no files', async () => undefined, 'unreadable'],
  [
    'files that are none',
    async (cert, key) => {
      writeFileSync(cert, 'this is no certificate')
      writeFileSync(key, '')
    },
    'unreadable',
  ],
  [
    "another certificate's key",
    async (cert, key) => {
      copyFileSync(join(config.dataFolder, 'tls/self-made.crt'), cert)
      const dataFolder = newFolder()
      writeFileSync(key, (await loadCertificate({ ...config, dataFolder })).key)
      removeFolder(dataFolder)
    },
    'wrongKey',
  ],
]
for (const [what, write, cause] of PAIRS)
  test(`a certificate that the settings name is told to be of no use: ${what}`, async (t) => {
    await loadCertificate(config)
    const folder = newFolder()
    t.after(() => removeFolder(folder))
    const [certificate, key] = [join(folder, 'crt'), join(folder, 'key')]
    await write(certificate, key)
    const found = await look('certificates', { settings: { tls: { certificate, key } } })
    assert.deepEqual([found.cause, found.state], [cause, 'bad'])
  })

test('a process says how it is; one that is gone without a word is told, and one that ended is not', async (t) => {
  is<'processes'>(await look('processes'), 'none', 'bad', /Start it/)
  const certificates = onlyCertificate(await loadCertificate(config))
  const killed = await startReporting({ storage, parts: ['queue'], certificates, log: silent })
  t.after(() => killed.stop())
  const found = await look('processes')
  is<'processes'>(found, 'fine', 'good', /MB of memory/)
  assert.equal(found.subject, 'queue')
  assert.ok(Number(found.figures['heapLimitBytes']) > Number(found.figures['heapUsedBytes']))
  shiftClock(2 * 60)
  is<'processes'>(await look('processes'), 'gone', 'bad', /Start it again/)
  const other = await startReporting({ storage, parts: ['queue', 'worker'], certificates, log: silent })
  is<'processes'>(await look('processes'), 'fine', 'good', /It runs/)
  await other.stop()
  shiftClock(0)
  await killed.stop()
  is<'processes'>(await look('processes'), 'none', 'bad', /No process/)
})

test('connections and letters that were turned away are told for ten minutes, and what to raise', async (t) => {
  const server = await startServer(t, { pop3: { maxConnectionsPerNetwork: 1 }, smtp: { maxMessagesPerMinute: 1 } }, [
    'pop3',
    'smtp',
  ])
  const certificates = onlyCertificate(await loadCertificate(config))
  const reporting = await startReporting({ storage, parts: ['pop3'], certificates, log: silent, everyMs: 20 })
  t.after(() => reporting.stop())
  const limit = (subject: string) => look('limits', { subject })
  is<'limits'>(await limit('pop3'), 'fine', 'good', /Nobody/)
  await dialPop3(t, server.pop3)
  assert.match((await dialPop3(t, server.pop3)).greeting, /^-ERR/)
  const smtp = await dialSmtp(t, server.smtp)
  for (let i = 0; i < 2; i++) await smtp.say('MAIL FROM:<bea@example.org>').then(() => smtp.say('RSET'))
  await until(async () => (await limit('pop3')).state === 'look' && (await limit('messageRate')).state === 'look')
  is<'limits'>(await limit('pop3'), 'reached', 'look', /^1 connections .*maxConnectionsPerNetwork/)
  is<'limits'>(await limit('messageRate'), 'rateReached', 'look', /smtp\.maxMessagesPerMinute/)
  // Forty reports later.
  await until(async () => (await limit('pop3')).state === 'good')
})

test('a process that still shows an earlier certificate than the file has is told', async (t) => {
  const certificates = onlyCertificate(await loadCertificate(config))
  // A self-made one is made anew in the last month of its year.
  shiftClock(340 * DAY)
  t.after(async () => shiftClock(0))
  const reporting = await startReporting({ storage, parts: ['https'], certificates, log: silent })
  t.after(() => reporting.stop())
  is<'processes'>(await look('processes', { subject: 'https' }), 'fine', 'good', /runs/)
  await loadCertificate(config)
  is<'processes'>(await look('processes', { subject: 'https' }), 'certificateOld', 'look', /restart it/)
})

test('a queue that nobody works off is told, and why letters wait is counted without saying for whom', async (t) => {
  const send = async (to: string): Promise<void> => {
    const prepared = await prepareLetter(storage, {
      accountId: undefined,
      mailFrom: 'anna@zegel.test',
      recipients: [{ address: to }],
      content: letter(),
    })
    await storage.database.transaction((tx) => enqueue(tx, prepared))
  }
  t.after(() => sql`delete from queue_letter`)
  await send('bea@somewhere.example')
  is<'queue'>(await look('queue'), 'fine', 'good', /^1 recipients? wait/)
  shiftClock(HOUR)
  t.after(async () => shiftClock(0))
  is<'queue'>(await look('queue'), 'notMoving', 'bad', /part queue/)
  // Its name servers do not answer (test/cluster.ts).
  const delivery = await startDelivery({
    config,
    storage,
    log: silent,
    file: async () => [],
    expand: async () => undefined,
    mayForward: async () => undefined,
    note: () => undefined,
  })
  t.after(() => delivery.stop())
  await until(async () => (await look('queue')).figures['deferred.nameServersSilent'] === 1)
  const found = await look('queue')
  is<'queue'>(found, 'fine', 'good', /wait/)
  assert.equal(found.figures['recipients'], 1)
  assert.doesNotMatch(JSON.stringify(found), /somewhere|bea|anna/)
})

test('name servers that are silent are told, and a name that they do not know', async (t) => {
  const server = await startNameServer(t, { 'zegel.test': { A: ['192.0.2.1'] } })
  const settings = { trial: false, dns: { servers: [server.address] } }
  is<'nameServers'>(await look('nameServers', { settings }), 'fine', 'good', /answer/)
  const elsewhere = { trial: false, dns: { ...settings.dns, validates: false } }
  is<'nameServers'>(await look('nameServers', { settings: elsewhere }), 'unproven', 'look', /Install unbound/)
  server.zone = {}
  is<'nameServers'>(await look('nameServers', { settings }), 'nameUnknown', 'look', /Publish/)
  server.zone = { 'zegel.test': 'silent' }
  is<'nameServers'>(await look('nameServers', { settings }), 'silent', 'bad', /mail cannot leave/)
})

test('letters that leave unsigned are told, and keys whose records are missing, have vanished or may go', async (t) => {
  const server = await startNameServer(t, {})
  const settings = { trial: false, dns: { servers: [server.address] } }
  const dns = openDns(settings, 500)
  await createDomain(storage, 'signed.example')
  t.after(async () => {
    await sql`delete from dkim_key`
    await sql`delete from domain where domain = 'signed.example'`
  })
  // Every domain of this file, whoever made it.
  const keep = async (): Promise<void> => void (await keepDkimKeys(storage, config, dns))
  const publish = async (): Promise<void> => {
    for (const { domain } of await listDomains(storage))
      for (const { record } of await lookAtRecords(storage, config, dns, domain))
        if (record.kind === 'dkim') server.zone[record.name] = { TXT: [record.value] }
  }
  is<'dkim'>(await look('dkim', { settings }), 'unsigned', 'bad', /domain show DOMAIN/)
  is<'dkim'>(await look('dkim'), 'notInTrial', 'good', /In a trial/)
  await keep()
  await publish()
  const [kept] = Object.keys(server.zone).filter((name) => name.includes('-rsa._domainkey.signed.')) as [string]
  const { [kept]: record, ...others } = server.zone
  server.zone = others
  later(t, 300)
  await keep()
  is<'dkim'>(await look('dkim', { settings }), 'partly', 'look', /one signature of two: 1/)
  server.zone = { ...others, [kept]: record as (typeof server.zone)[string] }
  shiftClock(600)
  await keep()
  is<'dkim'>(await look('dkim', { settings }), 'fine', 'good', /both signatures/)
  server.zone = others
  shiftClock(3 * HOUR)
  await keep()
  is<'dkim'>(await look('dkim', { settings }), 'astray', 'bad', /or was changed: 1/)
  server.zone = { ...others, [kept]: record as (typeof server.zone)[string] }
  shiftClock(4 * HOUR)
  await keep()
  shiftClock(200 * DAY)
  await keep()
  is<'dkim'>(await look('dkim', { settings }), 'waiting', 'look', /the old ones go on signing/)
  await publish()
  shiftClock(200 * DAY + 300)
  await keep()
  is<'dkim'>(await look('dkim', { settings }), 'fine', 'good', /both signatures/)
  shiftClock(215 * DAY)
  const found = await look('dkim', { settings })
  is<'dkim'>(found, 'removable', 'good', /may be removed/)
  assert.doesNotMatch(JSON.stringify(found), /example/)
})

test('domains whose records are missing or lead elsewhere are told', async (t) => {
  const server = await startNameServer(t, {})
  const settings = { trial: false }
  const dns = openDns({ dns: { servers: [server.address] } }, 500)
  await createDomain(storage, 'looked.example')
  t.after(() => sql`delete from dkim_key`)
  t.after(() => sql`delete from domain where domain = 'looked.example'`)
  is<'records'>(await look('records', { settings }), 'notLooked', 'good', /not been looked at yet/)
  // Every domain of this file, whoever made it.
  const publish = async (): Promise<void> => {
    for (const { domain } of await listDomains(storage))
      for (const { record } of await lookAtRecords(storage, config, dns, domain))
        if (record.value !== '') putRecord(server.zone, record)
    server.zone[config.hostname] = { A: ['198.51.100.7'] }
    server.zone['7.100.51.198.in-addr.arpa'] = { PTR: [config.hostname] }
  }
  await keepLooks(storage, config, dns)
  is<'records'>(await look('records', { settings }), 'missing', 'look', /lack records/)
  is<'records'>(await look('records'), 'notInTrial', 'good', /In a trial/)
  await publish()
  later(t, HOUR)
  await keepLooks(storage, config, dns)
  is<'records'>(await look('records', { settings }), 'fine', 'good', /are right/)
  putRecord(server.zone, { name: 'looked.example', type: 'MX', value: '10 mx.elsewhere.example' })
  shiftClock(2 * HOUR)
  await keepLooks(storage, config, dns)
  is<'records'>(await look('records', { settings }), 'wrong', 'bad', /taken for forged: 1\./)
  // Silence changes nothing.
  for (const name of Object.keys(server.zone)) server.zone[name] = 'SERVFAIL'
  shiftClock(3 * HOUR)
  const { looked } = await keepLooks(storage, config, dns)
  assert.equal(looked, 0)
  is<'records'>(await look('records', { settings }), 'wrong', 'bad', /taken for forged: 1\./)
})

test('erasing that has stopped and promises that are late are told', async (t) => {
  await measureAll(storage, config)
  is<'retention'>(await look('retention'), 'fine', 'good', /Nothing is late/)
  await sql`
    insert into brake (seen_at, held_for, held_at) values (${now()}, 'clockWentBack', ${now()})
    on conflict (only_one) do update set held_for = excluded.held_for, held_at = excluded.held_at`
  t.after(() => sql`update brake set held_for = null, held_at = null`)
  is<'retention'>(await look('retention'), 'held', 'bad', /zegel retention release/)
  is<'promises'>(await look('promises', { subject: 'journal' }), 'kept', 'good', /Kept/)
  await sql`update evidence set state = 'broken' where name = 'journal'`
  is<'promises'>(await look('promises', { subject: 'journal' }), 'broken', 'bad', /policy page/)
  later(t, 2 * HOUR)
  is<'promises'>(await look('promises', { subject: 'keys' }), 'notMeasured', 'look', /job evidence/)
})

test('what was found is kept with the time from which it has been so', async (t) => {
  await keepChecks(storage, config)
  const before = (await readChecks(storage)).find(({ check }) => check === 'keys') as CheckResult
  later(t, 60)
  await keepChecks(storage, config)
  const after = (await readChecks(storage)).find(({ check }) => check === 'keys') as CheckResult
  assert.deepEqual(after.since, before.since)
  assert.ok(after.lookedAt > before.lookedAt)
  chmodSync(config.keyFile, 0o644)
  t.after(() => chmodSync(config.keyFile, 0o400))
  await keepChecks(storage, config)
  const bad = (await readChecks(storage)).find(({ check }) => check === 'keys') as CheckResult
  assert.deepEqual([bad.state, bad.since], ['bad', bad.lookedAt])
})

test('nothing but numbers and times stands in what was found, and every place of it is one of the service', async () => {
  await measureAll(storage, config)
  await keepChecks(storage, config)
  const results = await readChecks(storage)
  assert.ok(new Set(results.map(({ check }) => check)).size >= 12)
  for (const { check, subject, figures, names } of results) {
    assert.match(subject, /^[a-zA-Z0-9+ ]{0,60}$/, check)
    for (const [name, value] of Object.entries(figures))
      assert.ok(
        value === null || typeof value === 'number' || /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value),
        `${name} is ${value}`,
      )
    for (const name of names) assert.ok([config.hostname, ...config.names, 'localhost'].includes(name))
  }
})

const LANGUAGES = ['de', 'en', 'fr', 'nl'] as const
const textsOf = (language: string): Record<string, string> =>
  JSON.parse(readFileSync(join(import.meta.dirname, 'texts', `${language}.json`), 'utf8')) as Record<string, string>
const gapsOf = (text = ''): string[] => [...text.matchAll(/\{\w+\}/g)].map(([gap]) => gap).toSorted()
const english = textsOf('en')
const wanted = [
  'unknown',
  ...Object.entries(CAUSES).flatMap(([check, causes]) => [
    check,
    ...Object.keys(causes).map((cause) => `${check}.${cause}`),
  ]),
]
for (const language of LANGUAGES)
  test(`every cause has its words in ${language}, with the gaps of the English ones`, () => {
    const texts = textsOf(language)
    assert.deepEqual(Object.keys(texts).toSorted(), wanted.toSorted())
    for (const key of wanted) assert.deepEqual(gapsOf(texts[key]), gapsOf(english[key]), key)
    if (language !== 'en')
      assert.deepEqual(
        wanted.filter((key) => key.includes('.') && texts[key] === english[key]),
        [],
        'left in English',
      )
  })

test('a canary is told to be signed anew while there is time, and that it is stale, missing, or not promised', async (t) => {
  assert.deepEqual(
    (await lookAtAll({ config, database: storage.database })).results.filter(({ check }) => check === 'canary'),
    [],
    'none is promised',
  )
  const keyholders = ['Saskia', 'Driss', 'Ilse'].map(newKeyholder)
  const settings = { policy: promisesWith(config, keyholders) }
  await keepVersions(storage.database, readPromises(settings), 0)
  is(await look('canary', { settings }), 'never', 'bad', /no canary was published/)
  await publishSigned(storage, { ...config, ...settings }, keyholders)
  is(await look('canary', { settings }), 'fine', 'good', /^Signed, and good until/)
  later(t, 9 * DAY)
  is(await look('canary', { settings }), 'fine', 'good', /^Signed, and good until/)
  later(t, 10 * DAY)
  is(await look('canary', { settings }), 'endsSoon', 'look', /stale in [34] days\. Prepare the next one/)
  later(t, 14 * DAY + HOUR)
  is(await look('canary', { settings }), 'stale', 'bad', /^Stale since .* everybody is shown that/)
  const others = { policy: promisesWith(config, ['Anna', 'Bea'].map(newKeyholder)) }
  await keepVersions(storage.database, readPromises(others), 0)
  is(await look('canary', { settings: others }), 'unsigned', 'bad', /not signed by enough/)
})

test('a request past its day, a report that is old and a register that was changed are told', async (t) => {
  t.after(() => shiftClock(0))
  const { call } = legalDesk(storage, config)
  const asked = { ...court, country: 'FR', accounts: ['a@zegel.test'], answerBy: inDays(7) }
  const { id } = await call('legal.receive', asked)
  await publishReport(storage, config)
  await measureAll(storage, config)
  is<'register'>(await look('register'), 'fine', 'good', /is whole/)
  shiftClock(3 * DAY)
  await measureAll(storage, config)
  is<'register'>(await look('register'), 'reportLate', 'look', /the job report/)
  shiftClock(8 * DAY)
  await publishReport(storage, config)
  await measureAll(storage, config)
  is<'register'>(await look('register'), 'overdue', 'bad', /answered: 1\./)
  await call('legal.refuse', { case: id })
  is<'register'>(await look('register'), 'fine', 'good', /is whole/)
  const database = new URL(url).searchParams.get('db') ?? undefined
  await asAdministrator(url, "update legal_event set country = 'DE' where kind = 'received'", database)
  await measureAll(storage, config)
  is<'register'>(await look('register'), 'broken', 'bad', /event number 1 on/)
  await asAdministrator(url, "update legal_event set country = 'FR' where kind = 'received'", database)
})
