import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseMessage } from '#formats/message'
import { parseFeedbackReport, type FeedbackReport } from './parse.ts'

interface Parts {
  type?: string
  fields?: string[]
  original?: string
}

const FIELDS = ['Feedback-Type: abuse', 'User-Agent: SomeGenerator/1.0', 'Version: 1']
const ORIGINAL =
  'Content-Type: message/rfc822\r\n\r\nFrom: Anna <anna@zegel.test>\r\nTo: bea@example.org\r\nMessage-ID: <x1@zegel.test>\r\nSubject: Earn money\r\n\r\nSpam\r\n'

/** A report as RFC 5965 §B has them. */
const report = ({ type = 'report-type=feedback-report', fields = FIELDS, original = ORIGINAL }: Parts = {}): string =>
  [
    'From: abusedesk@example.com',
    'To: abuse@zegel.test',
    'Subject: FW: Earn money',
    'MIME-Version: 1.0',
    `Content-Type: multipart/report; ${type}; boundary="b"`,
    '',
    '--b',
    'Content-Type: text/plain',
    '',
    'This is an email abuse report.',
    '--b',
    'Content-Type: message/feedback-report',
    '',
    ...fields,
    '',
    '--b',
    original,
    '--b--',
    '',
  ].join('\r\n')

const read = (content: string): FeedbackReport | undefined => parseFeedbackReport(parseMessage(Buffer.from(content)))

test('a report says of which letter it is, who sent it, and to whom (RFC 5965 §B.2)', () => {
  const fields = [...FIELDS, 'Original-Mail-From: <bounce+x@zegel.test>', 'Original-Rcpt-To: <Bea@Example.org>']
  assert.deepEqual(read(report({ fields })), {
    type: 'abuse',
    senders: ['anna@zegel.test', 'bounce+x@zegel.test'],
    messageId: 'x1@zegel.test',
    recipients: ['Bea@example.org'].map((address) => address.toLowerCase()),
  })
})

const forms: [name: string, content: string, expected: Partial<FeedbackReport>][] = [
  [
    'the header of the letter alone',
    report({
      original: 'Content-Type: text/rfc822-headers\r\n\r\nFrom: anna@zegel.test\r\nMessage-ID: <x2@zegel.test>\r\n',
    }),
    { senders: ['anna@zegel.test'], messageId: 'x2@zegel.test' },
  ],
  [
    'a letter whose sender is struck out',
    report({ original: 'Content-Type: message/rfc822\r\n\r\nFrom: redacted\r\n\r\nx\r\n' }),
    { senders: [], messageId: null },
  ],
  [
    'no letter at all',
    report({ original: 'Content-Type: text/plain\r\n\r\nlost\r\n' }),
    { senders: [], messageId: null },
  ],
  ['a type in capitals', report({ fields: ['Feedback-Type: FRAUD'] }), { type: 'fraud' }],
  ['a type that is none', report({ fields: ['Feedback-Type: \x1b[2Jabuse; rm -rf'] }), { type: 'other' }],
  ['a type of a megabyte', report({ fields: [`Feedback-Type: ${'a'.repeat(60_000)}`] }), { type: 'other' }],
  [
    'two types, of which the last counts',
    report({ fields: ['Feedback-Type: abuse', 'Feedback-Type: virus'] }),
    { type: 'virus' },
  ],
  [
    'a thousand senders',
    report({
      fields: [...FIELDS, ...Array.from({ length: 1000 }, (_, i) => `Original-Mail-From: <s${i}@example.org>`)],
    }),
    { senders: ['anna@zegel.test', ...Array.from({ length: 9 }, (_, i) => `s${i}@example.org`)] },
  ],
  [
    'an address that is a statement',
    report({ fields: [...FIELDS, "Original-Rcpt-To: x' or 1=1 --"] }),
    { recipients: [] },
  ],
  [
    'a Message-ID of thousands',
    report({ original: `Content-Type: message/rfc822\r\n\r\nMessage-ID: <${'x'.repeat(5000)}@y>\r\n\r\n` }),
    { senders: [] },
  ],
  ['a boundary that never ends', report().replace(/--b--\r\n$/, ''), { type: 'abuse', senders: ['anna@zegel.test'] }],
]
for (const [name, content, expected] of forms)
  test(`read as far as it goes: ${name}`, () => {
    const found = read(content)
    assert.ok(found !== undefined)
    for (const [key, value] of Object.entries(expected))
      assert.deepEqual(found[key as keyof FeedbackReport], value, key)
    assert.ok((found.messageId?.length ?? 0) <= 500)
  })

const none: [name: string, content: string][] = [
  ['an ordinary letter', 'From: a@example.org\r\nSubject: feedback-report\r\n\r\nText\r\n'],
  ['a notification of delivery', report({ type: 'report-type=delivery-status' })],
  ['a report without a type of report', report({ type: 'x=y' })],
  ['fields without Feedback-Type', report({ fields: ['Version: 1'] })],
  ['fields behind an empty line', report({ fields: ['', 'Feedback-Type: abuse'] })],
  ['a field of a megabyte before the type', report({ fields: [`X: ${'a'.repeat(1 << 20)}`, 'Feedback-Type: abuse'] })],
  ['no part for machines', report().replace('message/feedback-report', 'text/plain')],
  [
    'a report within a report',
    `Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\nContent-Type: message/rfc822\r\n\r\n${report()}\r\n--o--\r\n`,
  ],
  ['nothing', ''],
]
for (const [name, content] of none)
  test(`no report: ${name}`, () => {
    assert.equal(read(content), undefined)
  })
