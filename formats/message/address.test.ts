import assert from 'node:assert/strict'
import test from 'node:test'
import { normalizeAddress, parseAddress, parseDomain } from './address.ts'

const VALID: [string, string, string][] = [
  ['ann@example.org', 'ann', 'example.org'],
  ['Ann.B+list@EXAMPLE.org', 'Ann.B+list', 'example.org'],
  ["!#$%&'*+-/=?^_`{|}~@example.org", "!#$%&'*+-/=?^_`{|}~", 'example.org'],
  ['"ann bee"@example.org', 'ann bee', 'example.org'],
  ['"ann"@example.org', 'ann', 'example.org'],
  [String.raw`"a\"b"@example.org`, 'a"b', 'example.org'],
  ['jörg@exämple.org', 'jörg', 'xn--exmple-cua.org'],
  ['用户@例子.example', '用户', 'xn--fsqu00a.example'],
  ['a@localhost', 'a', 'localhost'],
  ['a@[192.0.2.1]', 'a', '[192.0.2.1]'],
  ['a@[ipv6:2001:DB8::1]', 'a', '[IPv6:2001:db8::1]'],
  [`${'l'.repeat(64)}@example.org`, 'l'.repeat(64), 'example.org'],
]

for (const [text, local, domain] of VALID) {
  test(`a valid address: ${text}`, () => {
    const address = parseAddress(text)
    assert.equal(address?.local, local)
    assert.equal(address?.domain, domain)
    assert.deepEqual(parseAddress(address!.address), address)
  })
}

const INVALID = [
  '',
  '@',
  'ann',
  'ann@',
  '@example.org',
  'a b@example.org',
  '.a@example.org',
  'a.@example.org',
  'a..b@example.org',
  '"ann@example.org',
  'a"b"@example.org',
  '<ann@example.org>',
  'ann@example.org ',
  'ann@example.org\r\nRCPT TO:<x@example.org>',
  'a\0@example.org',
  '"a\nb"@example.org',
  'a@example..org',
  'a@-example.org',
  'a@example-.org',
  'a@exa_mple.org',
  'a@example.org.',
  'a@192.0.2.1',
  'a@0x7f.1',
  'a@１２７.1',
  'a@exa%6dple.org',
  'a@ex/ample.org',
  'a@[192.0.2.300]',
  'a@[example.org]',
  '\ud800@example.org',
  `${'l'.repeat(65)}@example.org`,
  `${'ü'.repeat(33)}@example.org`,
  `a@${'d'.repeat(64)}.org`,
  `a@${'d.'.repeat(130)}org`,
  '('.repeat(100_000),
]

for (const text of INVALID) {
  test(`no address: ${JSON.stringify(text.slice(0, 40))}`, () => {
    assert.equal(parseAddress(text), undefined)
    assert.equal(normalizeAddress(text), undefined)
  })
}

test('the key of an address is the same however it is written', () => {
  assert.equal(normalizeAddress('ANN@Example.ORG'), 'ann@example.org')
  assert.equal(normalizeAddress('"ann"@example.org'), 'ann@example.org')
  assert.equal(normalizeAddress('JO\u0308RG@EXÄMPLE.org'), normalizeAddress('jörg@xn--exmple-cua.org'))
})

test('a domain alone is read the same way', () => {
  assert.equal(parseDomain('MÜNCHEN.example'), 'xn--mnchen-3ya.example')
  assert.equal(parseDomain('example.org/path'), undefined)
})
