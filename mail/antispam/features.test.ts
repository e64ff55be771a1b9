import assert from 'node:assert/strict'
import { test } from 'node:test'
import { featuresOf, isPersonal, MOST_FEATURES } from './features.ts'

const letter = (head: string, body: string): Buffer => Buffer.from(`${head}\n\n${body}`.replace(/\n/g, '\r\n'))
const text = (body: string, head = 'Subject: x'): Buffer => letter(head, body)

/** What the first letter has and the second has not. */
const only = (one: Buffer, other: Buffer): number[] => {
  const known = new Set(featuresOf(other))
  return [...featuresOf(one)].filter((feature) => !known.has(feature))
}

test('a letter has the same features each time, whatever it went through on its way', () => {
  const before = text(
    'Tulips for the garden, red and yellow.',
    'Subject: Spring\nFrom: Bea <bea@example.org>\nTo: anna@example.net',
  )
  const trace =
    'Received: from a by b; Mon, 7 Sep 2026 09:30:00 +0200\r\nX-Spam-Flag: YES\r\nList-Id: <x.example>\r\nMessage-ID: <1@x>\r\n'
  const after = Buffer.concat([Buffer.from(trace), before])
  // That there is a Message-ID is the one thing it may say.
  assert.equal(only(after, before).length, 0)
  assert.equal(only(before, after).length, 1)
})

test('who writes, where links lead, numbers and other scripts are personal; words and facts are not', () => {
  const plain = text('Tulips for the garden.')
  const personal: [what: string, content: Buffer][] = [
    ['the sender', text('Tulips for the garden.', 'Subject: x\nFrom: bea@shop.example.org')],
    ['a host', text('Tulips for the garden. https://shop.example.org/x')],
    ['a word with digits', text('Tulips for the garden. abc123')],
    ['another script', text('Tulips for the garden. 日本語')],
  ]
  for (const [what, content] of personal) assert.ok(only(content, plain).some(isPersonal), what)
  assert.ok(only(text('Tulips for the garden with roses.'), plain).every((feature) => !isPersonal(feature)))
})

test('what a page hides is not read, and what it shows is, however it is encoded', () => {
  const page = (body: string, more = ''): Buffer =>
    letter(`Subject: x\nContent-Type: text/html; charset=utf-8${more}`, body)
  const shown = page('<p>viagra pills</p>')
  const hidden = page('<p>viagra pills</p><style>tulips</style><div style="display:none">marmalade</div>')
  const words = (content: Buffer) => new Set(featuresOf(content))
  const marmalade = only(text('aaa. marmalade'), text('aaa.')).filter((feature) =>
    words(text('marmalade')).has(feature),
  )
  assert.ok(marmalade.length > 0)
  assert.ok(marmalade.every((feature) => !words(hidden).has(feature)))
  const encoded = page(Buffer.from('<p>viagra pills</p>').toString('base64'), '\nContent-Transfer-Encoding: base64')
  const pills = only(text('viagra pills'), text('')).filter((feature) => words(shown).has(feature))
  assert.ok(pills.length >= 3, 'two words and the pair')
  assert.ok(pills.every((feature) => words(encoded).has(feature)))
})

const nested = (depth: number): string => {
  let lines = ''
  for (let level = 0; level < depth; level++)
    lines += `Content-Type: multipart/mixed; boundary=b${level}\r\n\r\n--b${level}\r\n`
  return `${lines}\r\nwords`
}

const hostile: [attack: string, content: Buffer][] = [
  ['nothing at all', Buffer.alloc(0)],
  ['a header without an end', Buffer.from('Subject: x'.repeat(100_000))],
  ['30 MB of text', text('lorem ipsum dolor '.repeat(1_700_000))],
  ['one word of 10 MB', text('a'.repeat(10_000_000))],
  ['a million links', text('http://a.example/ '.repeat(1_000_000))],
  ['hosts of a million labels', text(`http://${'a.'.repeat(1_000_000)}example/`)],
  ['a thousand levels of MIME', Buffer.from(nested(1000))],
  ['ten thousand text parts', letter('Content-Type: multipart/mixed; boundary=b', '--b\n\nx\n'.repeat(10_000))],
  ['a page of a million open tags', letter('Content-Type: text/html', '<div style="'.repeat(100_000))],
  ['a page of comments', letter('Content-Type: text/html', 'a<!--b'.repeat(100_000))],
  ['a sender of a megabyte', letter(`From: ${'"x" '.repeat(250_000)}<a@${'b.'.repeat(1000)}c>`, 'x')],
  ['a hundred thousand senders', letter(`From: ${'a@b.example, '.repeat(100_000)}c@d.example`, 'x')],
  [
    'different words without end',
    text(Array.from({ length: 200_000 }, (_, at) => `w${at.toString(36).replace(/\d/g, 'q')}`).join(' ')),
  ],
  ['zeros', Buffer.alloc(1_000_000)],
  ['bytes of no charset', Buffer.from(Array.from({ length: 100_000 }, (_, at) => (at * 7919) % 256))],
  [
    'blanks before an end that is none',
    letter(`Subject: ${`x${' '.repeat(400)}`.repeat(50)}`, `${' '.repeat(100_000)}!`),
  ],
]
for (const [attack, content] of hostile)
  test(`bounded: ${attack}`, () => {
    const features = featuresOf(content)
    // The last word may bring two.
    assert.ok(features.length <= MOST_FEATURES + 2)
    assert.equal(new Set(features).size, features.length)
  })
