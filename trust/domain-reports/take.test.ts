/** Reports as they come: from SMTP to what is kept of them. */
import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { createDomain, reportAddress, type ReportKind } from '#accounts'
import { noteReportLetter } from '#mail/domain-reports'
import { sendOwnLetter } from '#mail/outbound'
import { nowMs } from '#system'
import {
  bringReport,
  likeGoogle,
  likeMicrosoft,
  REPORTER_ZONE,
  reportLetter,
  tlsLikeGoogle,
  type ReportLetter,
  type SampleRow,
} from '#test/domain-reports'
import { startNameServer } from '#test/name-server'
import { startServer } from '#test/server'
import { dialSmtp } from '#test/smtp'
import { openReading } from './reading/start.ts'
import { showReports } from './show.ts'
import { takeReports, type TakenReports } from './take.ts'

const names = await startNameServer(
  { after },
  {
    ...REPORTER_ZONE,
    'loose.example': { TXT: ['v=spf1 -all'] },
    '_dmarc.loose.example': { TXT: ['v=DMARC1; p=none'] },
    'zegel.test': { A: ['192.0.2.10'] },
    // A service that sends for others, and one that only says that it is.
    '25.100.51.198.in-addr.arpa': { PTR: ['out-3.news.mailing.co.uk'] },
    'out-3.news.mailing.co.uk': { A: ['198.51.100.25'] },
    '26.100.51.198.in-addr.arpa': { PTR: ['mx.google.com'] },
    'mx.google.com': { A: ['192.0.2.99'] },
  },
)
const server = await startServer({ after }, { dns: { servers: [names.address] } }, ['smtp', 'queue'])
const { storage, config } = server
const reading = openReading()
after(() => reading.close())

const take = (): Promise<TakenReports> => takeReports(storage, config, reading)

/** A domain of its own, so that tests do not see one another's reports. */
async function hosted(): Promise<string> {
  const domain = `d${randomBytes(6).toString('hex')}.example`
  await createDomain(storage, domain)
  return domain
}

const BEGIN = Math.floor(nowMs() / 86_400_000) * 86_400 - 86_400
const YESTERDAY = new Date(BEGIN * 1000).toISOString().slice(0, 10)

/** Brings a letter by SMTP. @returns the reply to DATA */
const bring = (t: { after(undo: () => void): void }, letter: ReportLetter): Promise<string> =>
  bringReport(t, server.smtp, letter)

const dmarcFor = (domain: string, rows: readonly SampleRow[], reportId: string = randomUUID()): string =>
  likeGoogle({ domain, reportId, begin: BEGIN, rows })

const ROWS: SampleRow[] = [
  { source: '192.0.2.10', count: 40 },
  { source: '198.51.100.25', count: 5, disposition: 'reject', dkim: 'fail', spf: 'fail' },
  { source: '198.51.100.26', count: 3, disposition: 'quarantine', dkim: 'fail', spf: 'fail' },
  { source: '2001:db8::7', count: 2, dkim: 'fail', spf: 'fail' },
]

test('a report is counted by source and day, and neither the letter nor an address in it is kept', async (t) => {
  const domain = await hosted()
  const report = dmarcFor(domain, ROWS)
  assert.match(await bring(t, { to: reportAddress('dmarc', domain), file: gzipSync(report) }), /^250/)
  assert.deepEqual(await take(), { counted: 1, doubled: 0, unreadable: 0, overLimit: 0 })

  const shown = await showReports(storage, domain, 7)
  assert.deepEqual(
    shown.dmarc.sources.map(({ kind, name, passed, failed, rejected }) => [kind, name, passed, failed, rejected]),
    [
      ['named', 'mailing.co.uk', 0, 5, 5],
      ['unnamed', undefined, 0, 5, 0],
      ['ours', undefined, 40, 0, 0],
    ],
  )
  assert.deepEqual(shown.dmarc.reporters, [{ name: 'reporter.example', reports: 1, passed: 40, failed: 10 }])
  assert.deepEqual(
    shown.dmarc.byDay.filter(({ passed }) => passed > 0),
    [{ day: YESTERDAY, passed: 40, failed: 10 }],
  )
  assert.equal(shown.unproven, 0)

  const reports = await storage.keys.serviceKey('domainReports')
  const { rows } = await storage.database.sql<{ report_key: Buffer; sealed: Buffer }>`
    select report_key, sealed from domain_report where domain = ${domain}`
  const opened = reports
    .open(`report/${rows[0]?.report_key.toString('base64url')}`, rows[0]?.sealed as Buffer)
    .toString()
  for (const { source } of ROWS) assert.ok(!opened.includes(source), source)
  assert.ok(!opened.includes('out-3'))
  assert.equal((await storage.database.sql`select from report_letter`).rowCount, 0)
})

