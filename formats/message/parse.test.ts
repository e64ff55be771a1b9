import assert from 'node:assert/strict'
import test from 'node:test'
import { findPart, mediaType, parseMessage, walkParts, type Message, type Part } from './index.ts'

const crlf = (text: string): Buffer => Buffer.from(text.replaceAll('\n', '\r\n'))
const parse = (text: string): Message => parseMessage(crlf(text))
const body = (message: Message, part: Part): string => message.bytes.toString('latin1', part.bodyStart, part.bodyEnd)
const numbered = (message: Message): string[] =>
  [...walkParts(message.root, true)].map((part) => `${part.partId} ${mediaType(part)}`)

const LETTER = `From: Ann <ann@example.org>
Subject: two parts
Content-Type: multipart/mixed; boundary=b

This is the preamble.
--b
Content-Type: text/plain; charset=utf-8

first
line two
--b
Content-Type: image/png; name="dot.png"
Content-Transfer-Encoding: BASE64
Content-ID: <dot@example.org>
Content-Disposition: inline; filename="dot.png"; size=3
Content-Description: =?utf-8?Q?ein_P=C3=BCnktchen?=
Content-Language: de, en (both)
Content-Location: dot.png
Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==

AAAA

--b--
epilogue
`

test('a part knows where its header and body begin and end, without the line end of the boundary', () => {
  const message = parse(LETTER)
  const [first, second] = message.root.children
  assert.equal(body(message, first!), 'first\r\nline two')
  assert.equal(first!.lines, 1)
  assert.equal(
    message.bytes.toString('latin1', first!.headerStart, first!.bodyStart),
    'Content-Type: text/plain; charset=utf-8\r\n\r\n',
  )
  assert.equal(body(message, second!), 'AAAA\r\n')
  assert.equal(second!.lines, 1)
  assert.equal(message.root.bodyEnd, message.bytes.length)
  assert.equal(message.isCutShort, false)
})

test('a part shows what its Content fields say', () => {
  const part = parse(LETTER).root.children[1]!
  assert.equal(mediaType(part), 'image/png')
  assert.deepEqual({ ...part.parameters }, { name: 'dot.png' })
  assert.equal(part.encoding, 'base64')
  assert.equal(part.disposition, 'inline')
  assert.deepEqual({ ...part.dispositionParameters }, { filename: 'dot.png', size: '3' })
  assert.equal(part.filename, 'dot.png')
  assert.equal(part.contentId, 'dot@example.org')
  assert.equal(part.description, 'ein Pünktchen')
  assert.deepEqual(part.language, ['de', 'en'])
  assert.equal(part.location, 'dot.png')
  assert.equal(part.md5, 'Q2hlY2sgSW50ZWdyaXR5IQ==')
})

test('a message without a single MIME field is one part of plain text, number 1', () => {
  const message = parse('Subject: hi\n\nhello\n')
  assert.deepEqual(numbered(message), ['1 text/plain'])
  assert.equal(message.root.encoding, '7bit')
  assert.equal(body(message, message.root), 'hello\r\n')
})

// The structure of RFC 3501 §6.4.5, with its numbers.
const NUMBERS = `Content-Type: multipart/mixed; boundary=a

--a

1
--a
Content-Type: application/octet-stream

2
--a
Content-Type: message/rfc822

Subject: three
Content-Type: multipart/mixed; boundary=b

--b

3.1
--b
Content-Type: application/octet-stream

3.2
--b--
--a
Content-Type: multipart/mixed; boundary=c

--c
Content-Type: image/gif

4.1
--c
Content-Type: message/rfc822

Subject: four two
Content-Type: multipart/mixed; boundary=d

--d

4.2.1
--d
Content-Type: multipart/alternative; boundary=e

--e

4.2.2.1
--e
Content-Type: text/richtext

4.2.2.2
--e--
--d--
--c--
--a--
`

