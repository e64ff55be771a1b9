import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MAX_DEPTH, MAX_MEMBERS, NotIJson, parseIJson, writeIJson } from './ijson.ts'

test('what JSON can say arrives as it was sent', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5, noUnicodeString: false }), (value) => {
      const text = JSON.stringify(value)
      const isIJson = text.isWellFormed() && !/\p{Noncharacter_Code_Point}|\\ud[89a-f]/u.test(text)
      if (isIJson) assert.deepEqual(parseIJson(Buffer.from(text)), JSON.parse(text))
    }),
    { numRuns: 500 },
  )
})

test('names may repeat in different objects, and as values', () => {
  const text = '{"a":{"a":"a","b":"a"},"b":[{"a":1},{"a":1}],"c":["a","a"]}'
  assert.deepEqual(parseIJson(text), JSON.parse(text))
})

const refused: Record<string, string | Uint8Array> = {
  'nothing at all': '',
  'half an object': '{"a":1',
  'a string without an end': '{"a":"b',
  'a string that ends in a backslash': String.raw`["\"]`,
  'more after the end': '{} {}',
  'a single quote': "{'a':1}",
  'a name twice': '{"a":1,"a":2}',
  'a name twice, once escaped': String.raw`{"a":1,"\u0061":2}`,
  'a name twice, far inside': '[[{"x":{"k":1,"l":[],"k":2}}]]',
  'a number beyond every double': '[1e999]',
  'the same below zero': '[-1e999]',
  'a number of too many digits': `[${'9'.repeat(400)}]`,
  'a lone surrogate, escaped': String.raw`["\ud800"]`,
  'a noncharacter': '["\uffff"]',
  'a noncharacter, escaped': String.raw`["\ufdd0"]`,
  'UTF-8 cut off': Uint8Array.of(0x22, 0xc3),
  'UTF-8 of a surrogate': Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22),
  'Latin-1': Uint8Array.of(0x22, 0xe9, 0x22),
  'a bomb of arrays': '['.repeat(1_000_000),
  'a bomb of objects': '{"a":'.repeat(100_000),
  'one level too deep': `${'['.repeat(MAX_DEPTH + 1)}${']'.repeat(MAX_DEPTH + 1)}`,
  'a flood of names': `{${Array.from({ length: MAX_MEMBERS + 1 }, (_, i) => `"${i}":0`).join()}}`,
}
for (const [attack, text] of Object.entries(refused))
  test(`refused: ${attack}`, () => {
    assert.throws(() => parseIJson(text), NotIJson)
  })

test('what a string may not hold is written as U+FFFD', () => {
  assert.equal(
    writeIJson(['\ud800 \uffff', '\\ud800', '\\\udc00', '😀']),
    '["\ufffd \ufffd","\\\\ud800","\\\\\ufffd","😀"]',
  )
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), (strings) => {
      assert.equal((parseIJson(writeIJson(strings)) as string[]).length, strings.length)
    }),
  )
})
