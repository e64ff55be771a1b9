import assert from 'node:assert/strict'
import test from 'node:test'
import { MAX_ADDRESSES, parseAddresses, parseGroups } from './address-list.ts'

const person = (name: string | null, email: string) => ({ name, email })

test('groups keep their people together (the example of RFC 8621 §4.1.2.4)', () => {
  const list =
    '"  James Smythe" <james@example.com>, Friends:\t jane@example.com, =?UTF-8?Q?John_Sm=C3=AEth?=\t <john@example.com>;'
  assert.deepEqual(parseGroups(list), [
    { name: null, addresses: [person('James Smythe', 'james@example.com')] },
    { name: 'Friends', addresses: [person(null, 'jane@example.com'), person('John Smîth', 'john@example.com')] },
  ])
})

test('an empty group is a group (RFC 5322 appendix A.1.3)', () => {
  assert.deepEqual(parseGroups('Undisclosed recipients:;'), [{ name: 'Undisclosed recipients', addresses: [] }])
  assert.deepEqual(parseGroups('(Empty list)(start)Undisclosed recipients  :(nobody(that I know))  ;'), [
    { name: 'Undisclosed recipients', addresses: [] },
  ])
})

const LISTS: [string, [string | null, string][]][] = [
  ['', []],
  ['ann@example.org', [[null, 'ann@example.org']]],
  ['Ann Bee <ann@example.org>', [['Ann Bee', 'ann@example.org']]],
  ['"Bee, Ann" <ann@example.org>', [['Bee, Ann', 'ann@example.org']]],
  [String.raw`"A \"B\" \\ C" <ann@example.org>`, [[String.raw`A "B" \ C`, 'ann@example.org']]],
  ['ann@example.org (Ann Bee)', [['Ann Bee', 'ann@example.org']]],
  ['<ann@example.org> (Ann)', [['Ann', 'ann@example.org']]],
  ['Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>', [['Pete', 'pete@silly.test']]],
  ['Joe Q. Public <john . q . public @ example . com>', [['Joe Q. Public', 'john.q.public@example.com']]],
  ['<@a.example,@b.example:joe@example.org>', [[null, 'joe@example.org']]],
  ['"quoted local"@example.org', [[null, '"quoted local"@example.org']]],
  [
    'x@[192.0.2.1], y@[IPv6:2001:db8::1]',
    [
      [null, 'x@[192.0.2.1]'],
      [null, 'y@[IPv6:2001:db8::1]'],
    ],
  ],
  ['Jörg <jörg@exämple.test>', [['Jörg', 'jörg@exämple.test']]],
  ['=?utf-8?Q?=C3?= =?utf-8?Q?=A4?= <a@example.org>', [['ä', 'a@example.org']]],
  // Forbidden by RFC 2047 and seen every day.
  ['"=?windows-1252?B?Rm9ybWHn428=?=" <f@example.org>', [['Formação', 'f@example.org']]],
  ['=?utf-8?Q?Bee,_Ann?= <ann@example.org>', [['Bee, Ann', 'ann@example.org']]],
  ['"not =?utf-8?Q?this?= one" <a@example.org>', [['not =?utf-8?Q?this?= one', 'a@example.org']]],
  // Missing marks.
  ['Ann <ann@example.org', [['Ann', 'ann@example.org']]],
  [
    '<a@example.org, Bob <b@example.org>',
    [
      [null, 'a@example.org'],
      ['Bob', 'b@example.org'],
    ],
  ],
  ['"Ann <ann@example.org>', [['Ann', 'ann@example.org']]],
  ['Ann (oh <ann@example.org>', [['Ann oh', 'ann@example.org']]],
  [
    'a@example.org b@example.org',
    [
      [null, 'a@example.org'],
      [null, 'b@example.org'],
    ],
  ],
  [
    '<a@example.org> <b@example.org>',
    [
      [null, 'a@example.org'],
      [null, 'b@example.org'],
    ],
  ],
  [
    'a@example.org; b@example.org',
    [
      [null, 'a@example.org'],
      [null, 'b@example.org'],
    ],
  ],
  [
    ', a@example.org,, b@example.org,',
    [
      [null, 'a@example.org'],
      [null, 'b@example.org'],
    ],
  ],
  ['Ann Bee ann@example.org', [['Ann Bee', 'ann@example.org']]],
  ['ann@work <ann@example.org>', [['ann@work', 'ann@example.org']]],
  ['[List] Ann <ann@example.org>', [['[List] Ann', 'ann@example.org']]],
  ['just a name', [[null, 'just a name']]],
  ['<>', []],
  ['"" <a@example.org>', [[null, 'a@example.org']]],
  ['Friends: a@example.org', [[null, 'a@example.org']]],
]

for (const [written, wanted] of LISTS) {
  test(`address list: ${JSON.stringify(written)}`, () => {
    assert.deepEqual(
      parseAddresses(written),
      wanted.map(([name, email]) => person(name, email)),
    )
  })
}

test('a list of any length gives a bounded number of addresses', () => {
  assert.equal(parseAddresses('a@b,'.repeat(50_000)).length, MAX_ADDRESSES)
})

const ATTACKS: [string, string][] = [
  ['open parentheses', '('],
  ['open quotes', '"'],
  ['open brackets', '<'],
  ['brackets and commas', '<a,'],
  ['brackets, quotes and commas', '<",'],
  ['open square brackets', '['],
  ['half an encoded word', '=?a?q?'],
  ['backslashes', '\\'],
  ['empty comments', '() '],
  ['brackets with comments', '<('],
  ['groups in groups', 'a:'],
  ['words in one bracket', 'a '],
  ['at signs', 'a@ '],
  ['addresses without a comma', 'a@b '],
]

for (const [name, piece] of ATTACKS) {
  test(`a megabyte of ${name} is read in linear time`, () => {
    const text = piece.repeat(Math.ceil(1_000_000 / piece.length))
    assert.ok(Array.isArray(parseGroups(text)))
    assert.ok(Array.isArray(parseGroups(`<${text}`)))
  })
}
