import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fold, matcher, textOf } from './match.ts'
import { summarise } from './summary.ts'

const searches: [search: string, text: string, found: boolean][] = [
  ['angstrom', 'Anders Ångström', true],
  ['ÅNGSTRÖM', 'anders angstrom', true],
  ['strom and', 'Anders Ångström', true],
  ['strom or', 'Anders Ångström', false],
  ['"anders ang"', 'Anders Ångström', true],
  ['"ang anders"', 'Anders Ångström', false],
  ["'anders ang'", 'Anders Ångström', true],
  [String.raw`"a \"b\""`, 'a "b"', true],
  ['"unclosed quote', 'an "unclosed quote', true],
  ['ﬁne', 'fine', true],
  ['', 'anything', true],
  ['   ', 'anything', true],
  ['.*', 'anything', false],
]

for (const [search, text, found] of searches)
  test(`"${search}" is ${found ? '' : 'not '}found in "${text}"`, () => {
    assert.equal(matcher(search)(fold(text)), found)
  })

test('a search of a megabyte looks for its first words', () => {
  assert.equal(matcher('word '.repeat(200_000))('word'), true)
  assert.equal(matcher('"'.repeat(100_000))('"'), true)
})

test('names and addresses of a field are searched, of no other field', () => {
  const summary = {
    ...summarise(
      Buffer.from('From: "Zoë Z." <zoe@example.org>, bert@example.net\r\nTo: anna@example.test\r\nSubject: x\r\n\r\n'),
    ),
    blob: { id: '', key: '', size: 0 },
  }
  assert.equal(textOf(summary, 'from'), 'zoe z. <zoe@example.org>\nbert@example.net')
  assert.equal(textOf(summary, 'to'), 'anna@example.test')
  assert.equal(textOf(summary, 'cc'), '')
})
