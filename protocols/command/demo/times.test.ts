import assert from 'node:assert/strict'
import { test } from 'node:test'
import { atHour, fillDates, timeAgo, withOffset } from './times.ts'

const now = new Date('2026-11-22T16:58:00+01:00') // a Sunday

test('an hour of a day is that of the writers, in summer and winter', () => {
  const cases: [when: string, date: string][] = [
    ['25m', '2026-11-22T16:33:00+01:00'],
    ['2h5m', '2026-11-22T14:53:00+01:00'],
    ['1d 20:14', '2026-11-21T20:14:00+01:00'],
    ['28d 02:30', '2026-10-25T02:30:00+01:00'], // the hour that came twice
    ['29d 09:00', '2026-10-24T09:00:00+02:00'],
    ['238d 02:30', '2026-03-29T03:30:00+02:00'], // the hour that did not come
  ]
  for (const [when, date] of cases) assert.equal(withOffset(timeAgo(when, now)), date)
})

test('a weekday is the one then or next', () => {
  const cases: [day: string, date: string][] = [
    ['+0Su', '2026-11-22'],
    ['+0Sa', '2026-11-28'],
    ['+20Sa', '2026-12-12'],
    ['-3', '2026-11-19'],
    ['-9Th', '2026-11-19'],
  ]
  for (const [day, date] of cases) assert.equal(withOffset(atHour(now, day, 12, 0)).slice(0, 10), date)
})

test('dates in a text are in its language', () => {
  const text = '{+20Sa}, {-3 date}, {-30 month} {0 year}, {+1 weekday}, {-10 numbers}'
  assert.equal(fillDates(text, 'de', now), 'Samstag, 12. Dezember, 19. November, Oktober 2026, Montag, 12.11.2026')
  assert.equal(fillDates(text, 'fr', now), 'samedi 12 décembre, 19 novembre, octobre 2026, lundi, 12/11/2026')
  assert.equal(fillDates('{+20Sa}', 'nl', now), 'zaterdag 12 december')
  assert.equal(fillDates('{+20Sa}', 'en', now), 'Saturday 12 December')
  assert.equal(fillDates('{x} {} {{title}}', 'en', now), '{x} {} {{title}}')
})

for (const when of ['', 'now', '0d 10:00', '5', 'd', '1d', '1d 9:00', 'h', '-5m'])
  test(`refused as a time: "${when}"`, () => assert.throws(() => timeAgo(when, now), /does not say when/))

for (const text of ['{+3 fortnight}', '{+3Xx}', '{+3days}'])
  test(`refused as a date: ${text}`, () =>
    assert.throws(() => fillDates(text, 'en', now), /there is no form|is no day/))
