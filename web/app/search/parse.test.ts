import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { isEverywhere, operatorOf, stateOf } from './operators.ts'
import { parseQuery, quoted, replaceTerm } from './parse.ts'
import type { Meaning } from './parse.ts'

const today = '2026-11-22'
const meanings = (text: string): (Meaning & { not?: true })[][] =>
  parseQuery(text, today).map((group) => group.map(({ meaning, not }) => ({ ...meaning, ...(not && { not }) })))
const text = (value: string, field: string = 'text') => ({ kind: 'text', field, value })

const cases: [typed: string, meant: unknown[][]][] = [
  ['Fahrplan', [[text('Fahrplan')]]],
  ['big plans', [[text('big')], [text('plans')]]],
  ['"big plans"', [[text('"big plans"')]]],
  ['fahr* *plan*', [[text('fahr*')], [text('*plan*')]]],
  ['from:anna', [[text('anna', 'from')]]],
  ['von:"Anna Berg" betreff:Probe', [[text('"Anna Berg"', 'from')], [text('Probe', 'subject')]]],
  [
    'de:anna objet:répétition à:chœur',
    [[text('anna', 'from')], [text('répétition', 'subject')], [text('chœur', 'to')]],
  ],
  ['van:anna aan:jan onderwerp:plan', [[text('anna', 'from')], [text('jan', 'to')], [text('plan', 'subject')]]],
  ['datei:noten.pdf', [[text('noten.pdf', 'filename')]]],
  ['-entwurf -von:anna', [[{ ...text('entwurf'), not: true }], [{ ...text('anna', 'from'), not: true }]]],
  ['apfel ODER birne most', [[text('apfel'), text('birne')], [text('most')]]],
  ['oder or', [[text('oder')], [text('or')]]],
  ['OR apfel OR', [[text('apfel')]]],
  ['in:Archiv label:chor', [[{ kind: 'folder', name: 'Archiv' }], [{ kind: 'label', name: 'chor' }]]],
  ['has:attachment hat:anlage avec:pièce-jointe', [1, 2, 3].map(() => [{ kind: 'state', state: 'attachment' }])],
  ['is:unread ist:gelesen est:étoilé', ['unread', 'read', 'starred'].map((state) => [{ kind: 'state', state }])],
  ['before:2026-11-01', [[{ kind: 'dates', from: undefined, to: '2026-11-01' }]]],
  ['after:2026-11', [[{ kind: 'dates', from: '2026-11-01', to: undefined }]]],
  ['on:2026-12', [[{ kind: 'dates', from: '2026-12-01', to: '2027-01-01' }]]],
  ['am:24.12.2025', [[{ kind: 'dates', from: '2025-12-24', to: '2025-12-25' }]]],
  ['am:24.12.', [[{ kind: 'dates', from: '2026-12-24', to: '2026-12-25' }]]],
  ['le:1/2/26', [[{ kind: 'dates', from: '2026-02-01', to: '2026-02-02' }]]],
  ['on:gestern', [[{ kind: 'dates', from: '2026-11-21', to: '2026-11-22' }]]],
  ['after:30d', [[{ kind: 'dates', from: '2026-10-23', to: undefined }]]],
  ['on:2025', [[{ kind: 'dates', from: '2025-01-01', to: '2026-01-01' }]]],
  ['before:31.2.2026 on:someday', []],
  [
    'größer:2MB smaller:500k',
    [[{ kind: 'size', bytes: 2_000_000, than: 'larger' }], [{ kind: 'size', bytes: 500_000, than: 'smaller' }]],
  ],
  ['larger:1,5', [[{ kind: 'size', bytes: 1_500_000, than: 'larger' }]]],
  ['Re:Fahrplan http://example.org/a', [[text('Re:Fahrplan')], [text('http://example.org/a')]]],
  ['from: subject:', []],
  ['"nie zu Ende', [[text('"nie zu Ende"')]]],
  ['- " ""', []],
]

for (const [typed, meant] of cases)
  test(`a search for ${typed} asks the right thing`, () => {
    assert.deepEqual(meanings(typed), meant)
  })

for (const language of ['de', 'fr', 'nl', 'en'])
  test(`what the app writes into a search in ${language} it understands itself`, () => {
    const texts = JSON.parse(
      readFileSync(new URL(`../../ui/texts/${language}.json`, import.meta.url), 'utf8'),
    ) as Record<string, string>
    for (const [key, word] of Object.entries(texts)) {
      const [group, name] = key.split('.')
      if (key === 'op.all') assert.ok(isEverywhere(word), word)
      else if (group === 'op') assert.equal(operatorOf(word), name, word)
      else if (group === 'state') assert.equal(stateOf(word), name, word)
    }
  })

test('a term is taken out of the text, or exchanged, where it stands', () => {
  const typed = 'von:anna  betreff:"alte Pläne"  noten'
  const terms = parseQuery(typed, today).flat()
  assert.equal(replaceTerm(typed, terms[1] as never), 'von:anna noten')
  assert.equal(
    replaceTerm(typed, terms[0] as never, `von:${quoted('Anna Berg')}`),
    'von:"Anna Berg" betreff:"alte Pläne"  noten',
  )
  assert.equal(replaceTerm('noten', { begin: 0, end: 5 }), '')
})

const hostile: [attack: string, typed: string][] = [
  ['a million quotes', '"'.repeat(1_000_000)],
  ['a million colons', 'a:'.repeat(500_000)],
  ['a million minus signs', '-'.repeat(1_000_000)],
  ['ten thousand words', 'wort '.repeat(10_000)],
  ['ten thousand alternatives', 'a OR '.repeat(10_000)],
]

for (const [attack, typed] of hostile)
  test(`a search of ${attack} is bounded`, () => {
    assert.ok(parseQuery(typed, today).flat().length <= 40)
  })
