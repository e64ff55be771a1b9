import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import {
  bodyLists,
  envelope,
  fieldValue,
  hasAttachment,
  parseMessage,
  preview,
  textForIndex,
  walkParts,
  type HeaderForm,
  type Message,
} from './index.ts'
import { MAX_DEPTH, MAX_FIELDS, MAX_PARTS } from './parse.ts'

/** Everything that is done with a message when it arrives, and what must hold whatever it is. */
function readAll(bytes: Buffer): Message {
  const message = parseMessage(bytes)
  for (const part of walkParts(message.root, true)) {
    assert.ok(0 <= part.headerStart && part.headerStart <= part.bodyStart)
    assert.ok(part.bodyStart <= part.bodyEnd && part.bodyEnd <= bytes.length)
    for (const child of part.children) {
      assert.ok(part.bodyStart <= child.headerStart && child.bodyEnd <= part.bodyEnd)
    }
  }
  const text = preview(message)
  assert.ok(text.length <= 256 && text.isWellFormed())
  assert.ok(textForIndex(message, 100_000).body.length <= 100_000)
  assert.equal(typeof hasAttachment(message), 'boolean')
  assert.equal(typeof JSON.stringify(envelope(message)), 'string')
  const forms: HeaderForm[] = ['Raw', 'Text', 'Addresses', 'GroupedAddresses', 'MessageIds', 'Date', 'URLs']
  for (const field of message.root.fields.slice(0, 20)) for (const form of forms) fieldValue(message, field, form)
  return message
}

const count = (message: Message): number => [...walkParts(message.root, true)].length

/** Multiparts in each other, each with a boundary of its own. */
const nested = (depth: number): string =>
  Array.from(
    { length: depth },
    (_, index) => `Content-Type: multipart/mixed; boundary=b${index}\r\n\r\n--b${index}\r\n`,
  ).join('')

interface Attack {
  readonly name: string
  readonly text: string
  readonly check?: (message: Message) => void
}

const ATTACKS: readonly Attack[] = [
  {
    name: 'multiparts nested 10,000 deep',
    text: `${nested(10_000)}\r\nat the bottom`,
    check: (message) => {
      assert.ok(message.isCutShort)
      assert.ok(count(message) <= MAX_DEPTH + 1)
    },
  },
  {
    name: 'messages nested 100,000 deep',
    text: 'Content-Type: message/rfc822\r\n\r\n'.repeat(100_000),
    check: (message) => assert.ok(message.isCutShort),
  },
  {
    name: 'multiparts nested with one and the same boundary',
    text: 'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n'.repeat(20_000),
    check: (message) => assert.ok(count(message) <= MAX_PARTS),
  },
  {
    name: 'a million parts',
    text: `Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n'.repeat(1_000_000)}`,
    check: (message) => {
      assert.ok(message.isCutShort)
      assert.equal(count(message), MAX_PARTS)
    },
  },
  {
    name: 'a million header fields',
    text: `${'a:b\r\n'.repeat(1_000_000)}Content-Type: text/html\r\n\r\nbody`,
    check: (message) => {
      assert.equal(message.root.fields.length, MAX_FIELDS)
      assert.ok(message.isCutShort)
      assert.equal(message.root.subtype, 'html')
    },
  },
  { name: 'a million folded lines', text: `Subject: a\r\n${' b\r\n'.repeat(1_000_000)}\r\nbody` },
  { name: 'a million white lines', text: `Subject: a\r\n${' \r\n'.repeat(1_000_000)}\r\nbody` },
  { name: 'a million stray lines between fields', text: 'a b\r\nA: b\r\n'.repeat(500_000) },
  { name: 'a million Content-Type fields', text: 'Content-Type: text/html\r\n'.repeat(200_000) },
  { name: 'one header line of eight megabytes', text: `Subject: ${'x'.repeat(8_000_000)}\r\n\r\n` },
  { name: 'one body line of eight megabytes', text: `\r\n${'x'.repeat(8_000_000)}` },
  { name: 'a name that never meets its colon', text: 'x'.repeat(4_000_000) },
  { name: 'a body of empty lines', text: `\r\n${'\n'.repeat(4_000_000)}` },
  {
    name: 'a flood of lines that nearly are boundaries',
    text: `${nested(90)}\r\n${'--b\n'.repeat(1_000_000)}`,
    check: (message) => assert.equal(count(message), 91),
  },
  { name: 'a flood of dashes', text: `Content-Type: multipart/mixed; boundary=-\r\n\r\n${'\n--'.repeat(1_000_000)}` },
  { name: 'a line of dashes', text: `Content-Type: multipart/mixed; boundary=-\r\n\r\n${'-'.repeat(4_000_000)}` },
  {
    name: 'boundaries with miles of white space',
    text: `Content-Type: multipart/mixed; boundary=b\r\n\r\n${`--b${' '.repeat(1_000_000)}x\r\n`.repeat(3)}`,
    check: (message) => assert.equal(message.root.subtype, 'plain'),
  },
  {
    name: 'a boundary of a megabyte',
    text: `Content-Type: multipart/mixed; boundary=${'b'.repeat(1_000_000)}\r\n\r\n--b\r\n`,
  },
  { name: 'an address list of parentheses', text: `To: ${'('.repeat(1_000_000)}\r\n\r\n` },
  { name: 'an address list of quotes', text: `To: ${'"'.repeat(1_000_000)}\r\n\r\n` },
  { name: 'a million recipients', text: `To: ${'a@b,'.repeat(1_000_000)}\r\n\r\n` },
  { name: 'a million references', text: `References: ${'<a@b>'.repeat(1_000_000)}\r\n\r\n` },
  { name: 'open brackets as references', text: `References: ${'<'.repeat(1_000_000)}\r\n\r\n` },
  { name: 'a subject of half encoded words', text: `Subject: ${'=?utf-8?Q?'.repeat(200_000)}\r\n\r\n` },
  {
    name: 'a subject of a hundred thousand encoded words',
    text: `Subject: ${'=?utf-8?Q?a?= '.repeat(70_000)}\r\n\r\n`,
  },
  { name: 'parameters without end', text: `Content-Type: text/plain${'; a=b'.repeat(500_000)}\r\n\r\nx` },
  { name: 'continuations without end', text: `Content-Type: text/plain${'; name*1*=%41'.repeat(100_000)}\r\n\r\nx` },
  { name: 'NUL everywhere', text: `Subject\0: a\0b\r\nTo: \0@\0\r\n\r\n\0\0\0` },
  { name: 'nothing but NUL', text: '\0'.repeat(100_000) },
  {
    name: 'headers in eight bits',
    text: 'Subject: \xe9\xff\r\nFrom: \xe4 <\xfc@\xf6>\r\nContent-Type: text/pl\xe4in; n\xe4me=\xe9\r\n\r\n\xe9',
  },
  { name: 'a charset that is none', text: 'Content-Type: text/html; charset="\0../../etc"\r\n\r\n<p>x' },
  {
    name: 'UTF-7 that would be script',
    text: 'Content-Type: text/html; charset=utf-7\r\n\r\n+ADw-script+AD4-alert(1)+ADw-/script+AD4-x',
  },
  { name: 'text in UTF-16 that is none', text: 'Content-Type: text/plain; charset=utf-16\r\n\r\nodd' },
  { name: 'HTML of open tags', text: `Content-Type: text/html\r\n\r\n${'<a b="'.repeat(300_000)}` },
  {
    name: 'a type called __proto__',
    text: 'Content-Type: __proto__/constructor; __proto__=x\r\nContent-Disposition: __proto__; constructor=y\r\n\r\n',
  },
]

