import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keywordFor, labelsOn } from './labels.ts'

const names: [name: string, keyword: string][] = [
  ['Umzug', 'umzug'],
  ['Müll & Öl', 'mull-ol'],
  ['Straße', 'strasse'],
  ['  Ça va ?  ', 'ca-va'],
  ['\u5408\u5531', 'label-1'],
  ['$seen', 'seen'],
  ['(){]%*"\\', 'label-1'],
]

for (const [name, keyword] of names)
  test(`the label "${name}" is kept as ${keyword}`, () => {
    assert.equal(keywordFor(name, {}), keyword)
    assert.match(keywordFor(name, {}), /^[!#$&'+,\-./0-9:;<=>?@A-Z^_`a-z|~]{1,255}$/)
  })

test('a keyword that is taken gets a number', () => {
  const taken = { umzug: { name: 'Umzug', color: 1 }, 'umzug-2': { name: 'UMZUG', color: 2 } }
  assert.equal(keywordFor('Umzüg', taken), 'umzug-3')
})

test('a long name makes a keyword that the server takes', () => {
  assert.ok(keywordFor('ß'.repeat(500), {}).length < 100)
})

test('only keywords that are labels are shown, each once and by name', () => {
  const labels = { b: { name: 'Zoo', color: 1 }, a: { name: 'Abend', color: 2 } }
  const found = labelsOn(['b', '$seen', 'a', 'b', 'constructor'], labels)
  assert.deepEqual(
    found.map((label) => label.name),
    ['Abend', 'Zoo'],
  )
})
