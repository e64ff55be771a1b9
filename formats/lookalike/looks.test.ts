import assert from 'node:assert/strict'
import { test } from 'node:test'
import { looksOf, suffixesOf } from './index.ts'

const ALIKE: [what: string, domain: string, other: string][] = [
  ['a Cyrillic letter', 'xn--pypal-4ve.example', 'paypal.example'],
  ['a whole word in Cyrillic', 'аррӏе.example', 'apple.example'],
  ['a digit for a letter', 'examp1e.org', 'example.org'],
  ['a zero', 'g0od.example', 'good.example'],
  ['two letters for one', 'exarnple.org', 'example.org'],
  ['i for l', 'paypai.example', 'paypal.example'],
  ['a hyphen more', 'pay-pal.example', 'paypal.example'],
  ['a letter twice', 'gooogle.example', 'google.example'],
  ['an accent', 'münchen.example', 'munchen.example'],
  ['capital letters', 'EXAMPLE.org', 'example.org'],
  ['letters of full width', 'ｅxample.org', 'example.org'],
]
for (const [what, domain, other] of ALIKE)
  test(`${what}: ${domain} looks like ${other}`, () => assert.equal(looksOf(domain), looksOf(other)))

const APART: [domain: string, other: string][] = [
  ['example.org', 'example.com'],
  ['sample.org', 'example.org'],
  ['news.example.org', 'example.org'],
]
for (const [domain, other] of APART)
  test(`${domain} does not look like ${other}`, () => assert.notEqual(looksOf(domain), looksOf(other)))

test('a domain lies in others, and never in a last label alone', () => {
  assert.deepEqual(suffixesOf('a.b.Example.org'), ['a.b.example.org', 'b.example.org', 'example.org'])
  assert.deepEqual(suffixesOf('org'), [])
  assert.equal(suffixesOf('x.'.repeat(10_000)).length, 4)
})

test('whatever comes in, it ends', () => {
  for (const text of ['', '.', 'xn--', 'xn--ls8h'.repeat(1000), '\u0000', '-'.repeat(100_000), 'a'.repeat(1_000_000)])
    assert.equal(typeof looksOf(text), 'string')
})
