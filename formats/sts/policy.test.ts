import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { matchesHost, parseStsPolicy, parseStsRecords } from './policy.ts'

const lines = (...list: string[]): string => list.map((line) => `${line}\r\n`).join('')
const WHOLE = ['version: STSv1', 'mode: enforce', 'mx: mail.example.com', 'mx: *.example.net', 'max_age: 604800']

test('a policy is read as its domain wrote it (RFC 8461 §3.2)', () => {
  assert.deepEqual(parseStsPolicy(lines(...WHOLE)), {
    mode: 'enforce',
    maxAge: 604_800,
    hosts: ['mail.example.com', '*.example.net'],
    lines: WHOLE,
  })
})

const accepted: Record<string, [text: string, mode: string, hosts: string[], maxAge: number]> = {
  'lines that end with LF': [WHOLE.join('\n'), 'enforce', ['mail.example.com', '*.example.net'], 604_800],
  'space around colons and at ends': [
    'version:STSv1 \nmode:  testing\t\nmx:Mail.Example.com.\nmax_age : 0\n\n',
    'testing',
    ['mail.example.com'],
    0,
  ],
  'fields that nobody knows': [
    lines(...WHOLE, 'later.field-1: a; b: c'),
    'enforce',
    ['mail.example.com', '*.example.net'],
    604_800,
  ],
  'a field twice: the first counts': [
    lines(...WHOLE, 'mode: none', 'max_age: 1'),
    'enforce',
    ['mail.example.com', '*.example.net'],
    604_800,
  ],
  'no hosts where there is no policy any more': [lines('version: STSv1', 'mode: none', 'max_age: 5'), 'none', [], 5],
  'an age beyond a year': [lines('version: STSv1', 'mode: none', 'max_age: 9999999999'), 'none', [], 31_557_600],
}
for (const [what, [text, mode, hosts, maxAge]] of Object.entries(accepted))
  test(`read: ${what}`, () => {
    const policy = parseStsPolicy(text)
    assert.deepEqual([policy?.mode, policy?.hosts, policy?.maxAge], [mode, hosts, maxAge])
  })

const without = (name: string): string => lines(...WHOLE.filter((line) => !line.startsWith(name)))
const hostile: Record<string, string> = {
  'nothing at all': '',
  'a page of HTML': '<!DOCTYPE html><html><body>Not found</body></html>',
  'no version': without('version'),
  'another version': lines(...WHOLE).replace('STSv1', 'STSv2'),
  'no mode': without('mode'),
  'a mode that nobody knows': lines(...WHOLE).replace('enforce', 'Enforce'),
  'no age': without('max_age'),
  'a negative age': lines(...WHOLE).replace('604800', '-1'),
  'an age in another form': lines(...WHOLE).replace('604800', '6e5'),
  'an age without end': lines(...WHOLE).replace('604800', '9'.repeat(400)),
  'no hosts to enforce': without('mx'),
  'a wildcard for all': lines(...WHOLE).replace('*.example.net', '*'),
  'a wildcard inside': lines(...WHOLE).replace('*.example.net', 'mx.*.net'),
  'a wildcard in a part of a label': lines(...WHOLE).replace('*.example.net', 'mx*.example.net'),
  'a host that is a path': lines(...WHOLE).replace('*.example.net', '../../etc/passwd'),
  'an empty host': lines(...WHOLE).replace('*.example.net', ''),
  'control characters': lines(...WHOLE).replace('enforce', 'enforce\u0000'),
  'a line alone with CR': WHOLE.join('\r'),
  'a line without a colon': lines(...WHOLE, 'and so on'),
  'a line without end': lines(...WHOLE, `x: ${'a'.repeat(2000)}`),
  'a thousand hosts': lines(...WHOLE, ...Array.from({ length: 1000 }, (_, i) => `mx: m${i}.example.com`)),
  'lines without end': lines(...WHOLE, ...Array.from({ length: 2000 }, (_, i) => `x${i}: y`)),
  'more than 64 KiB': lines(...WHOLE) + '\n'.repeat(70_000),
}
for (const [what, text] of Object.entries(hostile))
  test(`hostile: ${what} is no policy`, () => assert.equal(parseStsPolicy(text), undefined))

test('hostile: whatever text comes, it is a whole policy or none', () => {
  const piece = fc.constantFrom(...WHOLE, '\r\n', '\n', ':', 'mx:', ' ', 'mode', '\u0000', '*.', 'max_age: 12')
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 40 }), (pieces) => {
      const policy = parseStsPolicy(pieces.join(''))
      assert.ok(policy === undefined || (policy.maxAge >= 0 && policy.maxAge <= 31_557_600 && policy.lines.length > 0))
    }),
  )
})

const records: Record<string, [texts: string[], id: string | undefined]> = {
  'as in the RFC': [['v=STSv1; id=20160831085700Z;'], '20160831085700Z'],
  'without the last semicolon': [['v=STSv1;id=1'], '1'],
  'with more fields': [['v=STSv1; id=a1; later=b'], 'a1'],
  'among other texts': [['v=spf1 -all', 'v=STSv1; id=a1'], 'a1'],
  'two of them': [['v=STSv1; id=a1', 'v=STSv1; id=a2'], undefined],
  'another version': [['v=STSv2; id=a1'], undefined],
  'a version that begins alike': [['v=STSv10; id=a1'], undefined],
  'no id': [['v=STSv1;'], undefined],
  'an id with signs': [['v=STSv1; id=a-1'], undefined],
  'an id that is too long': [[`v=STSv1; id=${'a'.repeat(33)}`], undefined],
  'none at all': [[], undefined],
}
for (const [what, [texts, id]] of Object.entries(records))
  test(`a record ${what}: ${id ?? 'no policy'}`, () => assert.equal(parseStsRecords(texts), id))

const matches: [pattern: string, host: string, isMatch: boolean][] = [
  ['mail.example.com', 'mail.example.com', true],
  ['mail.example.com', 'MAIL.example.com.', true],
  ['mail.example.com', 'mail.example.com.evil.example', false],
  ['*.example.net', 'mx1.example.net', true],
  ['*.example.net', 'a.mx1.example.net', false],
  ['*.example.net', 'example.net', false],
  ['*.example.net', 'mx1.notexample.net', false],
  ['*.net', 'net', false],
]
for (const [pattern, host, isMatch] of matches)
  test(`${pattern} ${isMatch ? 'stands' : 'does not stand'} for ${host}`, () =>
    assert.equal(matchesHost({ hosts: [pattern] }, host), isMatch))