for (const { name, text, check } of ATTACKS) {
  test(`a hostile message costs what its size says and breaks nothing: ${name}`, () => {
    check?.(readAll(Buffer.from(text, 'latin1')))
    // The same with the other line ends of files.
    readAll(Buffer.from(text.replaceAll('\r\n', '\n'), 'latin1'))
  })
}

test('each of thousands of parts is read and shown', () => {
  const letter = (parts: number): Buffer =>
    Buffer.from(`Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\nA: b\r\n\r\nx\r\n'.repeat(parts)}`)
  for (const parts of [1_000, 2_000, 4_000]) {
    const message = readAll(letter(parts))
    assert.equal(message.root.children.length, parts)
    assert.equal(bodyLists(message).textBody.length, parts)
  }
})

// Bytes that the parser looks at, more often than chance would have them.
const FRAGMENTS = [
  '\r\n|\n|\r| |\t|:|;|--|--b|--b--|=|"|(|)|<|>|@|,|\0|\xe9',
  'Content-Type: multipart/mixed; boundary=b\r\n|Content-Type: message/rfc822\r\n|Content-Type: text/html\r\n',
  'Content-Transfer-Encoding: base64\r\n|Content-Transfer-Encoding: quoted-printable\r\n|\r\n\r\n|\r\n--b\r\n',
  'Subject: |From: |Date: |References: |From x\n|=?utf-8?Q?|=?utf-8?B?w6Q=?=|?=|<p>|<!--|&amp;',
].flatMap((list) => list.split('|'))
const fragment = fc.constantFrom(...FRAGMENTS)

test('no bytes whatever make reading fail', () => {
  const anything = fc.array(fc.oneof(fragment, fc.string({ unit: 'binary', maxLength: 8 })), { maxLength: 60 })
  fc.assert(
    fc.property(anything, (pieces) => {
      readAll(Buffer.from(pieces.join(''), 'latin1'))
    }),
    { numRuns: 3_000 },
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      readAll(Buffer.from(bytes))
    }),
    { numRuns: 1_000 },
  )
})
