import assert from 'node:assert/strict'
import { test } from 'node:test'
import { colourOf, initials, nameOf } from './people.ts'

const people: [name: string | null, email: string, initials: string, shown: string][] = [
  ['Mareike Hollmann', 'm@example.org', 'MH', 'Mareike Hollmann'],
  ['Anneke de Wit', 'a@example.org', 'AW', 'Anneke de Wit'],
  ['Papa', 'p@example.org', 'P', 'Papa'],
  [null, 'no-reply@example.org', 'NR', 'no-reply@example.org'],
  ['  ', 'x.y@example.org', 'XY', 'x.y@example.org'],
  ['\u{1F600}', 'x@example.org', '@', '\u{1F600}'],
  ['\u00c9l\u00e9onore', 'e@example.org', '\u00c9', '\u00c9l\u00e9onore'],
  [null, '', '@', ''],
]

for (const [name, email, letters, shown] of people)
  test(`${shown || 'nobody'} is shown with ${letters}`, () => {
    assert.equal(initials({ name, email }), letters)
    assert.equal(nameOf({ name, email }), shown)
  })

test('an address always has the same one of six colours', () => {
  const colours = ['a@example.org', 'b@example.org', ''].map((email) => colourOf({ name: null, email }))
  for (const colour of colours) assert.ok(colour >= 1 && colour <= 6)
  assert.equal(colourOf({ name: 'A', email: 'A@Example.org' }), colours[0])
})