test('parts are numbered as the example of RFC 3501 §6.4.5 numbers them', () => {
  const message = parse(NUMBERS)
  assert.deepEqual(numbered(message), [
    ' multipart/mixed',
    '1 text/plain',
    '2 application/octet-stream',
    '3 message/rfc822',
    ' multipart/mixed',
    '3.1 text/plain',
    '3.2 application/octet-stream',
    '4 multipart/mixed',
    '4.1 image/gif',
    '4.2 message/rfc822',
    ' multipart/mixed',
    '4.2.1 text/plain',
    '4.2.2 multipart/alternative',
    '4.2.2.1 text/plain',
    '4.2.2.2 text/richtext',
  ])
  for (const part of walkParts(message.root, true)) {
    const isLeaf = part.children.length === 0 && part.message === null
    if (isLeaf) assert.equal(body(message, part), part.partId)
    if (part.partId !== '') assert.equal(findPart(message, part.partId), part)
  }
  assert.equal(findPart(message, '9'), undefined)
})

test('a message inside a message that is one text has the number .1', () => {
  assert.deepEqual(numbered(parse('Content-Type: message/rfc822\n\nSubject: in\n\nhello\n')), [
    '1 message/rfc822',
    '1.1 text/plain',
  ])
})

test('a message counts its lines though its parts count them too', () => {
  const message = parse(NUMBERS)
  assert.equal(findPart(message, '3')!.lines, 10)
  assert.equal(findPart(message, '4.2.2')!.lines, 7)
})

test('a part of a digest without a type is a message (RFC 2046 §5.1.5)', () => {
  const message = parse('Content-Type: multipart/digest; boundary=x\n\n--x\n\nSubject: one\n\nbody\n--x--\n')
  assert.deepEqual(numbered(message), [' multipart/digest', '1 message/rfc822', '1.1 text/plain'])
})

test('bare LF and bare CR give the same parts as CRLF', () => {
  const wanted = parse(NUMBERS)
  for (const lineEnd of ['\n', '\r']) {
    const message = parseMessage(Buffer.from(NUMBERS.replaceAll('\n', lineEnd)))
    assert.deepEqual(numbered(message), numbered(wanted))
    assert.deepEqual(
      [...walkParts(message.root, true)].map((part) => part.lines),
      [...walkParts(wanted.root, true)].map((part) => part.lines),
    )
    assert.equal(body(message, findPart(message, '4.2.2.1')!), '4.2.2.1')
  }
})

test('a bare CR inside a line does not begin a field: nothing can be smuggled past a reader', () => {
  const message = parseMessage(Buffer.from('Subject: a\rBcc: b@example.org\r\n\r\nbody\r\n'))
  assert.equal(message.root.fields.length, 1)
})

interface Structure {
  readonly name: string
  readonly text: string
  readonly parts: string[]
  readonly bodies?: string[]
}

