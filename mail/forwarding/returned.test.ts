import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LARGEST_RETURNED, readReturned, type Returned } from './index.ts'

const LETTER = [
  'Delivered-To: somebody@elsewhere.example',
  'Delivered-To: anna@zegel.test',
  'From: Bea <bea@example.org>',
  'Bcc: secret@example.org',
  'Subject: Tulips',
  'Date: Mon, 30 Nov 2026 10:00:00 +0000',
  'Message-ID: <1@example.org>',
  '',
  'Red ones.',
]
const STATUS = ['Reporting-MTA: dns; mx.example.net', '', 'Final-Recipient: rfc822; x@example.net']

interface Report {
  type?: string
  status?: string[]
  letter?: string[]
  letterType?: string
}

const report = ({
  type = 'multipart/report; report-type=delivery-status',
  status = [...STATUS, 'Action: failed', 'Status: 5.2.2'],
  letter = LETTER,
  letterType = 'message/rfc822',
}: Report = {}): Buffer =>
  Buffer.from(
    [
      'From: MAILER-DAEMON@example.net',
      'Subject: Undelivered',
      'MIME-Version: 1.0',
      `Content-Type: ${type}; boundary=b`,
      '',
      '--b',
      '',
      'It did not work, x@example.net says.',
      '--b',
      'Content-Type: message/delivery-status',
      '',
      ...status,
      '',
      '--b',
      `Content-Type: ${letterType}`,
      '',
      ...letter,
      '--b--',
      '',
    ].join('\r\n'),
  )

const read = (given: Report): Returned | 'other' | undefined => readReturned(report(given), 'zegel.test')

test('a notification says how it failed, to which address of ours the letter was, and what it is called', () => {
  for (const letterType of ['message/rfc822', 'text/rfc822-headers', 'message/global-headers'])
    assert.deepEqual(
      read({ letterType }),
      {
        status: '5.2.2',
        address: 'anna@zegel.test',
        date: new Date('2026-11-30T10:00:00Z'),
        header: Buffer.from(
          'Subject: Tulips\r\nDate: Mon, 30 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@example.org>\r\n\r\n',
        ),
      },
      letterType,
    )
})

test('what tells of no failure is told to nobody', () => {
  for (const action of ['delayed', 'relayed', 'delivered', 'expanded'])
    assert.equal(read({ status: [...STATUS, `Action: ${action}`, 'Status: 4.0.0'] }), 'other', action)
})

const NONE: Record<string, Buffer> = {
  nothing: Buffer.alloc(0),
  'a letter': Buffer.from('Subject: Buy tulips\r\n\r\nNow.\r\n'),
  'a feedback report': report({ type: 'multipart/report; report-type=feedback-report' }),
  'an ordinary letter of parts': report({ type: 'multipart/mixed; report-type=delivery-status' }),
  'one that is larger than any notification': report({ letter: [...LETTER, 'x'.repeat(LARGEST_RETURNED)] }),
  'one whose status is without end': report({ status: ['X: y'.repeat(40_000)] }),
}
for (const [what, content] of Object.entries(NONE))
  test(`no notification: ${what}`, () => {
    assert.equal(readReturned(content, 'zegel.test'), undefined)
  })

const HOSTILE: [what: string, given: Report, expected: Partial<Returned>][] = [
  ['without a status', { status: [...STATUS, 'Action: failed'] }, { status: '5.0.0' }],
  ['with a status that is success', { status: [...STATUS, 'Action: failed', 'Status: 2.0.0'] }, { status: '5.0.0' }],
  [
    'with a status that goes on',
    { status: [...STATUS, 'Action: failed', 'Status: 5.1.1; buy tulips'] },
    { status: '5.1.1' },
  ],
  ['without the letter', { letterType: 'text/plain' }, { address: undefined, header: Buffer.from('\r\n') }],
  ['that names an address elsewhere', { letter: ['Delivered-To: victim@example.org', '', ''] }, { address: undefined }],
  [
    'with a subject without end, and lines put into it',
    { letter: [`Subject: ${'buy '.repeat(1000)}`, ' \x01now\x7f', 'Subject:', ' a\u2028b', '', ''] },
    { header: Buffer.from('Subject: a b\r\n\r\n') },
  ],
]
for (const [what, given, expected] of HOSTILE)
  test(`a notification ${what} says no more than it may`, () => {
    const found = read(given)
    assert.ok(found !== undefined && found !== 'other')
    for (const [name, value] of Object.entries(expected)) assert.deepEqual(found[name as keyof Returned], value, name)
    assert.ok(found.header.length < 700)
  })
