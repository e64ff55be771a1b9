import assert from 'node:assert/strict'
import { test } from 'node:test'
import { laterTimes } from './later.ts'

const cases: [now: string, zone: string, offered: [string, string][]][] = [
  [
    '2026-11-17T15:00:00Z',
    'Europe/Berlin',
    [
      ['tomorrow', '2026-11-18T07:00:00.000Z'],
      ['monday', '2026-11-23T07:00:00.000Z'],
    ],
  ],
  // A Sunday: tomorrow is Monday.
  ['2026-11-22T15:00:00Z', 'Europe/Berlin', [['tomorrow', '2026-11-23T07:00:00.000Z']]],
  // Clocks change in the night to Sunday, 29 March 2026.
  [
    '2026-03-28T15:00:00Z',
    'Europe/Berlin',
    [
      ['tomorrow', '2026-03-29T06:00:00.000Z'],
      ['monday', '2026-03-30T06:00:00.000Z'],
    ],
  ],
  // Already Monday there.
  [
    '2026-11-22T15:00:00Z',
    'Pacific/Auckland',
    [
      ['tomorrow', '2026-11-23T19:00:00.000Z'],
      ['monday', '2026-11-29T19:00:00.000Z'],
    ],
  ],
]

for (const [now, zone, offered] of cases)
  test(`at ${now} in ${zone}, later is ${offered.map(([name]) => name).join(' or ')} at eight`, () => {
    assert.deepEqual(
      laterTimes(new Date(now), zone).map(({ name, at }) => [name, at.toISOString()]),
      offered,
    )
  })
