/** What is told to others about TLS on the way to them: opened as they would, and verified by a code that is not ours. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { readTlsReport } from '#formats/domain-reports'
import { mediaType, parseMessage, partContent, walkParts } from '#formats/message'
import { loadCertificate, nowMs } from '#system'
import { openTlsCounts } from '#mail/transport'
import { clockAtNoon } from '#test/clock'
import { silent } from '#test/cluster'
import { config, delivering, storage, until } from '#test/delivery'
import { verifyElsewhere } from '#test/dkim-verifier'
import { startNameServer } from '#test/name-server'
import { addSigningDomain } from '#test/signing-domain'
import { startSink } from '#test/sink'
import { destinationsIn } from './destination.ts'
import { showSent } from '../show-sent.ts'
import { sendTlsReports, sessionCounts, type CountedSessions, type SessionCounts } from './tls.ts'

const names = await startNameServer({ after }, { 'zegel.test': { A: ['127.0.0.1'] } })
const submitter = await addSigningDomain(storage, config, names)

const tls = await loadCertificate(config)
const folder = mkdtempSync(join(tmpdir(), 'zegel-reports-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const authority = join(folder, 'authority.pem')
writeFileSync(authority, tls.cert)
const posted: { url: string | undefined; type: string | undefined; body: Buffer }[] = []
let answers = 201
const hook = createServer(tls, (request, response) => {
  const pieces: Buffer[] = []
  request.on('data', (piece: Buffer) => pieces.push(piece))
  request.on('end', () => {
    posted.push({ url: request.url, type: request.headers['content-type'], body: Buffer.concat(pieces) })
    response.statusCode = answers
    response.end()
  })
})
hook.listen(0, '127.0.0.1')
await new Promise((resolve) => hook.once('listening', resolve))
after(() => hook.close())
const { port } = hook.address() as AddressInfo

const settings = {
  hostname: `mx.${submitter}`,
  dns: { servers: [names.address] },
  fetch: { allow: [`127.0.0.1:${port}`], authority },
}

const dayBack = (days: number): string => new Date(nowMs() - days * 86_400_000).toISOString().slice(0, 10)
const YESTERDAY = dayBack(1)

const sessionsOf = (domain: string): CountedSessions => ({
  domain,
  policies: [
    {
      policy: { type: 'sts', strings: ['version: STSv1', 'mode: enforce'], mxHosts: ['*.mail.example'] },
      successes: 12,
      failures: [{ type: 'certificate-expired', mx: 'mx1.mail.example', sessions: 3 }],
    },
    { policy: { type: 'no-policy-found', strings: [], mxHosts: [] }, successes: 1, failures: [] },
  ],
})

/** Sessions that were counted on some days, as the part that delivers would hand them over. */
function counted(byDay: Record<string, CountedSessions[]>): SessionCounts {
  return {
    read: async (day) => byDay[day] ?? [],
    async forget(day, domain) {
      byDay[day] = (byDay[day] ?? []).filter((one) => one.domain !== domain)
    },
  }
}

test('a domain that asks for it is told of the day before, in a letter that it can verify', async (t) => {
  names.zone['_smtp._tls.asking.example'] = { TXT: ['v=TLSRPTv1; rua=mailto:tls@asking.example'] }
  const sink = await startSink(t)
  await delivering(t, { sinks: { 'asking.example': sink } })
  const sessions = counted({ [YESTERDAY]: [sessionsOf('asking.example')] })
  assert.equal((await sendTlsReports(storage, settings, sessions)).sent, 1)
  assert.equal((await sendTlsReports(storage, settings, sessions)).sent, 0)
  await until('the letter has arrived', () => sink.count > 0)

  const [letter] = sink.letters
  assert.deepEqual([letter?.from, letter?.to], ['', ['tls@asking.example']])
  const content = letter?.content ?? ''
  assert.match(content, new RegExp(`^From: <?noreply-smtp-tls-reporting@${submitter}`, 'm'))
  assert.match(content, /^TLS-Report-Domain: asking\.example\r$/m)
  assert.match(content, new RegExp(`^TLS-Report-Submitter: ${submitter}\r$`, 'm'))
  assert.match(content, /^Content-Type: multipart\/report; report-type="?tlsrpt"?;/m)
  assert.match(
    content.replace(/\r\n[ \t]+/g, ' '),
    /^Subject: Report Domain: asking\.example Submitter: \S+ Report-ID: <\S+>\r$/m,
  )
  const message = parseMessage(Buffer.from(content, 'latin1'))
  const file = [...walkParts(message.root)].find((part) => mediaType(part) === 'application/tlsrpt+gzip')
  assert.ok(file)
  assert.match(file.filename ?? '', new RegExp(`^${submitter}!asking\\.example!\\d+!\\d+!\\w+\\.json\\.gz$`))
  const report = readTlsReport(gunzipSync(partContent(message, file).bytes))
  assert.equal(report.begin.toISOString().slice(0, 10), YESTERDAY)
  assert.deepEqual(
    report.policies.map(({ type, domain, successes, failures, details }) => [
      type,
      domain,
      successes,
      failures,
      details,
    ]),
    [
      ['sts', 'asking.example', 12, 3, [{ type: 'certificate-expired', mxHost: 'mx1.mail.example', count: 3 }]],
      ['no-policy-found', 'asking.example', 1, 0, []],
    ],
  )
  const [signatures] = await verifyElsewhere([content], names.address)
  assert.deepEqual(
    signatures?.map(({ domain, isGood }) => [domain, isGood]),
    [
      [submitter, true],
      [submitter, true],
    ],
  )
})