const DAMAGED: readonly Structure[] = [
  {
    name: 'the closing boundary is missing',
    text: 'Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo',
    parts: [' multipart/mixed', '1 text/plain', '2 text/plain'],
    bodies: ['one', 'two'],
  },
  {
    name: 'the inner multipart never closes, the outer goes on',
    text: 'Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: multipart/mixed; boundary=i\n\n--i\n\none\n--o\n\ntwo\n--o--\n',
    parts: [' multipart/mixed', '1 multipart/mixed', '1.1 text/plain', '2 text/plain'],
    bodies: ['one', 'two'],
  },
  {
    name: 'no boundary stands in the body: the text is shown',
    text: 'Content-Type: multipart/mixed; boundary=b\n\njust text\n',
    parts: ['1 text/plain'],
    bodies: ['just text\r\n'],
  },
  {
    name: 'the multipart names no boundary',
    text: 'Content-Type: multipart/mixed\n\n--b\n\ntext\n--b--\n',
    parts: ['1 text/plain'],
  },
  {
    name: 'a boundary that begins like another',
    text: 'Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=bb\n\n--bb\n\none\n--bb--\n--b\n\ntwo\n--b--\n',
    parts: [' multipart/mixed', '1 multipart/mixed', '1.1 text/plain', '2 text/plain'],
    bodies: ['one', 'two'],
  },
  {
    name: 'a boundary that ends like a closing one',
    text: 'Content-Type: multipart/mixed; boundary="b--"\n\n--b--\n\none\n--b----\n',
    parts: [' multipart/mixed', '1 text/plain'],
    bodies: ['one'],
  },
  {
    name: 'a line that only begins with the boundary',
    text: 'Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--bx\nstill one\n--b--\n',
    parts: [' multipart/mixed', '1 text/plain'],
    bodies: ['one\r\n--bx\r\nstill one'],
  },
  {
    name: 'white space after the boundary',
    text: 'Content-Type: multipart/mixed; boundary="b "\n\n--b \t \n\none\n--b--   \n',
    parts: [' multipart/mixed', '1 text/plain'],
    bodies: ['one'],
  },
  {
    name: 'the boundary comes before the empty line of a part',
    text: 'Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n--b\n\ntwo\n--b--\n',
    parts: [' multipart/mixed', '1 text/html', '2 text/plain'],
    bodies: ['', 'two'],
  },
  {
    name: 'the empty line between header and body is missing',
    text: 'Subject: x\nDear all,\nplease read\n\nthis\n',
    parts: ['1 text/plain'],
    bodies: ['Dear all,\r\nplease read\r\n\r\nthis\r\n'],
  },
  {
    name: 'a stray line between two fields',
    text: 'Subject: x\nquite a stray line\nContent-Type: text/html\n\nbody',
    parts: ['1 text/html'],
    bodies: ['body'],
  },
  {
    name: 'two Content-Type fields: the first counts',
    text: 'Content-Type: text/html\nContent-Type: image/png\n\nbody',
    parts: ['1 text/html'],
  },
  {
    name: 'a type that is none',
    text: 'Content-Type: =?utf-8?Q?what?=\n\nbody',
    parts: ['1 text/plain'],
  },
  {
    name: 'an encoded message is not opened',
    text: 'Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogeA==\n',
    parts: ['1 message/rfc822'],
  },
  {
    name: 'the "From " line of an mbox file',
    text: 'From ann@example.org Mon Jul  1 10:00:00 2026\nContent-Type: text/html\n\nbody',
    parts: ['1 text/html'],
    bodies: ['body'],
  },
  { name: 'nothing at all', text: '', parts: ['1 text/plain'], bodies: [''] },
  { name: 'no header', text: '\nbody', parts: ['1 text/plain'], bodies: ['body'] },
  { name: 'no body', text: 'Subject: x', parts: ['1 text/plain'], bodies: [''] },
]

for (const { name, text, parts, bodies } of DAMAGED) {
  test(`a damaged message is read all the same: ${name}`, () => {
    const message = parse(text)
    assert.deepEqual(numbered(message), parts)
    const leaves = [...walkParts(message.root, true)].filter((part) => part.children.length === 0)
    if (bodies)
      assert.deepEqual(
        leaves.map((part) => body(message, part)),
        bodies,
      )
  })
}

test('the words that mailers write for an encoding are understood', () => {
  const encodings: [string, string][] = [
    ['7-bit', '7bit'],
    ['8bits', '8bit'],
    ['', '7bit'],
    ['Quoted Printable', 'quoted-printable'],
    ['quoted-printable;', 'quoted-printable'],
    ['BASE64 (as always)', 'base64'],
    ['x-uue', 'x-uuencode'],
    ['text/html', 'text/html'],
  ]
  for (const [written, encoding] of encodings) {
    assert.equal(parse(`Content-Transfer-Encoding: ${written}\n\nx`).root.encoding, encoding)
  }
})

test('bytes that begin in the middle of a larger memory are read by their own offsets', () => {
  const bytes = crlf(LETTER)
  const inside = new Uint8Array(bytes.length + 13)
  inside.set(bytes, 13)
  const message = parseMessage(inside.subarray(13))
  assert.equal(body(message, message.root.children[0]!), 'first\r\nline two')
})
