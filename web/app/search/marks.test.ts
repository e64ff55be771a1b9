import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hitsIn, piecesOf, shorten, wordSet } from './marks.ts'

test('a snippet is shown as text, with what was found apart; markup in it stays words', () => {
  assert.deepEqual(piecesOf('a &lt;b&gt; <mark>Z&amp;Z</mark> &amp;lt; <i>'), [
    { text: 'a <b> ', hit: false },
    { text: 'Z&Z', hit: true },
    { text: ' &lt; <i>', hit: false },
  ])
  assert.deepEqual(piecesOf('<mark>nie zu Ende'), [{ text: '<mark>nie zu Ende', hit: false }])
})

test('a long way to the first hit is shortened at a word; a short one and a text without a hit stay', () => {
  const lead = 'Mitgliederversammlung am 12. Dezember um 19 Uhr ein. Der '
  const rest = [{ text: 'Zählerstand', hit: true }]
  assert.deepEqual(shorten([{ text: lead, hit: false }, ...rest], 20), [
    { text: '… um 19 Uhr ein. Der ', hit: false },
    ...rest,
  ])
  assert.deepEqual(shorten([{ text: 'Der ', hit: false }, ...rest], 20), [{ text: 'Der ', hit: false }, ...rest])
  assert.deepEqual(shorten([{ text: lead, hit: false }], 20), [{ text: lead, hit: false }])
  assert.deepEqual(shorten([{ text: 'x'.repeat(30), hit: false }, ...rest], 20)[0], {
    text: `… ${'x'.repeat(20)}`,
    hit: false,
  })
})

const found: [words: string[], text: string, hits: string[]][] = [
  [['zahlerstand'], 'Der Zählerstand, ZÄHLERSTAND und Zählerstände.', ['Zählerstand', 'ZÄHLERSTAND']],
  [['mueller'], 'Frau Müller und Herr Mueller', ['Müller', 'Mueller']],
  [['strasse', 'coeur'], 'Straße, cœur', ['Straße', 'cœur']],
  [['e\u0301tage'], 'l’étage e\u0301tage', ['e\u0301tage']],
  [['a'], 'aa a-b 1a a', ['a', 'a']],
  [[], 'nichts', []],
]

for (const [words, text, hits] of found)
  test(`${words.join(' and ') || 'no word'} is found in ${text}`, () => {
    assert.deepEqual(
      hitsIn(text, wordSet(words)).map(([begin, end]) => text.slice(begin, end)),
      hits,
    )
  })
