import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deflateRawSync, gzipSync } from 'node:zlib'
import { crc32 } from 'node:zlib'
import {
  likeGoogle,
  likeMicrosoft,
  likeRfc9990,
  likeYahoo,
  tlsLikeGoogle,
  tlsLikeMicrosoft,
  type SampleRow,
} from '#test/domain-reports'
import { writeZip } from '#formats/zip'
import {
  dmarcFileName,
  InvalidReport,
  isReportFile,
  parseTags,
  readDmarcReport,
  readTlsReport,
  unpackReports,
  writeDmarcReport,
  writeTlsReport,
  type DmarcReport,
  type ReportFault,
} from './index.ts'

const BEGIN = 1_795_910_400
const rows: SampleRow[] = [
  { source: '192.0.2.25', count: 40 },
  { source: '2001:db8::25', count: 2, disposition: 'reject', dkim: 'fail', spf: 'fail' },
]
const sample = { domain: 'zegel.example', reportId: '13579', begin: BEGIN, rows }

const reporters = { likeGoogle, likeMicrosoft, likeYahoo, likeRfc9990 }
for (const [name, write] of Object.entries(reporters))
  test(`a report ${name.replace('like', 'like one of ')} is read`, () => {
    const report = readDmarcReport(Buffer.from(write(sample)))
    assert.equal(report.reportId, '13579')
    assert.equal(report.policy.domain, 'zegel.example')
    assert.equal(report.begin.getTime(), BEGIN * 1000)
    assert.notEqual(report.organisation, '')
    assert.deepEqual(
      report.records.map(({ source, count, dkim, spf, headerFrom }) => [source, count, dkim, spf, headerFrom]),
      [
        ['192.0.2.25', 40, 'pass', name === 'likeRfc9990' ? 'fail' : 'pass', 'zegel.example'],
        ['2001:db8::25', 2, 'fail', 'fail', 'zegel.example'],
      ],
    )
    assert.equal(report.records[1]?.disposition, 'reject')
  })

test('a record that cannot be one is left out, and the others are read', () => {
  const odd: SampleRow[] = [
    { source: 'unknown', count: 3 },
    { source: '192.0.2.1', count: -4 },
    { source: '192.0.2.1', count: 1e12 },
    { source: '192.0.2.2', count: 5, disposition: 'discarded', dkim: 'PASS' },
  ]
  const { records } = readDmarcReport(Buffer.from(likeGoogle({ ...sample, rows: odd })))
  assert.deepEqual(
    records.map(({ count, disposition, dkim }) => [count, disposition, dkim]),
    [[5, 'none', 'pass']],
  )
})

test('ten thousand rows are read', () => {
  const many = Array.from({ length: 10_000 }, (_, i) => ({ source: `198.51.${100 + (i >> 8)}.${i & 255}`, count: 1 }))
  assert.equal(readDmarcReport(Buffer.from(likeGoogle({ ...sample, rows: many }))).records.length, 10_000)
})

