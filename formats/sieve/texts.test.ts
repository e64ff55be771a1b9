import assert from 'node:assert/strict'
import test from 'node:test'
import { isVariableName, parseFlags, parseMailto, parseReferences, parseSieveAddress } from './index.ts'

const references: [text: string, pieces: ReturnType<typeof parseReferences>][] = [
  ['', []],
  ['plain', ['plain']],
  ['&%${}!', ['&%${}!']],
  ['${doh!}', ['${doh!}']],
  ['${full}', [{ name: 'full' }]],
  ['${Company}', [{ name: 'company' }]],
  ['${BAD${Company}', ['${BAD', { name: 'company' }]],
  ['${President, ${Company} Inc.}', ['${President, ', { name: 'company' }, ' Inc.}']],
  [String.raw`\${foo}`, ['\\', { name: 'foo' }]],
  [String.raw`${'$'}{fo\o}`, [String.raw`${'$'}{fo\o}`]],
  ['${1}-${007}', [{ name: '1', group: 1 }, '-', { name: '007', group: 7 }]],
  ['${1a}', ['${1a}']],
  ['${global.Name}', [{ name: 'global.name' }]],
  ['${vnd.acme.1.x}', [{ name: 'vnd.acme.1.x' }]],
  ['${a.1}', [{ name: 'a.1' }]],
  ['${.a}${a.}${a..b}', ['${.a}${a.}${a..b}']],
  ['${é}$${a}', ['${é}$', { name: 'a' }]],
]

for (const [text, pieces] of references) {
  test(`variables in ${JSON.stringify(text)}`, () => assert.deepEqual(parseReferences(text), pieces))
}

test('a text full of beginnings of variables is read in time', () => {
  for (const text of [
    '${'.repeat(100_000),
    '${a.'.repeat(60_000),
    `\${${'a.'.repeat(100_000)}`,
    `\${${'a'.repeat(200_000)}`,
  ])
    assert.deepEqual(parseReferences(text), [text])
})

test('names of variables', () => {
  for (const name of ['a', 'A_1', '_']) assert.ok(isVariableName(name), name)
  for (const name of ['', '1', 'a-b', 'a.b', 'é', 'a\n']) assert.ok(!isVariableName(name), name)
})

test('flags are words, once each; what cannot be set is left out (RFC 5232 §2)', () => {
  const list = [String.raw`\Seen  $Work `, '', String.raw`\seen \Recent \Other * ( {1} Grün $MDNSent`, 'a'.repeat(101)]
  assert.deepEqual(parseFlags(list), [String.raw`\Seen`, '$Work', '$MDNSent'])
})

const addresses: [text: string, address: string | undefined, name?: string][] = [
  ['tim@example.com', 'tim@example.com', ''],
  [' tim@example.com ', 'tim@example.com', ''],
  ['<tim@example.com>', 'tim@example.com', ''],
  ['Tim Q. Smith <tim@example.com>', 'tim@example.com', 'Tim Q. Smith'],
  [String.raw`"Smith, \"Tim\"" <tim@EXAMPLE.com>`, 'tim@example.com', 'Smith, "Tim"'],
  ['Jürgen <jürgen@bücher.example>', 'jürgen@xn--bcher-kva.example', 'Jürgen'],
  ['"a b"@example.com', '"a b"@example.com', ''],
  ['tim', undefined],
  ['', undefined],
  ['a@example.com, b@example.com', undefined],
  ['a@example.com b@example.com', undefined],
  ['group: a@example.com;', undefined],
  ['<@route.example:a@example.com>', undefined],
  ['a@example.com <b@example.com>', undefined],
  ['A <a@example.com> <b@example.com>', undefined],
  ['A <a@example.com', undefined],
  ['a@example.com\r\nBcc: b@example.com', undefined],
  ['A\r\nBcc: b <a@example.com>', undefined],
  [`${'a'.repeat(2000)} <a@example.com>`, undefined],
  [`${'"a" '.repeat(240)}<`, undefined],
]

for (const [text, address, name] of addresses) {
  test(`an address: ${JSON.stringify(text.slice(0, 60))}`, () => {
    const found = parseSieveAddress(text)
    assert.deepEqual([found?.address, found?.name], [address, name])
  })
}

const mailtos: [uri: string, wanted: ReturnType<typeof parseMailto>][] = [
  ['mailto:alm@example.com', { to: ['alm@example.com'], fields: [] }],
  ['MAILTO:a@example.com,b@example.com', { to: ['a@example.com', 'b@example.com'], fields: [] }],
  [
    'mailto:0123456789@sms.example.net?to=backup@example.com&Subject=News%20%26%20more&body=a%0D%0Ab',
    {
      to: ['0123456789@sms.example.net', 'backup@example.com'],
      fields: [
        { name: 'subject', value: 'News & more' },
        { name: 'body', value: 'a\r\nb' },
      ],
    },
  ],
  ['mailto:?to=a@example.com', { to: ['a@example.com'], fields: [] }],
  ['mailto:gorby%25kremvax@example.com', { to: ['gorby%kremvax@example.com'], fields: [] }],
  ['mailto:%22not%40me%22@example.org', { to: ['"not@me"@example.org'], fields: [] }],
  ['mailto:', undefined],
  ['mailto:a', undefined],
  ['mailto:a@example.com?subject', undefined],
  ['mailto:a@example.com?=b', undefined],
  ['mailto:a@example.com?a%20b=c', undefined],
  ['mailto:a@example.com?subject=%ff', undefined],
  ['mailto:a@example.com?subject=%', undefined],
  ['mailto:a@example.com%0d%0aRCPT', undefined],
  ['mailto:a@example.com#part', undefined],
  ['mailto:a@example.com b@example.com', undefined],
  [`mailto:a@example.com?${'a=b&'.repeat(60)}a=b`, undefined],
  [`mailto:a@example.com?a=${'b'.repeat(9000)}`, undefined],
  ['https://example.com', undefined],
]

for (const [uri, wanted] of mailtos) {
  test(`a mailto URI: ${JSON.stringify(uri.slice(0, 60))}`, () => assert.deepEqual(parseMailto(uri), wanted))
}
