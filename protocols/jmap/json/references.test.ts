import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MethodError } from '../calls/errors.ts'
import type { Invocation } from '../calls/method.ts'
import { evaluate, resolveReferences } from './references.ts'

const responses: Invocation[] = [
  ['Foo/query', { ids: ['f1', 'f2'], total: 2 }, 't0'],
  [
    'Foo/get',
    {
      list: [
        { id: 'f1', barIds: ['b1', 'b2'] },
        { id: 'f2', barIds: ['b3'] },
      ],
    },
    't1',
  ],
  ['Foo/set', { destroyed: ['f9'] }, 't1'],
]
const to = (resultOf: string, name: string, path: string) => ({ '#ids': { resultOf, name, path } })

test('the example of RFC 8620 §3.7: ids of a query, then of all that its objects refer to', () => {
  assert.deepEqual(resolveReferences(to('t0', 'Foo/query', '/ids'), responses), { ids: ['f1', 'f2'] })
  assert.deepEqual(resolveReferences(to('t1', 'Foo/get', '/list/*/id'), responses), { ids: ['f1', 'f2'] })
  assert.deepEqual(resolveReferences(to('t1', 'Foo/get', '/list/*/barIds'), responses), { ids: ['b1', 'b2', 'b3'] })
  assert.deepEqual(resolveReferences(to('t1', 'Foo/get', '/list/1/barIds/0'), responses), { ids: 'b3' })
})

test('arguments without a reference stay what they are', () => {
  const args = { accountId: 'a1', ids: null }
  assert.equal(resolveReferences(args, responses), args)
})

test('a pointer unescapes ~1 and ~0 once (RFC 6901 §4)', () => {
  assert.equal(evaluate({ 'a/b': { 'm~n': 1, '~1': 2 } }, '/a~1b/m~0n'), 1)
  assert.equal(evaluate({ 'a/b': { '~1': 2 } }, '/a~1b/~01'), 2)
  assert.deepEqual(evaluate({ a: 1 }, ''), { a: 1 })
})

const refused: Record<string, Record<string, unknown>> = {
  'no such call': to('t7', 'Foo/query', '/ids'),
  'the name of a later response to the call': to('t1', 'Foo/set', '/destroyed'),
  'a path without its first slash': to('t0', 'Foo/query', 'ids'),
  'a path to nothing': to('t0', 'Foo/query', '/nothing'),
  'a path through a string': to('t0', 'Foo/query', '/ids/0/length'),
  'a path beyond the end': to('t0', 'Foo/query', '/ids/2'),
  'a path with a sign': to('t0', 'Foo/query', '/ids/-1'),
  'a path with leading zeros': to('t0', 'Foo/query', '/ids/00'),
  'a broken escape': to('t0', 'Foo/query', '/ids~2'),
  'the prototype': to('t0', 'Foo/query', '/__proto__'),
  'a method of arrays': to('t0', 'Foo/query', '/ids/map'),
  'a star on an object': to('t0', 'Foo/query', '/*'),
  'no object at all': { '#ids': 'Foo/query' },
  null: { '#ids': null },
  'a number for a path': { '#ids': { resultOf: 't0', name: 'Foo/query', path: 1 } },
}
for (const [mistake, args] of Object.entries(refused))
  test(`does not resolve: ${mistake}`, () => {
    assert.throws(
      () => resolveReferences(args, responses),
      (error: MethodError) => error.type === 'invalidResultReference',
    )
  })

test('a star of a star of a star does not grow without end', () => {
  let value: unknown = 1
  for (let level = 0; level < 5; level++) value = Array.from({ length: 30 }, () => value)
  assert.equal(evaluate({ list: value }, '/list/*/*/*/*/*'), undefined)
})

test('an argument given both as value and as reference is refused', () => {
  const args = { ids: [], ...to('t0', 'Foo/query', '/ids') }
  assert.throws(
    () => resolveReferences(args, responses),
    (error: MethodError) => error.type === 'invalidArguments',
  )
})

test('a reference called __proto__ is an argument like any other', () => {
  const args = JSON.parse('{"#__proto__":{"resultOf":"t0","name":"Foo/query","path":"/total"}}') as Record<
    string,
    unknown
  >
  assert.deepEqual(Object.entries(resolveReferences(args, responses)), [['__proto__', 2]])
})