test('the same report counts once, however often and by whichever letter it comes', async (t) => {
  const domain = await hosted()
  const file = likeMicrosoft({ domain, reportId: 'same', begin: BEGIN, rows: ROWS })
  for (const packed of [gzipSync(file), Buffer.from(file)])
    await bring(t, { to: reportAddress('dmarc', domain), file: packed, type: 'text/xml', name: 'r.xml' })
  assert.deepEqual(await take(), { counted: 1, doubled: 1, unreadable: 0, overLimit: 0 })
  const { dmarc } = await showReports(storage, domain, 7)
  assert.equal(dmarc.reporters[0]?.passed, 40)
})

test('a letter that nobody vouches for is taken, told apart, and takes no other report’s place', async (t) => {
  const domain = await hosted()
  const to = reportAddress('dmarc', domain)
  const forged = dmarcFor(domain, [{ source: '192.0.2.10', count: 9000 }], 'next')
  assert.match(await bring(t, { to, file: gzipSync(forged), from: 'a@loose.example', isSigned: false }), /^250/)
  await take()
  const before = await showReports(storage, domain, 7)
  assert.deepEqual([before.unproven, before.dmarc.reporters], [1, []])
  await bring(t, { to, file: gzipSync(dmarcFor(domain, ROWS, 'next')) })
  assert.equal((await take()).counted, 1)
  const { unproven, dmarc } = await showReports(storage, domain, 7)
  assert.deepEqual([unproven, dmarc.reporters[0]?.passed], [1, 40])
})

test('a letter in the name of a domain that refuses what is not from it is counted as unproven at most', async (t) => {
  const domain = await hosted()
  const file = gzipSync(dmarcFor(domain, ROWS))
  await bring(t, { to: reportAddress('dmarc', domain), file, isSigned: false })
  await take()
  assert.deepEqual((await showReports(storage, domain, 7)).dmarc.reporters, [])
})

test('a report about TLS is counted by what failed', async (t) => {
  const domain = await hosted()
  const file = gzipSync(
    tlsLikeGoogle({
      domain,
      reportId: 'tls-1',
      day: YESTERDAY,
      successes: 120,
      failures: [{ type: 'certificate-expired', mxHost: `mx.${domain}`, count: 7 }],
    }),
  )
  await bring(t, { to: reportAddress('tls', domain), file, type: 'application/tlsrpt+gzip', name: 'r.json.gz' })
  assert.equal((await take()).counted, 1)
  const { tls } = await showReports(storage, domain, 30)
  assert.deepEqual(tls.failures, [{ type: 'certificate-expired', mxHost: `mx.${domain}`, count: 7 }])
  assert.deepEqual(tls.reporters, [{ name: 'reporter.example', reports: 1, passed: 120, failed: 7 }])
})

