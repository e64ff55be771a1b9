import assert from 'node:assert/strict'
import { test } from 'node:test'
import { agreementText } from '../../trust/staff/index.ts'
import { languages } from '../site/languages.ts'
import { catalogues } from './texts.ts'

const gapsOf = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(([gap]) => gap).toSorted()

for (const language of languages) {
  const texts = catalogues[language]

  test(`${language} has the same texts as English, with the same gaps`, () => {
    assert.deepEqual(Object.keys(texts).toSorted(), Object.keys(catalogues.en).toSorted())
    for (const [key, text] of Object.entries(texts))
      assert.deepEqual(gapsOf(text), gapsOf(catalogues.en[key as keyof typeof texts]), key)
  })

  test(`${language} has no empty text, no exclamation mark, no straight quote and no stray space`, () => {
    for (const [key, text] of [
      ...Object.entries(texts),
      ...agreementText(language).clauses.map((clause, at) => [`clause ${at + 1}`, clause] as const),
    ])
      assert.doesNotMatch(text, /^$|!|["']|^\s|\s$| {2}/, key)
  })
}

test('French keeps its signs with the word before them', () => {
  const clauses = agreementText('fr').clauses
  for (const text of [...Object.values(catalogues.fr), ...clauses]) assert.doesNotMatch(text, / [;:?»]|« /)
})
