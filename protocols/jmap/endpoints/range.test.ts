import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rangeOf } from './range.ts'

const cases: [header: string | undefined, size: number, expected: ReturnType<typeof rangeOf>][] = [
  ['bytes=0-99', 1000, { start: 0, end: 100 }],
  ['bytes=990-', 1000, { start: 990, end: 1000 }],
  ['bytes=990-5000', 1000, { start: 990, end: 1000 }],
  ['bytes=-10', 1000, { start: 990, end: 1000 }],
  ['bytes=-5000', 1000, { start: 0, end: 1000 }],
  ['bytes=0-0', 1, { start: 0, end: 1 }],
  ['bytes=1000-', 1000, 'unsatisfiable'],
  ['bytes=-0', 1000, 'unsatisfiable'],
  ['bytes=0-', 0, 'unsatisfiable'],
  [undefined, 1000, undefined],
  ['', 1000, undefined],
  ['bytes=', 1000, undefined],
  ['bytes=-', 1000, undefined],
  ['bytes=9-2', 1000, undefined],
  ['bytes=0-1,5-6', 1000, undefined],
  ['bytes=0x1-5', 1000, undefined],
  ['bytes=1e2-', 1000, undefined],
  ['lines=0-5', 1000, undefined],
  [`bytes=0-${'9'.repeat(40)}`, 1000, undefined],
]
for (const [header, size, expected] of cases)
  test(`Range: ${header ?? '(none)'} of ${size}`, () => {
    assert.deepEqual(rangeOf(header, size), expected)
  })
