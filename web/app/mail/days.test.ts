import assert from 'node:assert/strict'
import { test } from 'node:test'
import { grouping } from './days.ts'

const now = new Date('2026-11-17T10:00:00Z')

const cases: [instant: string, zone: string, group: string][] = [
  ['2026-11-17T09:00:00Z', 'Europe/Brussels', 'today'],
  ['2026-11-16T22:59:59Z', 'Europe/Brussels', 'yesterday'],
  ['2026-11-16T23:00:00Z', 'Europe/Brussels', 'today'],
  ['2026-11-16T12:00:00Z', 'Europe/Brussels', 'yesterday'],
  ['2026-11-12T12:00:00Z', 'Europe/Brussels', 'week'],
  ['2026-11-11T12:00:00Z', 'Europe/Brussels', 'week'],
  ['2026-11-10T12:00:00Z', 'Europe/Brussels', 'month'],
  ['2026-10-31T12:00:00Z', 'Europe/Brussels', '2026-10'],
  ['2025-11-17T12:00:00Z', 'Europe/Brussels', '2025-11'],
  // A clock set ahead at the sender's: still under the first heading.
  ['2026-11-19T12:00:00Z', 'Europe/Brussels', 'today'],
  ['2026-11-16T11:00:00Z', 'Pacific/Kiritimati', 'yesterday'],
  ['2026-11-17T04:00:00Z', 'America/Los_Angeles', 'yesterday'],
]

for (const [instant, zone, group] of cases)
  test(`a letter of ${instant} stands under "${group}" in ${zone}`, () => {
    assert.equal(grouping(now, zone)(new Date(instant)), group)
  })

test('the days when clocks change have one heading each', () => {
  const groupOf = grouping(new Date('2026-10-26T12:00:00Z'), 'Europe/Brussels')
  assert.equal(groupOf(new Date('2026-10-24T22:30:00Z')), 'yesterday')
  assert.equal(groupOf(new Date('2026-10-25T22:30:00Z')), 'yesterday')
  assert.equal(groupOf(new Date('2026-10-25T23:30:00Z')), 'today')
})
