import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SetError } from '../calls/errors.ts'
import { applyPatch } from './patch.ts'

const todo = { title: 'Practise', keywords: { music: true, mozart: true }, list: [1, 2], deep: { a: { b: 1 } } }

test('the examples of RFC 8620 §5.7: one key of a map comes and another goes', () => {
  assert.deepEqual(applyPatch(todo, { 'keywords/chopin': true, 'keywords/mozart': null }), {
    ...todo,
    keywords: { music: true, chopin: true },
  })
})

test('a whole object is a patch too', () => {
  assert.deepEqual(applyPatch(todo, structuredClone(todo)), todo)
})

test('null puts back the default, or removes; what is not there is no error', () => {
  assert.deepEqual(
    applyPatch(todo, { title: null, 'deep/a/b': null, nothing: null, 'keywords/x': null }, { title: '' }),
    {
      ...todo,
      title: '',
      deep: { a: {} },
    },
  )
})

test('what was given stays as it was', () => {
  const before = structuredClone(todo)
  applyPatch(todo, { 'keywords/a': true, 'keywords/b': true, 'deep/a/b': 2 })
  assert.deepEqual(todo, before)
})

test('a slash or a tilde in a key is escaped', () => {
  assert.deepEqual(applyPatch({ 'a/b': { '~': 1 } }, { 'a~1b/~0': 2 }), { 'a/b': { '~': 2 } })
})

const refused: Record<string, Record<string, unknown>> = {
  'into an array': { 'list/0': 9 },
  'onto the end of an array': { 'list/-': 9 },
  'into a string': { 'title/0': 'x' },
  'into what is not there': { 'nothing/x': 1 },
  'into what another key of the patch makes': { 'new/x': 1, new: {} },
  'a key that is the beginning of another': { keywords: {}, 'keywords/music': true },
  'the same with one between them in order': { a: 1, 'a!': 1, 'a/b': 1 },
  'a broken escape': { 'a~2': 1 },
  'the prototype': { '__proto__/x': 1 },
  'the prototype of something inside': JSON.parse('{"keywords/__proto__":{"x":1}}') as Record<string, unknown>,
  "an object's constructor": { 'constructor/prototype/x': 1 },
}
for (const [mistake, patch] of Object.entries(refused))
  test(`invalidPatch: ${mistake}`, () => {
    assert.throws(
      () => applyPatch(todo, patch),
      (error: SetError) => error.type === 'invalidPatch',
    )
    assert.equal(({} as Record<string, unknown>)['x'], undefined)
  })
