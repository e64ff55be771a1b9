import assert from 'node:assert/strict'
import { test } from 'node:test'
import { followUpOffers, laterOffers } from './times.ts'

const zone = 'Europe/Brussels'

const days: [when: string, now: string, offered: Record<string, string>][] = [
  [
    'on a Wednesday morning',
    '2026-11-18T08:10:00Z',
    {
      today: '2026-11-18T11:30:00.000Z',
      tomorrow: '2026-11-19T07:00:00.000Z',
      weekend: '2026-11-21T08:00:00.000Z',
      week: '2026-11-23T07:00:00.000Z',
    },
  ],
  [
    'late in the evening, when today is over',
    '2026-11-18T19:00:00Z',
    {
      tomorrow: '2026-11-19T07:00:00.000Z',
      weekend: '2026-11-21T08:00:00.000Z',
      week: '2026-11-23T07:00:00.000Z',
    },
  ],
  [
    'on a Friday, when tomorrow is the weekend',
    '2026-11-20T08:00:00Z',
    { today: '2026-11-20T11:00:00.000Z', tomorrow: '2026-11-21T07:00:00.000Z', week: '2026-11-23T07:00:00.000Z' },
  ],
  [
    'on a Sunday, when tomorrow is next week',
    '2026-11-22T08:00:00Z',
    { today: '2026-11-22T11:00:00.000Z', tomorrow: '2026-11-23T07:00:00.000Z' },
  ],
  [
    'the day before the clocks change',
    '2026-10-24T20:00:00Z',
    { tomorrow: '2026-10-25T07:00:00.000Z', week: '2026-10-26T07:00:00.000Z' },
  ],
]

for (const [when, now, offered] of days)
  test(`a conversation can be put off ${when}`, () => {
    const offers = laterOffers(new Date(now), zone)
    assert.deepEqual(Object.fromEntries(offers.map(({ name, at }) => [name, at.toISOString()])), offered)
  })

test('a reminder comes in the morning of a day to come', () => {
  const offers = followUpOffers(new Date('2026-11-18T22:30:00Z'), zone)
  assert.deepEqual(
    offers.map(({ name, at }) => [name, at.toISOString()]),
    [
      ['twoDays', '2026-11-20T07:00:00.000Z'],
      ['week', '2026-11-25T07:00:00.000Z'],
      ['twoWeeks', '2026-12-02T07:00:00.000Z'],
    ],
  )
})
