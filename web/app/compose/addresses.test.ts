import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addRecipients, isAddress, parseRecipients, writeAddress } from './addresses.ts'

const lists: [name: string, text: string, found: [name: string | null, email: string][]][] = [
  ['an address alone', 'a@example.org', [[null, 'a@example.org']]],
  ['a name with a comma', '"Vogel, Berta" <b@example.org>', [['Vogel, Berta', 'b@example.org']]],
  ['a name with quotes', String.raw`"Karl \"Kalle\" Blau" <k@example.org>`, [['Karl "Kalle" Blau', 'k@example.org']]],
  [
    'many, separated in every way',
    'a@example.org, Berta <b@example.org>; c@example.org\nd@example.org\te@example.org,,',
    [
      [null, 'a@example.org'],
      ['Berta', 'b@example.org'],
      [null, 'c@example.org'],
      [null, 'd@example.org'],
      [null, 'e@example.org'],
    ],
  ],
  ['a name behind the address', 'a@example.org (Anna Grün)', [['Anna Grün', 'a@example.org']]],
  ['a name without brackets', 'Anna Grün a@example.org', [['Anna Grün', 'a@example.org']]],
  ['a link', 'mailto:a@example.org', [[null, 'a@example.org']]],
  [
    'a quote left open, until the line ends',
    '"Anna <a@example.org>\nb@example.org',
    [
      ['"Anna', 'a@example.org'],
      [null, 'b@example.org'],
    ],
  ],
  ['a bracket left open', 'Anna <a@example.org', [['Anna', 'a@example.org']]],
]

for (const [name, text, found] of lists)
  test(`${name} is understood`, () => {
    assert.deepEqual(
      parseRecipients(text).map((one) => [one.name, one.email]),
      found,
    )
  })

const wrong: [name: string, text: string][] = [
  ['a name alone', 'Berta'],
  ['no domain', 'berta@'],
  ['a domain without a dot', 'berta@example'],
  ['two dots', 'berta@example..org'],
  ['a hyphen at the end', 'berta@example-.org'],
  ['spaces in the address', 'ber ta@'],
  ['numbers for a domain', 'berta@192.0.2.1'],
  ['a line end', 'berta@example.org\r\nBcc: x@example.org'],
  ['a local part of 65 characters', `${'a'.repeat(65)}@example.org`],
]

for (const [name, text] of wrong) test(`${name} is no address`, () => assert.equal(isAddress(text), false))

for (const text of ['josé+news@example.org', "o'hara@example.co.uk", 'anna@bücher.example'])
  test(`${text} is an address`, () => assert.equal(isAddress(text), true))

test('what hides a second header in a pasted list becomes addresses and nothing else', () => {
  const found = parseRecipients('a@example.org\r\nBcc: spy@example.org')
  assert.deepEqual(
    found.map(({ email, wrong: is }) => [email, is]),
    [
      ['a@example.org', false],
      ['spy@example.org', false],
    ],
  )
  assert.ok(found.every((one) => !/[\r\n]/.test(`${one.name}${one.email}`)))
})

test('a list of 20,000 open brackets is read at once', () => {
  assert.equal(parseRecipients('<'.repeat(20_000)).length, 1)
  assert.equal(parseRecipients('"\\'.repeat(20_000)).length, 1)
})

test('somebody is in a list once, with the name that is known', () => {
  const [list] = [parseRecipients('a@example.org, b@example.org')]
  const all = addRecipients(list, parseRecipients('Anna <A@Example.org>, b@example.org, c@example.org'))
  assert.deepEqual(
    all.map(({ name, email }) => [name, email]),
    [
      ['Anna', 'A@Example.org'],
      [null, 'b@example.org'],
      [null, 'c@example.org'],
    ],
  )
})

test('a name that needs quotes is written with them and read again', () => {
  for (const name of ['Anna Grün', 'Grün, Anna', 'Karl "Kalle" Blau', 'a\\b'])
    assert.deepEqual(parseRecipients(writeAddress({ name, email: 'a@example.org' })), [
      { name, email: 'a@example.org', wrong: false },
    ])
})
