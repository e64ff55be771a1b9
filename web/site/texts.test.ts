import assert from 'node:assert/strict'
import { test } from 'node:test'
import { languages } from './languages.ts'
import { catalogues, durationInWords, sayIn } from './texts.ts'

const keys = Object.keys(catalogues.en).sort()

for (const language of languages) {
  const texts: Record<string, string> = catalogues[language]

  test(`${language} has the same texts as English, with the same gaps`, () => {
    assert.deepEqual(Object.keys(texts).sort(), keys)
    for (const [key, english] of Object.entries(catalogues.en))
      assert.deepEqual(gapsOf(texts[key]), gapsOf(english), key)
  })

  test(`${language} has no empty text, no exclamation mark, no straight quote and no stray space`, () => {
    for (const [key, text] of Object.entries(texts)) {
      assert.notEqual(text, '', key)
      assert.doesNotMatch(text, /[!"']|^\s|\s$| {2}/, key)
    }
  })
}

test('French keeps its signs with the word before them', () => {
  for (const [key, text] of Object.entries(catalogues.fr)) assert.doesNotMatch(text, / [?!;:»]|« |[a-zé][?!;:]/, key)
})

test('a value that looks like a gap is not filled again', () => {
  assert.match(sayIn('en')('signIn.description', { host: '{host}{wait}' }), /server \{host\}\{wait\}\./)
})

const waits: [seconds: number, german: string, french: string][] = [
  [1, '1 Sekunde', '1 seconde'],
  [90, '90 Sekunden', '90 secondes'],
  [121, '3 Minuten', '3 minutes'],
  [7200, '2 Stunden', '2 heures'],
]
for (const [seconds, german, french] of waits) {
  test(`${seconds} seconds to wait are said as ${german}`, () => {
    assert.equal(durationInWords('de', seconds), german)
    assert.equal(durationInWords('fr', seconds).replaceAll(/\s/g, ' '), french)
  })
}

function gapsOf(text: string | undefined): string[] {
  return (text?.match(/\{\w+\}/g) ?? []).sort()
}
