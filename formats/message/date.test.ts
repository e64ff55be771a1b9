import assert from 'node:assert/strict'
import test from 'node:test'
import { formatDate, parseDate } from './date.ts'

const DATES: [string, string | null][] = [
  ['Fri, 21 Nov 1997 09:55:06 -0600', '1997-11-21T09:55:06-06:00'],
  ['Fri, 21 Nov 1997 09:55:06 +0000', '1997-11-21T09:55:06Z'],
  ['21 Nov 1997 09:55 +0100', '1997-11-21T09:55:00+01:00'],
  ['21 Nov 97 09:55:06 GMT', '1997-11-21T09:55:06Z'],
  ['21-Nov-02 09:55:06 EST', '2002-11-21T09:55:06-05:00'],
  ['Fri, 21 Nov 97 09(comment):   55  :  06 -0600', '1997-11-21T09:55:06-06:00'],
  ['Thu,\t13\tFeb 1969 23:32 -0330 (Newfoundland Time)', '1969-02-13T23:32:00-03:30'],
  ['Mon, 22 Oct 2007 23:45:23 +0000 (UTC)', '2007-10-22T23:45:23Z'],
  ['Thu, 1 Jan 1970 00:00:00 GMT+0200', '1970-01-01T00:00:00+02:00'],
  ['Fri Nov 21 09:55:06 1997', '1997-11-21T09:55:06Z'],
  ['Fri Nov 21 09:55:06 CST 1997', '1997-11-21T09:55:06-06:00'],
  ['Sunday, October 5, 2003 1:02:03 PM EST', '2003-10-05T13:02:03-05:00'],
  ['2010-10-14T23:25:06+02:00', '2010-10-14T23:25:06+02:00'],
  ['2010-10-14 23:25:06', '2010-10-14T23:25:06Z'],
  ['Sat, 1 Jan 2000 10:00:60 UT', '2000-01-01T10:00:59Z'],
  ['Sat, 1 Jan 2000 10:00:00 +9999', '2000-01-01T10:00:00Z'],
  ['Sat, 1 Jan 2000 10:00:00 XYZ', '2000-01-01T10:00:00Z'],
  ['Tue, 29 Feb 2000 10:00:00 Z', '2000-02-29T10:00:00Z'],
  ['Mon, 30 Jun 3609 15:33:50 +0600', '3609-06-30T15:33:50+06:00'],
  ['Mon, 29 Feb 2100 10:00:00 Z', null],
  ['Tue, 31 Jun 2026 10:00:00 Z', null],
  ['Tue, 0 Jun 2026 10:00:00 Z', null],
  ['Tue, 1 Jun 2026 24:00:00 Z', null],
  ['Tue, 1 Jun 2026 10:61:00 Z', null],
  ['Pn, 29 paX 2007 1:1:1', null],
  ['yesterday', null],
  ['', null],
]

for (const [text, wanted] of DATES) {
  test(`date: ${JSON.stringify(text)}`, () => {
    assert.equal(parseDate(text), wanted)
    if (wanted !== null) assert.equal(parseDate(formatDate(wanted)!), wanted)
  })
}

test('a date is written as RFC 5322 §3.3 writes it', () => {
  assert.equal(formatDate('1997-11-21T09:55:06-06:00'), 'Fri, 21 Nov 1997 09:55:06 -0600')
  assert.equal(formatDate('2026-07-01T00:00:00.123Z'), 'Wed, 1 Jul 2026 00:00:00 +0000')
  for (const wrong of ['', 'now', '2026-02-30T00:00:00Z', '2026-07-01', '2026-07-01T00:00:00Z\r\nX: y']) {
    assert.equal(formatDate(wrong), undefined)
  }
})

test('a megabyte that is no date is left alone at once', () => {
  for (const piece of ['1', ' ', ':', '(', 'a ', '1:1', ',']) assert.equal(parseDate(piece.repeat(1_000_000)), null)
})