test('what is written is read again as it was', () => {
  const report: DmarcReport = {
    organisation: 'mx.zegel.example',
    email: 'noreply-dmarc@zegel.example',
    reportId: 'a1b2',
    begin: new Date(BEGIN * 1000),
    end: new Date((BEGIN + 86_399) * 1000),
    policy: { domain: 'example.org', p: 'reject', sp: 'none', np: undefined, adkim: 's', aspf: 'r', isTesting: false },
    records: [
      {
        source: '192.0.2.25',
        count: 7,
        disposition: 'quarantine',
        dkim: 'fail',
        spf: 'fail',
        reasons: ['trusted_forwarder'],
        headerFrom: 'example.org',
        envelopeFrom: 'bounces.example.org',
        signatures: [{ domain: 'example.org', selector: 's1', result: 'fail' }],
        senders: [{ domain: 'bounces.example.org', result: 'softfail' }],
      },
    ],
  }
  const written = writeDmarcReport(report)
  assert.match(written, /^<\?xml [^]*<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0">/)
  assert.deepEqual(readDmarcReport(Buffer.from(written)), report)
  assert.equal(
    dmarcFileName('mx.zegel.example', report),
    `mx.zegel.example!example.org!${BEGIN}!${BEGIN + 86_399}!a1b2.xml.gz`,
  )
})

test('reports about TLS are read and written', () => {
  const google = readTlsReport(
    Buffer.from(
      tlsLikeGoogle({
        domain: 'zegel.example',
        reportId: '2026-11-29T00:00:00Z_zegel.example',
        day: '2026-11-29',
        successes: 120,
        failures: [
          { type: 'certificate-expired', mxHost: 'MX.zegel.example', count: 3 },
          { type: 'made-up', count: 1 },
        ],
      }),
    ),
  )
  const [policy] = google.policies
  assert.deepEqual([policy?.type, policy?.successes, policy?.failures], ['sts', 120, 4])
  assert.deepEqual(policy?.details, [
    { type: 'certificate-expired', mxHost: 'mx.zegel.example', count: 3 },
    { type: 'validation-failure', count: 1 },
  ])
  const microsoft = readTlsReport(
    Buffer.from(tlsLikeMicrosoft({ domain: 'zegel.example', reportId: 'x', day: '2026-11-29', successes: 9 })),
  )
  assert.deepEqual(microsoft.policies[0]?.mxHosts, ['mx.zegel.example'])
  assert.deepEqual(readTlsReport(Buffer.from(writeTlsReport(google))), google)
})

async function zipped(...files: { name: string; content: Uint8Array }[]): Promise<Buffer> {
  async function* each() {
    for (const file of files) yield { ...file, modifiedAt: new Date(BEGIN * 1000) }
  }
  const pieces: Uint8Array[] = []
  for await (const piece of writeZip(each())) pieces.push(piece)
  return Buffer.concat(pieces)
}

test('an attachment is unpacked by what it is, whatever it is called', async () => {
  const report = Buffer.from(likeGoogle(sample))
  for (const packed of [report, gzipSync(report), await zipped({ name: 'a.xml', content: report })])
    assert.deepEqual(unpackReports(packed), [report])
  assert.equal(
    unpackReports(await zipped({ name: 'a.xml', content: report }, { name: 'b.xml', content: report })).length,
    2,
  )
  for (const [type, name] of [
    ['application/gzip', null],
    ['application/tlsrpt+gzip', null],
    ['application/x-zip-compressed', 'x'],
    ['application/octet-stream', 'google.com!a!1!2.zip'],
    ['text/plain', 'report.XML.GZ'],
  ] as const)
    assert.ok(isReportFile(type, name), type)
  assert.ok(!isReportFile('text/plain', null))
  assert.ok(!isReportFile('image/png', 'logo.png'))
})

/** One stored file that says of itself what it wants to. */
function zipOf(content: Buffer, method: number, { flags = 0 } = {}): Buffer {
  const local = Buffer.alloc(30)
  local.writeUInt32LE(0x0403_4b50)
  local.writeUInt16LE(flags, 6)
  local.writeUInt16LE(method, 8)
  local.writeUInt32LE(crc32(content), 14)
  local.writeUInt32LE(content.length, 18)
  local.writeUInt16LE(1, 26)
  const central = Buffer.alloc(46)
  central.writeUInt32LE(0x0201_4b50)
  central.writeUInt16LE(flags, 8)
  central.writeUInt16LE(method, 10)
  central.writeUInt32LE(content.length, 20)
  central.writeUInt32LE(100, 24)
  central.writeUInt16LE(1, 28)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x0605_4b50)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(47, 12)
  end.writeUInt32LE(31 + content.length, 16)
  return Buffer.concat([local, Buffer.from('a'), content, central, Buffer.from('a'), end])
}

