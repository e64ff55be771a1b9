import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountLetter, letterTexts, type AccountLetter } from './letters.ts'

const keys = Object.keys(letterTexts.en).sort()
const kinds = keys.flatMap((key) => (key.endsWith('.subject') ? (key.slice(0, -8) as AccountLetter['kind']) : []))
const languages = Object.keys(letterTexts) as AccountLetter['language'][]
const gapsOf = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort()

for (const language of languages) {
  test(`${language} has the same letters as English, with the same gaps`, () => {
    const texts: Record<string, string> = letterTexts[language]
    assert.deepEqual(Object.keys(texts).sort(), keys)
    for (const [key, english] of Object.entries(letterTexts.en))
      assert.deepEqual(gapsOf(texts[key] ?? ''), gapsOf(english), key)
  })

  test(`${language}: every letter is whole, and its subject tells nobody anything`, () => {
    const values = {
      host: 'zegel.test',
      address: 'a@zegel.test',
      code: '12345678',
      minutes: 15,
      recovery: 'b…@example.org',
      until: '29. November',
      erasedOn: '29. Dezember',
      closesOn: '1. Januar',
      rule: 'fraud' as const,
      forwardUntil: '30. Dezember',
    }
    for (const [kind, mail] of kinds.flatMap((kind) => [[kind, 'refused'] as const, [kind, 'forwarded'] as const])) {
      const { subject, text } = accountLetter({ kind, language, values: { ...values, mail } })
      assert.doesNotMatch(`${subject}\n${text}`, /[{}]|undefined|!/, kind)
      assert.doesNotMatch(subject, /\d|@|zegel\.test/, kind)
      assert.match(text, /zegel\.test/)
      assert.equal(/1234 5678/.test(text), letterTexts.en[`${kind}.text`].includes('{code}'), kind)
    }
  })
}

test('a value that looks like a gap is not filled again', () => {
  const values = { host: '{code}', code: '12345678', minutes: 15 }
  assert.match(accountLetter({ kind: 'signUp', language: 'en', values }).text, /account at \{code\} and/)
})
