import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clockAt, dayAfter, instantAt, weekday } from './calendar.ts'

const cases: [what: string, day: string, time: string, zone: string, instant: string][] = [
  ['a winter morning in Brussels', '2026-01-12', '08:00', 'Europe/Brussels', '2026-01-12T07:00:00.000Z'],
  ['a summer evening in Brussels', '2026-07-01', '18:30', 'Europe/Brussels', '2026-07-01T16:30:00.000Z'],
  ['the morning after clocks went forward', '2026-03-29', '08:00', 'Europe/Berlin', '2026-03-29T06:00:00.000Z'],
  ['the morning after clocks went back', '2026-10-25', '08:00', 'Europe/Berlin', '2026-10-25T07:00:00.000Z'],
  ['an hour that is left out', '2026-03-29', '02:30', 'Europe/Berlin', '2026-03-29T01:30:00.000Z'],
  ['an hour that comes twice', '2026-10-25', '02:30', 'Europe/Berlin', '2026-10-25T00:30:00.000Z'],
  ['far ahead of UTC', '2026-11-23', '00:15', 'Pacific/Kiritimati', '2026-11-22T10:15:00.000Z'],
  ['behind UTC', '2026-11-22', '23:00', 'America/New_York', '2026-11-23T04:00:00.000Z'],
  ['a quarter of an hour off', '2026-11-22', '08:00', 'Asia/Kathmandu', '2026-11-22T02:15:00.000Z'],
]

for (const [what, day, time, zone, instant] of cases)
  test(`a time of day is the right instant: ${what}`, () => {
    assert.equal(instantAt(day, time, zone).toISOString(), instant)
    if (what !== 'an hour that is left out') assert.deepEqual(clockAt(new Date(instant), zone), { day, time })
  })

test('days are counted over months and years, and weekdays begin with Monday', () => {
  assert.equal(dayAfter('2026-12-30', 3), '2027-01-02')
  assert.equal(dayAfter('2028-03-01', -1), '2028-02-29')
  assert.deepEqual(['2026-11-22', '2026-11-23'].map(weekday), [7, 1])
})