const zeros = Buffer.alloc(64 * 1024 * 1024)
const report = Buffer.from(likeGoogle(sample))
const read = (bytes: Buffer): unknown => unpackReports(bytes).map(readDmarcReport)
const deep = (count: number): string => '['.repeat(count) + ']'.repeat(count)
const hostile: Record<string, [fault: ReportFault, run: () => unknown]> = {
  'a gzip bomb': ['bomb', () => read(gzipSync(zeros))],
  'a gzip bomb in pieces': [
    'bomb',
    () => read(Buffer.concat(Array.from({ length: 40 }, () => gzipSync(zeros.subarray(0, 1 << 20))))),
  ],
  'a gzip that shrinks as no report does': ['bomb', () => read(gzipSync(zeros.subarray(0, 8 << 20)))],
  'a zip bomb': ['bomb', () => read(zipOf(deflateRawSync(zeros), 8))],
  'a gzip within a gzip': ['nested', () => read(gzipSync(gzipSync(report)))],
  'a zip within a zip': ['nested', () => read(zipOf(zipOf(report, 0), 0))],
  'a zip within a gzip': ['nested', () => read(gzipSync(zipOf(report, 0)))],
  'half a gzip': ['unpacking', () => read(gzipSync(report).subarray(0, 100))],
  'a zip that is encrypted': ['unpacking', () => read(zipOf(report, 0, { flags: 1 }))],
  'a zip of a method that is not read': ['unpacking', () => read(zipOf(report, 12))],
  'a zip with nothing in it': ['unpacking', () => read(Buffer.from('PK\x05\x06'.padEnd(22, '\0'), 'latin1'))],
  'an XML bomb': [
    'malformed',
    () => read(Buffer.from(`<!DOCTYPE f [<!ENTITY a "${'x'.repeat(9000)}">]><feedback>&a;</feedback>`)),
  ],
  'a file of ours as an entity': [
    'malformed',
    () => read(Buffer.from('<!DOCTYPE f [<!ENTITY a SYSTEM "file:///etc/passwd">]><feedback>&a;</feedback>')),
  ],
  'elements without end': ['malformed', () => read(Buffer.from('<feedback>'.repeat(1000)))],
  'another encoding than it says': [
    'malformed',
    () => read(Buffer.from(likeGoogle({ ...sample, reportId: 'é' }), 'latin1')),
  ],
  'an executable': ['malformed', () => read(Buffer.from('MZ\x90\0\x03'))],
  'another document': ['incomplete', () => read(Buffer.from('<html><body/></html>'))],
  'a report without a domain': ['incomplete', () => read(Buffer.from(likeGoogle({ ...sample, domain: '' })))],
  'a report about something that is no domain': [
    'incomplete',
    () => read(Buffer.from(likeGoogle({ ...sample, domain: 'a b' }))),
  ],
  'a report without a time': ['incomplete', () => read(Buffer.from(likeGoogle({ ...sample, begin: Number.NaN })))],
  'a report without an id': ['incomplete', () => read(Buffer.from(likeGoogle({ ...sample, reportId: ' ' })))],
  'a report all of whose rows are nonsense': [
    'incomplete',
    () => read(Buffer.from(likeGoogle({ ...sample, rows: [{ source: 'x', count: 0 }] }))),
  ],
  'rows without number': [
    'tooLarge',
    () =>
      readDmarcReport(
        Buffer.from(
          likeGoogle({ ...sample, rows: [] }).replace('</feedback>', `${'<record/>'.repeat(25_000)}</feedback>`),
        ),
      ),
  ],
  'JSON that is nested without end': ['malformed', () => readTlsReport(Buffer.from(deep(100_000)))],
  'JSON that is nested behind a string with brackets': [
    'malformed',
    () => readTlsReport(Buffer.from(`["]]]]\\"]]]]",${deep(20)}]`)),
  ],
  'JSON that is a number': ['incomplete', () => readTlsReport(Buffer.from('1'))],
  'JSON that is nothing': ['malformed', () => readTlsReport(Buffer.alloc(0))],
  'JSON that is not UTF-8': ['malformed', () => readTlsReport(Buffer.from([0x22, 0xff, 0x22]))],
  'JSON with a property of objects': [
    'incomplete',
    () => readTlsReport(Buffer.from('{"__proto__":{"report-id":"x"},"policies":[1]}')),
  ],
  'policies without number': [
    'tooLarge',
    () =>
      readTlsReport(
        Buffer.from(
          JSON.stringify({
            'report-id': 'x',
            'date-range': { 'start-datetime': '2026-11-29T00:00:00Z', 'end-datetime': '2026-11-29T23:59:59Z' },
            policies: Array.from({ length: 5000 }, () => ({})),
          }),
        ),
      ),
  ],
  'a day that is none': [
    'incomplete',
    () =>
      readTlsReport(
        Buffer.from(tlsLikeGoogle({ domain: 'a.example', reportId: 'x', day: '2026-13-41', successes: 1 })),
      ),
  ],
}
for (const [attack, [fault, run]] of Object.entries(hostile))
  test(`refused: ${attack}`, () =>
    assert.throws(run, (error: unknown) => error instanceof InvalidReport && error.fault === fault))

test('the tags of a record are read, and those of another kind are not', () => {
  const tags = parseTags('v=TLSRPTv1; rua=mailto:a@b.example,https://c.example/x ; RUA=other;', 'TLSRPTv1')
  assert.equal(tags?.get('rua'), 'mailto:a@b.example,https://c.example/x')
  assert.equal(parseTags('v=TLSRPTv2; rua=mailto:a@b.example', 'TLSRPTv1'), undefined)
  assert.equal(parseTags('rua=mailto:a@b.example; v=TLSRPTv1', 'TLSRPTv1'), undefined)
  assert.equal(parseTags('', 'DMARC1'), undefined)
})
