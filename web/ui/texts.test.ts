import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { IntlMessageFormat } from 'intl-messageformat'
import { chooseLanguage, languages, numberFormat, textsOf } from './texts.ts'
import type { Language } from './texts.ts'

type Message = ReturnType<InstanceType<typeof IntlMessageFormat>['getAst']>[number]

/** The kind of an element that is only text (icu-messageformat-parser). */
const literal = 0

function catalogue(language: Language): Record<string, string> {
  return JSON.parse(readFileSync(new URL(`./texts/${language}.json`, import.meta.url), 'utf8')) as Record<
    string,
    string
  >
}

/** What a message has to be given, and what kind of choice it makes with it. */
function placeholders(message: string, language: Language): Set<string> {
  const found = new Set<string>()
  const look = (elements: readonly Message[]) => {
    for (const element of elements) {
      if ('value' in element && element.type !== literal) found.add(`${element.value} (${element.type})`)
      if ('options' in element) for (const option of Object.values(element.options)) look(option.value)
    }
  }
  look(new IntlMessageFormat(message, language, undefined, { ignoreTag: true }).getAst())
  return found
}

const english = catalogue('en')

for (const language of languages) {
  test(`the ${language} catalogue has every text, and asks for the same values`, () => {
    const texts = catalogue(language)
    assert.deepEqual(Object.keys(texts), Object.keys(english))
    for (const [key, text] of Object.entries(texts)) {
      assert.notEqual(text.trim(), '', key)
      assert.deepEqual(placeholders(text, language), placeholders(english[key] ?? '', 'en'), key)
    }
  })
}

test('no text is left in English where a language has words of its own', () => {
  for (const language of languages.filter((one) => one !== 'en')) {
    const texts = catalogue(language)
    const same = Object.keys(texts).filter(
      (key) => texts[key] === english[key] && /[a-z]{4} [a-z]{3}/i.test(texts[key] ?? ''),
    )
    assert.deepEqual(same, [], language)
  }
})

test('the texts keep to the tone: no exclamation marks, no long dashes', () => {
  for (const language of languages)
    for (const [key, text] of Object.entries(catalogue(language)))
      assert.doesNotMatch(text, /!|\u2014|\u2013 /, `${language} ${key}`)
})

test('there is a catalogue for each language and no other', () => {
  const files = readdirSync(new URL('./texts/', import.meta.url))
  assert.deepEqual(files.sort(), languages.map((language) => `${language}.json`).sort())
})

test('every key that the app says is in the catalogue', () => {
  const known = new Set(Object.keys(english))
  const app = new URL('../app/', import.meta.url)
  const missing: string[] = []
  for (const name of readdirSync(app, { recursive: true, encoding: 'utf8' }))
    if (/\.(svelte|ts)$/.test(name))
      for (const [, key] of readFileSync(new URL(name, app), 'utf8').matchAll(/\bt\('([a-z]+\.[A-Za-z0-9]+)'/g))
        if (key && !known.has(key)) missing.push(`${name}: ${key}`)
  assert.deepEqual(missing, [])
})

test('numbers have a comma between thousands in English and a narrow space elsewhere', () => {
  assert.equal(numberFormat('en').format(18402), '18,402')
  assert.equal(numberFormat('de').format(18402.5), '18\u202f402,5')
  const say = textsOf('de', { many: '{count, plural, one {# Brief} other {# Briefe}}' })
  assert.equal(say('many', { count: 18402 }), '18\u202f402 Briefe')
  assert.equal(say('many', { count: 1 }), '1 Brief')
})

test('the first wish that we speak decides the language', () => {
  assert.equal(chooseLanguage(['it-IT', 'fr-BE', 'de']), 'fr')
  assert.equal(chooseLanguage(['sv', 'it']), 'en')
})
