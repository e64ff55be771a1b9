import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { matching, MOST_STEPS } from './patterns.ts'

const PATHS = ['INBOX', 'INBOX/Below', 'Archive', 'Archive/2026', 'Archive/2026/May', 'foo', 'foobar', 'foo/bar']

const found = (pattern: string): string[] => [...matching(pattern, PATHS, { left: MOST_STEPS })]

const patterns: Record<string, string[]> = {
  '*': PATHS,
  '%': ['INBOX', 'Archive', 'foo', 'foobar'],
  '%/%': ['INBOX/Below', 'Archive/2026', 'foo/bar'],
  'foo*': ['foo', 'foobar', 'foo/bar'],
  'foo%': ['foo', 'foobar'],
  '*bar': ['foobar', 'foo/bar'],
  '%bar': ['foobar'],
  '*/*': ['INBOX/Below', 'Archive/2026', 'Archive/2026/May', 'foo/bar'],
  'A%2026%': [],
  'A*2026%': ['Archive/2026'],
  inbox: ['INBOX'],
  'InBox/%': ['INBOX/Below'],
  'inbox/below': [],
  ARCHIVE: [],
  '': [],
  '%%%**%%': PATHS,
}

for (const [pattern, paths] of Object.entries(patterns))
  test(`the pattern "${pattern}" matches ${paths.length} of the mailboxes`, () =>
    assert.deepEqual(found(pattern), paths))

test('a pattern matches what the expression it stands for matches', () => {
  const letters = fc.constantFrom('a', 'b', '/')
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', 'b', '/', '*', '%'), maxLength: 8 }),
      fc.array(fc.string({ unit: letters, maxLength: 10 }), { maxLength: 8 }),
      (pattern, paths) => {
        const expression = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('%', '[^/]*')}$`)
        const expected = new Set(paths.filter((path) => expression.test(path)))
        assert.deepEqual(matching(pattern, paths, { left: MOST_STEPS }), expected)
      },
    ),
    { numRuns: 2000 },
  )
})

test('a pattern that would take forever matches nothing, and leaves nothing for the next', () => {
  const deep = Array.from({ length: 5000 }, (_, number) => `${'a'.repeat(250)}/`.repeat(28) + String(number))
  const steps = { left: 1_000_000 }
  assert.equal(matching(`${'*a'.repeat(900)}b`, deep, steps).size, 0)
  assert.ok(steps.left < 0)
  assert.equal(matching('*', deep, steps).size, 0)
  assert.equal(matching('*a'.repeat(20_000), ['aaaa'], { left: MOST_STEPS }).size, 0)
})
