import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { compare, contains, isEqual, matches, type Comparator } from './index.ts'

const comparators: Comparator[] = ['i;octet', 'i;ascii-casemap', 'i;ascii-numeric']

test('numbers are compared by their value, whatever follows them (RFC 4790 §9.1)', () => {
  const order = ['0', '1x', '2', '10 apples', '0011', '99999999999999999998', '99999999999999999999', 'none', '']
  const indexes = order.map((_, index) => index)
  for (const one of indexes) {
    for (const other of indexes) {
      // What has no digit is all the same, and above all numbers.
      const [a, b] = [Math.min(one, 7), Math.min(other, 7)]
      assert.equal(Math.sign(compare('i;ascii-numeric', order[one]!, order[other]!)), Math.sign(a - b))
    }
  }
  assert.ok(isEqual('i;ascii-numeric', '007', '7 days'))
  assert.ok(!isEqual('i;ascii-numeric', '-1', '1'))
})

test('letters of both cases are the same for i;ascii-casemap, those of ASCII only (RFC 4790 §9.2)', () => {
  assert.ok(isEqual('i;ascii-casemap', 'Grüße', 'gRüßE'))
  assert.ok(!isEqual('i;ascii-casemap', 'Ü', 'ü'))
  assert.ok(!isEqual('i;octet', 'a', 'A'))
  // Capitals are what is compared, and "_" stands behind them.
  assert.ok(compare('i;ascii-casemap', 'a', '_') < 0)
  assert.ok(compare('i;octet', 'a', '_') > 0)
})

test('texts stand in the order of their octets in UTF-8', () => {
  const text = fc
    .array(fc.constantFrom('a', 'B', 'é', '\uffff', '\ue000', '🦄', '\u{10ffff}'))
    .map((all) => all.join(''))
  fc.assert(
    fc.property(text, text, (a, b) => {
      assert.equal(Math.sign(compare('i;octet', a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)))
    }),
  )
})

test('every comparator orders: nothing is before itself, and what is before is not behind', () => {
  const text = fc.string({ unit: fc.constantFrom('0', '1', '9', 'a', 'A', '_', 'é'), maxLength: 4 })
  fc.assert(
    fc.property(fc.constantFrom(...comparators), text, text, text, (comparator, a, b, c) => {
      assert.equal(compare(comparator, a, a), 0)
      assert.equal(Math.sign(compare(comparator, a, b)), -Math.sign(compare(comparator, b, a)) + 0)
      if (compare(comparator, a, b) <= 0 && compare(comparator, b, c) <= 0) assert.ok(compare(comparator, a, c) <= 0)
    }),
  )
})

test('numbers have no parts', () => {
  assert.equal(contains('i;ascii-numeric', '12', '1'), false)
  assert.equal(matches('i;ascii-numeric', '12', '*'), undefined)
})

test('a text contains what stands in it, and always nothing (RFC 5228 §2.7.1)', () => {
  for (const key of ['frob', 'NIT', 'frobnitzm', '']) assert.ok(contains('i;ascii-casemap', 'frobnitzm', key), key)
  assert.ok(!contains('i;ascii-casemap', 'frobnitzm', 'fbm'))
  assert.ok(!contains('i;octet', 'frobnitzm', 'NIT'))
})

const cases: [value: string, pattern: string, wildcards: string[] | undefined][] = [
  ['', '', []],
  ['', '*', ['']],
  ['', '?', undefined],
  ['a', '', undefined],
  ['frop', '*', ['frop']],
  ['frop', '?*', ['f', 'rop']],
  ['frop', '*?', ['fro', 'p']],
  ['frop', '**', ['', 'frop']],
  ['frop', '*o*', ['fr', 'p']],
  ['frop', 'f??p', ['r', 'o']],
  ['frop', 'F*P', ['ro']],
  ['frop', 'fro', undefined],
  ['frop', '*x*', undefined],
  ['frop', 'frop*frop', undefined],
  ['a*b', String.raw`a\*b`, []],
  ['axb', String.raw`a\*b`, undefined],
  ['a\\b', String.raw`a\\b`, []],
  ['a\\b', String.raw`*\\*`, ['a', 'b']],
  ['a\\', 'a\\', []],
  ['[acme-users] [fwd] version 1.0 is out', '[*] *', ['acme-users', '[fwd] version 1.0 is out']],
  ['coyote@ACME.Example.COM', 'coyote@**.com', ['', 'ACME.Example']],
  ['Sieve <sieve.ietf.org>', '*<*.*>', ['Sieve ', 'sieve', 'ietf.org']],
  ['über 🦄', '?ber ?', ['ü', '🦄']],
  ['a-b-c-d', '*-*-*', ['a', 'b', 'c-d']],
  ['aab', '*ab', ['a']],
  ['abab', '*a?', ['ab', 'b']],
]

for (const [value, pattern, wildcards] of cases) {
  test(`“${value}” with the pattern “${pattern}”`, () =>
    assert.deepEqual(matches('i;ascii-casemap', value, pattern), wildcards))
}

/** As one would write it who does not mind how long it takes: every wildcard as short as can be, from the left. */
function naive(value: string[], pattern: string[]): string[] | undefined {
  const [first, ...rest] = pattern
  if (first === undefined) return value.length === 0 ? [] : undefined
  if (first === '*') {
    for (let length = 0; length <= value.length; length++) {
      const found = naive(value.slice(length), rest)
      if (found !== undefined) return [value.slice(0, length).join(''), ...found]
    }
    return undefined
  }
  if (value.length === 0 || (first !== '?' && first !== value[0])) return undefined
  const found = naive(value.slice(1), rest)
  return found && first === '?' ? [value[0]!, ...found] : found
}

test('patterns match what they match when every way is tried', () => {
  const value = fc.array(fc.constantFrom('a', 'b', '🦄'), { maxLength: 8 })
  const pattern = fc.array(fc.constantFrom('a', 'b', '🦄', '*', '?'), { maxLength: 7 })
  fc.assert(
    fc.property(value, pattern, (value, pattern) => {
      assert.deepEqual(matches('i;octet', value.join(''), pattern.join('')), naive(value, pattern))
    }),
    { numRuns: 20_000 },
  )
})

test('no pattern takes longer than both lengths together allow', () => {
  const [value, pattern] = ['a'.repeat(20_000), '*a'.repeat(2000) + 'b']
  assert.equal(matches('i;octet', value, pattern), undefined)
  assert.equal(matches('i;octet', value, '*?'.repeat(2000) + 'b'), undefined)
  assert.equal(matches('i;octet', value, '*' + 'a'.repeat(1000) + 'b*'), undefined)
})
