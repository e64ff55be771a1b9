import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pathLanguage, visitorLanguage } from './languages.ts'

const wishes: [header: string | undefined, language: string][] = [
  [undefined, 'en'],
  ['', 'en'],
  ['*', 'en'],
  ['de', 'de'],
  ['de-AT,de;q=0.9,en;q=0.8', 'de'],
  ['FR-be, nl;q=0.9', 'fr'],
  ['es-ES,es;q=0.9,nl;q=0.5,fr;q=0.4', 'nl'],
  ['en;q=0.1, fr ; q=0.2', 'fr'],
  ['de;q=0, nl;q=0.001', 'nl'],
  ['deu, den, end', 'en'],
]
for (const [header, language] of wishes) {
  test(`a browser that asks for ${JSON.stringify(header)} is answered in ${language}`, () => {
    assert.equal(visitorLanguage(header), language)
  })
}

const attacks: [attack: string, header: string][] = [
  ['a million wishes', 'xx,'.repeat(1_000_000) + 'de'],
  ['qualities that are no numbers', 'de;q=NaN, fr;q=Infinity, nl;q=-1'],
  ['a quality above one', 'de;q=2'],
  ['names of object properties', '__proto__, constructor;q=0.9'],
  ['a path instead of a language', '../de, //evil.example'],
  ['nothing but separators', ',;,;=,;q,;q=,'],
]
for (const [attack, header] of attacks) {
  test(`Accept-Language with ${attack} gives English`, () => {
    assert.equal(visitorLanguage(header), 'en')
  })
}

test('a path tells its language only when it is the whole first part', () => {
  assert.equal(pathLanguage('/de'), 'de')
  assert.equal(pathLanguage('/nl/sign-in'), 'nl')
  assert.equal(pathLanguage('/deutsch/'), undefined)
  assert.equal(pathLanguage('//de/'), undefined)
})