test('a web server gets the report posted, and one that is away is asked again', async () => {
  names.zone['_smtp._tls.posting.example'] = { TXT: [`v=TLSRPTv1;rua=https://zegel.test:${port}/tls`] }
  const sessions = counted({ [YESTERDAY]: [sessionsOf('posting.example')] })
  answers = 503
  assert.equal((await sendTlsReports(storage, settings, sessions)).waiting, 1)
  answers = 201
  assert.equal((await sendTlsReports(storage, settings, sessions)).sent, 1)
  assert.equal(posted.length, 2)
  const [, last] = posted
  assert.deepEqual([last?.url, last?.type], ['/tls', 'application/tlsrpt+gzip'])
  assert.equal(readTlsReport(gunzipSync(last?.body ?? Buffer.alloc(0))).policies[0]?.domain, 'posting.example')
})

test('what the part that delivers has counted is told the day after, and not again', async (t) => {
  const pass = clockAtNoon(t)
  names.zone['_smtp._tls.counted.example'] = { TXT: ['v=TLSRPTv1; rua=mailto:tls@counted.example'] }
  const counts = openTlsCounts(storage, silent, async () => true)
  const policy = { type: 'tlsa', strings: ['3 1 1 00'], mxHosts: [] } as const
  const session = { domain: 'counted.example', policy, mx: 'mx.counted.example', failure: undefined }
  for (const failure of [undefined, undefined, 'tlsa-invalid'] as const) counts.count({ ...session, failure })
  await counts.close()
  const sessions = sessionCounts(storage)
  assert.equal((await sendTlsReports(storage, settings, sessions)).sent, 0, 'the day is not over')
  pass(86_400)
  assert.equal((await sendTlsReports(storage, settings, sessions)).sent, 1)
  assert.deepEqual(await sessions.read(dayBack(1)), [])
  const [told] = (await showSent(storage, 50)).filter(({ domain }) => domain === 'counted.example')
  assert.deepEqual([told?.state, told?.places, told?.passed, told?.failed], ['sent', 1, 2, 1])
})

test('what could not be told for days is written down as failed, and is over', async () => {
  names.zone['_smtp._tls.away.example'] = { TXT: ['v=TLSRPTv1; rua=https://192.168.7.7/tls'] }
  const sessions = counted({ [dayBack(2)]: [sessionsOf('away.example')], [dayBack(3)]: [sessionsOf('away.example')] })
  const done = await sendTlsReports(storage, settings, sessions)
  assert.deepEqual([done.waiting, done.failed, done.sent], [1, 1, 0])
  assert.deepEqual(await sessions.read(dayBack(3)), [])
})

const UNASKED: Record<string, string[]> = {
  'that publishes nothing': [],
  'that publishes another version': ['v=TLSRPTv2; rua=mailto:a@x.example'],
  'that publishes two records': ['v=TLSRPTv1; rua=mailto:a@x.example', 'v=TLSRPTv1; rua=mailto:b@x.example'],
  'that names no place': ['v=TLSRPTv1;'],
  'whose place is in clear': ['v=TLSRPTv1; rua=http://x.example/'],
  'whose place is a file of ours': ['v=TLSRPTv1; rua=file:///etc/passwd'],
  'whose address adds a line': ['v=TLSRPTv1; rua=mailto:a%0d%0aBcc:%20b@x.example'],
}
for (const [what, TXT] of Object.entries(UNASKED))
  test(`nobody is told of a domain ${what}`, async () => {
    names.zone['_smtp._tls.unasked.example'] = { TXT }
    const sessions = counted({ [YESTERDAY]: [sessionsOf('unasked.example')] })
    assert.equal((await sendTlsReports(storage, settings, sessions)).unasked, 1)
    assert.deepEqual(await sessions.read(YESTERDAY), [])
  })

test('while the name servers are silent, a report waits', async () => {
  names.zone['_smtp._tls.silent.example'] = 'SERVFAIL'
  const sessions = counted({ [YESTERDAY]: [sessionsOf('silent.example')] })
  assert.equal((await sendTlsReports(storage, settings, sessions)).waiting, 1)
})

test('places are read as they are written, sizes too, and no more than five', () => {
  assert.deepEqual(destinationsIn('mailto:a@x.example!10m, https://x.example/r ,mailto:b%2Cc@x.example,ftp://x'), [
    { kind: 'mailto', address: 'a@x.example', domain: 'x.example', mostBytes: 10 * 1024 * 1024 },
    { kind: 'https', url: 'https://x.example/r' },
  ])
  assert.equal(destinationsIn('mailto:a@x.example,'.repeat(40)).length, 5)
  assert.deepEqual(destinationsIn('mailto:a@x.example!10x,mailto:%ff@x.example,mailto:,!,,'), [])
})
