import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { nowMs, shiftClock } from '#system'
import { openTestStorage } from '#test/database'
import {
  differenceOf,
  documents,
  documentText,
  fingerprintOf,
  firstVersion,
  keepVersions,
  numberInWords,
  numbersInForce,
  promisesInForce,
  readPromises,
  versionsOf,
  type Promises,
} from './index.ts'

const DAY_SECONDS = 86_400
const promises = readPromises({ policy: { noticeDays: 30 } })
const fewer: Promises = { ...promises, journal: { days: 7 } }
const first = { policy: documents.policy.version, terms: documents.terms.version }
const later = { ...first, policy: first.policy + 1 }

function passDays(t: TestContext, days: number): void {
  t.after(() => shiftClock(0))
  shiftClock(days * DAY_SECONDS)
}

test('a promise that changes is a new version, which takes effect after the notice, and not before', async (t) => {
  const { database } = await openTestStorage(t)
  const { sql } = database
  assert.deepEqual(await keepVersions(database, promises, 30), [])
  assert.deepEqual(await keepVersions(database, promises, 30), [], 'nothing has changed')
  assert.deepEqual(await numbersInForce(sql), first)

  const [announced, ...others] = await keepVersions(database, fewer, 30)
  assert.deepEqual(others, [])
  assert.deepEqual([announced?.document, announced?.version], ['policy', later.policy])
  const inDays = ((announced?.from.getTime() ?? 0) - nowMs()) / 1000 / DAY_SECONDS
  assert.ok(inDays > 29.9 && inDays <= 30)
  assert.deepEqual(await keepVersions(database, fewer, 30), [], 'announced once')
  for (const [days, numbers, kept] of [
    [0, first, 30],
    [29.9, first, 30],
    [30.1, later, 7],
  ] as const) {
    passDays(t, days)
    assert.deepEqual(await numbersInForce(sql), numbers, `after ${days} days`)
    assert.equal((await promisesInForce(sql, fewer)).journal.days, kept, `after ${days} days`)
  }
  assert.deepEqual(
    (await versionsOf(sql, 'policy')).map(({ version }) => version),
    [later.policy, first.policy],
  )
})

test('processes that start at once announce a change once', async (t) => {
  const { database } = await openTestStorage(t)
  await keepVersions(database, promises, 30)
  const kept = await Promise.all(
    Array.from({ length: 5 }, () => keepVersions(database, { ...promises, journal: { days: 9 } }, 30)),
  )
  assert.equal(kept.flat().length, 1)
})

const before = firstVersion('policy', promises)

test('what is different is told by number, and by paragraph', () => {
  const german = before.content.texts.de
  const [opening, ...rest] = german.clauses
  assert.ok(opening)
  const reworded = { ...opening, paragraphs: [...opening.paragraphs.slice(1), 'Neu ist dies.'] }
  const texts = { ...before.content.texts, de: { ...german, clauses: [reworded, ...rest] } }
  const { numbers, clauses } = differenceOf(before.content, { texts, promises: fewer }, 'de')
  assert.deepEqual(numbers, [{ name: 'journal.days', before: 30, after: 7 }])
  assert.deepEqual(clauses, [
    {
      heading: opening.heading,
      change: 'reworded',
      before: opening.paragraphs.slice(0, 1),
      after: ['Neu ist dies.'],
    },
  ])
})

test('keyholders of the canary who come and go are told by name and key; to have named none is no change', () => {
  const keys = ['A', 'Q'].map((letter) => `${letter.repeat(42)}A`)
  const named: Promises = {
    ...promises,
    canary: {
      needed: 1,
      days: 14,
      keyholders: keys.map((key, i) => ({ name: ['Saskia', 'Driss'][i] as string, key })),
    },
  }
  const { canary: _, ...earlier } = promises
  const of = (content: Promises) => firstVersion('policy', content).content
  const told = (before: Promises, after: Promises): string[] =>
    differenceOf(of(before), of(after), 'en').numbers.map((change) => numberInWords(change, 'en'))
  assert.deepEqual(told(earlier as Promises, promises), [])
  assert.deepEqual(told(earlier as Promises, named), [
    'A canary is good for 14 days; before, it was 0 (0: there was none).',
    `These are the keyholders of the canary: Saskia (${fingerprintOf(keys[0] as string)}), Driss (${fingerprintOf(keys[1] as string)}); before: nobody.`,
    'The canary is signed by so many of the keyholders: 1; before, it was 0 (0: there was none).',
  ])
  assert.equal(
    told(named, { ...named, canary: { ...named.canary, keyholders: named.canary.keyholders.slice(1) } }).length,
    1,
  )
})

test('clauses that came and went are told in every language', () => {
  const without = (index: number): typeof before.content => ({
    ...before.content,
    texts: Object.fromEntries(
      Object.entries(before.content.texts).map(([language, catalogue]) => [
        language,
        { ...catalogue, clauses: catalogue.clauses.filter((_, i) => i !== index) },
      ]),
    ) as typeof before.content.texts,
  })
  for (const language of ['de', 'fr', 'nl', 'en'] as const) {
    const gone = differenceOf(before.content, without(2), language).clauses
    assert.deepEqual(
      gone.map(({ heading, change }) => [heading, change]),
      [[before.content.texts[language].clauses[2]?.heading, 'gone']],
    )
    const added = differenceOf(without(2), before.content, language).clauses
    assert.deepEqual(
      added.map(({ change, before }) => [change, before.length]),
      [['new', 0]],
    )
  }
  assert.deepEqual(differenceOf(before.content, before.content, 'en'), { numbers: [], clauses: [] })
})

test('what a version says keeps its own numbers when others are in force', () => {
  const operator = { host: 'mail.example.org', country: 'BE', codeMinutes: 15 }
  const old = { ...before, content: { ...before.content, promises: fewer } }
  assert.match(JSON.stringify(documentText(old, 'en', operator).clauses), /\b8 days/)
  assert.match(JSON.stringify(documentText(before, 'en', operator).clauses), /\b31 days/)
})

test('every promised number has a sentence for its change, in every language', () => {
  const names = Object.entries(promises).flatMap(([section, values]) =>
    Object.keys(values).map((name) => `${section}.${name}`),
  )
  for (const language of ['de', 'fr', 'nl', 'en'] as const)
    for (const name of names) {
      const sentence = numberInWords({ name, before: 11, after: 22 }, language)
      assert.match(sentence, /22.*11/, `${name} in ${language}`)
      assert.doesNotMatch(sentence, /[{}]|\w\.\w/, `${name} in ${language}`)
    }
  assert.match(numberInWords({ name: 'moon.days', before: undefined, after: 3 }, 'en'), /moon\.days is 3; .* –/)
})
