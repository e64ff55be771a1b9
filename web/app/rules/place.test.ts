import assert from 'node:assert/strict'
import { test } from 'node:test'
import { complaintOf, offsetOf } from './place.ts'

test('what the server complains of has a line, a column and a sentence', () => {
  assert.deepEqual(complaintOf('line 3, column 12: A semicolon is missing.'), {
    line: 3,
    column: 12,
    sentence: 'A semicolon is missing.',
  })
  assert.deepEqual(complaintOf('No.'), { line: 1, column: 1, sentence: 'No.' })
})

const places: [text: string, line: number, column: number, rest: string][] = [
  ['keep;\nfileinto;\n', 2, 9, ';\n'],
  ['keep;\nfileinto;\n', 1, 1, 'keep;\nfileinto;\n'],
  ['„ä“\n😀x', 2, 3, 'x'],
  ['keep', 1, 40, ''],
  ['keep', 7, 1, ''],
]
for (const [text, line, column, rest] of places)
  test(`line ${line}, column ${column} of ${JSON.stringify(text)}`, () => {
    assert.equal(text.slice(offsetOf(text, { line, column })), rest)
  })
