import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Storage } from '#storage'
import { openTestStorage } from '#test/database'
import { addPerson } from '#test/people'
import {
  agreedVersions,
  documents,
  documentText,
  fingerprintOf,
  firstVersion,
  recordConsent,
  refuseOldVersions,
  type DocumentName,
  type Promises,
  type Version,
} from './index.ts'
import { catalogues } from './texts.ts'
import { promised } from '#test/promises'

const names = Object.keys(documents) as DocumentName[]
const languages = ['de', 'fr', 'nl', 'en'] as const
const current = { policy: documents.policy.version, terms: documents.terms.version }
const promises: Promises = {
  journal: { days: 20 },
  purposes: { collected: ['checks', 'requests', 'support', 'payments'] },
  erasure: { onRequest: true },
  deleted: { days: 60 },
  backup: { days: 14 },
  closed: { reopenDays: 365, eraseDays: 30 },
  appeals: { days: 14 },
  idle: { months: 0 },
  tickets: { days: 90 },
  recovery: { waitDays: 3 },
  canary: { needed: 1, days: 14, keyholders: [] },
  requests: { delayDays: 365, preserveDays: 90, detailsDays: 365 },
}
const operator = {
  host: 'mail.example.org',
  name: 'Verein Post',
  contact: 'Am Deich 1',
  country: 'BE',
  codeMinutes: 7,
}
const version = (name: DocumentName): Version => firstVersion(name, promises)

let storage: Storage
before(async () => {
  storage = await openTestStorage({ after })
})

const gapsOf = (texts: string[]): string[] => [...new Set(texts.join('\n').match(/\{\w+\}/g))].sort()

for (const name of names)
  for (const language of languages) {
    test(`${name} in ${language} has as many clauses as in English, each with the same gaps`, () => {
      const [own, english] = [catalogues[name][language], catalogues[name].en]
      assert.equal(own.clauses.length, english.clauses.length)
      for (const [i, { paragraphs }] of own.clauses.entries()) {
        assert.equal(paragraphs.length, english.clauses[i]?.paragraphs.length, `clause ${i + 1}`)
        assert.deepEqual(gapsOf(paragraphs), gapsOf(english.clauses[i]?.paragraphs ?? []), `clause ${i + 1}`)
      }
    })

    test(`${name} in ${language} names the operator, how to reach them, and whose law applies`, () => {
      const { title, clauses } = documentText(version(name), language, operator)
      const text = [title, ...clauses.flatMap(({ heading, paragraphs }) => [heading, ...paragraphs])].join('\n')
      for (const named of ['mail.example.org', 'Verein Post', 'Am Deich 1']) assert.ok(text.includes(named), named)
      assert.match(text, /Belgien|Belgique|België|Belgium/)
      assert.doesNotMatch(text, /[{}!"']|undefined/)
      const unnamed = documentText(version(name), language, {
        host: 'mail.example.org',
        country: 'BE',
        codeMinutes: 7,
      })
      assert.doesNotMatch(JSON.stringify(unnamed.clauses), /\{\w+\}|undefined/)
    })
  }

test('a clause is measured by the same in every language', () => {
  for (const name of names)
    for (const language of languages)
      assert.deepEqual(
        catalogues[name][language].clauses.map(({ measure }) => measure),
        catalogues[name].en.clauses.map(({ measure }) => measure),
        `${name} in ${language}`,
      )
})

test('the policy says the numbers that were promised', () => {
  for (const language of languages) {
    const text = JSON.stringify(documentText(version('policy'), language, operator).clauses)
    assert.match(text, /\b60 (Tage|days|jours|dagen)/)
    // A day's entries end before the day is one day older than was promised.
    assert.match(text, /\b21 (Tage|days|jours|dagen)/)
    assert.doesNotMatch(text, /\b(45|31) (Tage|days|jours|dagen)/)
  }
})

test('the policy names the keyholders of the canary, or says that there are none', () => {
  const key = 'A'.repeat(43)
  const keyholders = ['Saskia Claes', 'Driss {host} Benali'].map((name) => ({ name, key }))
  const named = { ...promises, canary: { needed: 1, days: 9, keyholders } }
  for (const language of languages) {
    const text = (of: Promises): string =>
      JSON.stringify(documentText(firstVersion('policy', of), language, operator).clauses)
    assert.ok(text(named).includes(`Saskia Claes (${fingerprintOf(key)})`), language)
    assert.match(text(named), /\b9 (Tage|days|jours|dagen)/)
    assert.ok(text(named).includes('Driss {host} Benali'), 'what is filled in is not filled again')
    assert.match(text(promises), /keine Schlüsselhalter|no keyholders|aucun détenteur|geen sleutelhouders/)
    assert.doesNotMatch(text(promises), /\{canary\}/)
  }
})

test('an operator whose name ends with a full stop does not end the sentence twice', () => {
  for (const language of languages) {
    const { clauses } = documentText(version('policy'), language, {
      ...operator,
      name: 'Post e. V.',
      contact: 'Gent, etc.',
    })
    assert.doesNotMatch(JSON.stringify(clauses), /\.\./)
    assert.match(JSON.stringify(clauses), /Post e\. V\./)
  }
})

test('French keeps its signs with the word before them', () => {
  for (const name of names)
    assert.doesNotMatch(JSON.stringify(catalogues[name].fr), /[^"] [?!;:»]|« |[a-zé][?!;](?! )/u, name)
})

test('only the versions in force are agreed to', () => {
  assert.deepEqual(refuseOldVersions(current, current), current)
  assert.throws(() => refuseOldVersions(undefined, current), { reason: 'invalid', fields: ['consent.missing'] })
  for (const wrong of [
    { ...current, policy: 0 },
    { ...current, terms: current.terms + 1 },
    { policy: Number.NaN, terms: Number.NaN },
  ])
    assert.throws(() => refuseOldVersions(wrong, current), { reason: 'invalid', fields: ['consent.changed'] })
})

test(promised(16), async () => {
  const { id } = await addPerson(storage)
  const { sql } = storage.database
  assert.deepEqual(await agreedVersions(sql, id), {})
  await recordConsent(sql, id, current)
  const times = async () =>
    (await sql<{ agreed_at: Date }>`select agreed_at from consent where account_id = ${id} order by 1`).rows
  const first = await times()
  await recordConsent(sql, id, current)
  assert.deepEqual(await times(), first)
  await recordConsent(sql, id, { ...current, policy: current.policy + 1 })
  assert.deepEqual(await agreedVersions(sql, id), { ...current, policy: current.policy + 1 })
})
