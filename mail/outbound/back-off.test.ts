import assert from 'node:assert/strict'
import { test } from 'node:test'
import { waitSeconds } from './back-off.ts'

const HOUR = 3600
const DAY = 24 * HOUR

const waits: [what: string, failures: number, age: number, expected: number | undefined][] = [
  ['half an hour after the first failure (RFC 5321 §4.5.4.1)', 1, 0, HOUR / 2],
  ['twice as long after each further one', 3, HOUR, 2 * HOUR],
  ['no longer than eight hours', 10, 2 * DAY, 8 * HOUR],
  ['whatever the number of failures', 1_000_000, 2 * DAY, 8 * HOUR],
  ['a last time when the days are over', 10, 5 * DAY - 600, 600],
  ['not at all after them', 10, 5 * DAY, undefined],
]
for (const [what, failures, age, expected] of waits)
  test(`waits ${what}`, () => {
    assert.equal(waitSeconds(failures, age, 5 * DAY), expected)
  })

test('a mailbox here is tried again sooner', () => {
  assert.deepEqual(
    [1, 2, 3].map((failures) => waitSeconds(failures, 0, 5 * DAY, true)),
    [60, 120, 240],
  )
})