test('a report of this server to itself is proven without a signature', async () => {
  const domain = await hosted()
  await sendOwnLetter(storage, {
    to: reportAddress('tls', domain),
    subject: 'Report',
    text: 'A report.',
    language: 'en',
    attachment: {
      name: 'r.json.gz',
      type: 'application/tlsrpt+gzip',
      content: gzipSync(tlsLikeGoogle({ domain, reportId: 'own', day: YESTERDAY, successes: 4 })),
    },
  })
  for (;;) {
    await take()
    const { tls } = await showReports(storage, domain, 7)
    if (tls.reporters.length > 0) break
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
})

test('an address for reports that somebody has is theirs', async (t) => {
  const person = await server.createAccount('dmarc-reports')
  const domain = person.address.slice(person.address.lastIndexOf('@') + 1)
  await bring(t, { to: reportAddress('dmarc', domain), file: gzipSync(dmarcFor(domain, ROWS)) })
  assert.equal((await storage.database.sql`select from report_letter`).rowCount, 0)
})

test('one letter takes reports about one domain, and for nobody else', async (t) => {
  const [one, other] = [await hosted(), await hosted()]
  const person = await server.createAccount()
  const smtp = await dialSmtp(t, server.smtp)
  await smtp.say('MAIL FROM:<noreply@reporter.example>')
  assert.match(await smtp.say(`RCPT TO:<${reportAddress('dmarc', one)}>`), /^250/)
  assert.match(await smtp.say(`RCPT TO:<${reportAddress('dmarc', other)}>`), /^452/)
  assert.match(await smtp.say(`RCPT TO:<${person.address}>`), /^452/)
  assert.match(await smtp.say(`RCPT TO:<${reportAddress('tls', one)}>`), /^250/)
  assert.match(await smtp.say('RCPT TO:<dmarc-reports@elsewhere.example>'), /^550/)
})

const DAY = 86_400
type Attack = [kind: ReportKind, trouble: string, file: (domain: string) => Buffer | string]
const hostile: Record<string, Attack> = {
  'an XML bomb': [
    'dmarc',
    'malformed',
    () => `<!DOCTYPE f [<!ENTITY a "${'x'.repeat(9000)}">]><feedback>&a;</feedback>`,
  ],
  'a gzip bomb': ['dmarc', 'bomb', () => gzipSync(Buffer.alloc(40 << 20))],
  'a gzip within a gzip': ['dmarc', 'nested', (domain) => gzipSync(gzipSync(dmarcFor(domain, ROWS)))],
  'deep JSON': ['tls', 'malformed', () => `{"a":${'['.repeat(100_000)}`],
  nonsense: ['dmarc', 'malformed', () => randomBytes(5000)],
  'nothing at all': ['dmarc', 'malformed', () => ' '],
  'megabytes that do not shrink': ['dmarc', 'tooLarge', () => randomBytes(5 << 20)],
  'another domain': ['dmarc', 'otherDomain', () => dmarcFor('elsewhere.example', ROWS)],
  'the domain of a whole country': ['dmarc', 'otherDomain', () => dmarcFor('example', ROWS)],
  'a day in the future': [
    'dmarc',
    'dates',
    (domain) => likeGoogle({ domain, reportId: 'f', begin: BEGIN + 30 * DAY, rows: ROWS }),
  ],
  'a day long ago': ['dmarc', 'dates', (domain) => likeGoogle({ domain, reportId: 'p', begin: 1, rows: ROWS })],
  'a time that ends before it begins': [
    'dmarc',
    'dates',
    (domain) => dmarcFor(domain, ROWS).replace(/<end>\d+/, `<end>${BEGIN - 9}`),
  ],
}
for (const [attack, [kind, trouble, file]] of Object.entries(hostile))
  test(`told as not read, and counted nowhere: ${attack}`, async () => {
    const domain = await hosted()
    const letter = { to: reportAddress(kind, domain), file: file(domain), from: 'a@loose.example', isSigned: false }
    const content = Buffer.from(await reportLetter(letter))
    await noteReportLetter(storage, { content, domain, findings: [] })
    await noteReportLetter(storage, { content, domain, findings: [] })
    assert.deepEqual(await take(), { counted: 0, doubled: 1, unreadable: 1, overLimit: 0 })
    const { unreadable, dmarc, tls } = await showReports(storage, domain, 7)
    assert.deepEqual(
      unreadable.map((one) => [one.trouble, one.reporter, one.copies]),
      [[trouble, 'loose.example', 2]],
    )
    assert.deepEqual([...dmarc.reporters, ...tls.reporters], [])
  })

test('ten thousand rows are counted, and a few lines are kept of them', async () => {
  const domain = await hosted()
  const rows = Array.from({ length: 10_000 }, (_, i) => ({
    source: `203.0.${i >> 8}.${i & 255}`,
    count: 1,
    dkim: 'fail',
    spf: 'fail',
  }))
  const content = Buffer.from(
    await reportLetter({
      to: reportAddress('dmarc', domain),
      file: gzipSync(dmarcFor(domain, rows)),
      from: 'noreply@reporter.example',
    }),
  )
  const findings = [{ name: 'dmarcPass', values: { domain: 'reporter.example' } }] as const
  await noteReportLetter(storage, { content, domain, findings })
  assert.equal((await take()).counted, 1)
  const { dmarc } = await showReports(storage, domain, 7)
  assert.equal(
    dmarc.sources.reduce((sum, { failed }) => sum + failed, 0),
    10_000,
  )
  assert.ok(dmarc.sources.length <= 50)
})

test('a letter without anything attached is told as none', async () => {
  const domain = await hosted()
  await noteReportLetter(storage, {
    content: Buffer.from('From: a@loose.example\r\n\r\nHello\r\n'),
    domain,
    findings: [],
  })
  await take()
  assert.equal((await showReports(storage, domain, 7)).unreadable[0]?.trouble, 'noReport')
})

test('letters that wait are bounded, and the reporter comes again', async () => {
  const domain = await hosted()
  const { database } = storage
  await database.sql`
    insert into report_letter (letter_id, at, size, sealed)
    select n, now(), 1, ''::bytea from generate_series(1, 500) n`
  const noting = noteReportLetter(storage, {
    content: Buffer.from('From: a@loose.example\r\n\r\n'),
    domain,
    findings: [],
  })
  await assert.rejects(noting, { reason: 'unavailable' })
  await database.sql`delete from report_letter`
})
