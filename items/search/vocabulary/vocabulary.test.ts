import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { isMeant, parseTerms } from '#formats/words'
import type { OpenAccount, Storage } from '#storage'
import { openTestStorage } from '#test/database'
import { addPerson } from '#test/people'
import { countsOf, frequentWords, wordsMeant } from './find.ts'
import { openVocabulary } from './open.ts'
import { decodeSegment, encodeEntries, mergeSegments, type Entries } from './segment.ts'
import { appendWords } from './store.ts'

let storage: Storage
before(async () => {
  storage = await openTestStorage({ after })
})
const newAccount = async (): Promise<OpenAccount> => storage.openAccount((await addPerson(storage)).id)

const word = fc.oneof(
  fc.constantFrom(
    'haus',
    'hauser',
    'haus-boot',
    'boot',
    'hausboot',
    'boom',
    'bomen',
    'e-mail',
    'jan@example.org',
    '日本',
  ),
  fc.stringMatching(/^[a-c]{1,4}$/),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }).filter((text) => !text.includes('\n')),
)
const counts = fc.array(fc.option(fc.integer({ min: 1, max: 5_000_000 }), { nil: undefined }), {
  minLength: 1,
  maxLength: 9,
})
const entries = fc
  .array(fc.tuple(word, counts), { maxLength: 40 })
  .map((list): Entries => new Map(list.filter(([, counts]) => counts.some((count) => count !== undefined))))

/** Without holes at the end, which are nothing. */
const plain = (all: Entries): Map<string, (number | undefined)[]> =>
  new Map(
    [...all].map(([word, counts]) => {
      const list = Array.from({ length: counts.length }, (_, field) => counts[field])
      while (list.at(-1) === undefined) list.pop()
      return [word, list]
    }),
  )

test('what is written is read again, in the order of its bytes', () => {
  fc.assert(
    fc.property(entries, (all) => {
      const read = mergeSegments([decodeSegment(encodeEntries(all))])
      assert.deepEqual(new Map([...plain(read)].sort()), new Map([...plain(all)].sort()))
      const order = [...read.keys()]
      assert.deepEqual(
        order,
        order.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
      )
    }),
  )
})

test('bytes of another form are refused', () => {
  assert.throws(() => decodeSegment(Buffer.from([9, 0])), RangeError)
})

const SEARCHES = [
  'haus',
  '"haus"',
  'haus*',
  '*boot',
  '*us*',
  'boom',
  'e-mail',
  'example.org',
  '*ample.o*',
  '日',
  'a',
  'ab*',
  '*b*',
]

test('the words that a search means are those of all that are meant, wherever they stand', () => {
  fc.assert(
    fc.property(fc.array(entries, { maxLength: 4 }), fc.constantFrom(...SEARCHES), (parts, search) => {
      const vocabulary = { segments: parts.map((part) => decodeSegment(encodeEntries(part))) }
      const [term] = parseTerms(search) ?? []
      assert.ok(term?.kind === 'word')
      const all = mergeSegments(vocabulary.segments)
      const expected = [...all].filter(([word]) => isMeant(term, word))
      const found = wordsMeant(vocabulary, term, 1000)
      assert.deepEqual(new Map([...plain(found ?? new Map())].sort()), new Map([...plain(new Map(expected))].sort()))
      if (expected.length > 1) assert.equal(wordsMeant(vocabulary, term, expected.length - 1), undefined)
    }),
  )
})

test('chunks are merged as they become many, and nothing is lost or counted twice', async () => {
  const account = await newAccount()
  const counted = new Map<string, number>()
  for (let step = 0; step < 70; step++) {
    const some: Entries = new Map(['always', `word${step % 7}`, `only${step}`].map((word) => [word, [undefined, 1]]))
    for (const word of some.keys()) counted.set(word, (counted.get(word) ?? 0) + 1)
    await storage.database.transaction((sql) => appendWords(account, sql, some, 1))
    if (step % 20 === 0) await openVocabulary(account)
  }
  const vocabulary = await openVocabulary(account)
  assert.ok(vocabulary.segments.length <= 9, 'few chunks are left')
  for (const [word, count] of counted) assert.equal(countsOf(vocabulary, word)[1], count, word)
  assert.deepEqual(countsOf(vocabulary, 'never'), [])
  assert.deepEqual(frequentWords(vocabulary, '', [1], 2), ['always', 'word0'])
  assert.deepEqual(frequentWords(vocabulary, 'onl', [2], 5), [])
})

test("nobody's vocabulary is opened with another's key, or has another's words", async () => {
  const [mine, theirs] = [await newAccount(), await newAccount()]
  await storage.database.transaction((sql) => appendWords(mine, sql, new Map([['mine', [1]]]), 1))
  assert.deepEqual((await openVocabulary(theirs)).segments, [])
  await storage.database.sql`
    insert into vocabulary (account_id, chunk, level, sealed)
    select ${theirs.id}, chunk, level, sealed from vocabulary where account_id = ${mine.id}`
  await assert.rejects(openVocabulary(theirs), { name: 'SealBroken' })
})
