import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { encodeBytes, encodeMessage, encodeText } from './transfer-encode.ts'
import { decodedSize, transferDecode, transferDecodePieces } from './transfer.ts'

interface Sample {
  readonly encoding: string
  readonly encoded: string
  readonly content: string
  readonly isProblem?: boolean
}

const UU = 'about it\nbegin 644 cat.txt\n#0V%T\n`\nend\nfooter\n'

const SAMPLES: readonly Sample[] = [
  { encoding: 'base64', encoded: 'SGVsbG8=', content: 'Hello' },
  { encoding: 'base64', encoded: 'SGVs\r\nbG8\r\n', content: 'Hello' },
  { encoding: 'base64', encoded: ' S G\tVsbG8 = ', content: 'Hello' },
  { encoding: 'base64', encoded: 'SGVs!bG8=', content: 'Hello', isProblem: true },
  { encoding: 'base64', encoded: 'SGVsbG8=\r\n____\r\nList info', content: 'Hello', isProblem: true },
  { encoding: 'base64', encoded: 'SGVsb', content: 'Hel', isProblem: true },
  { encoding: 'base64', encoded: '', content: '' },
  { encoding: 'quoted-printable', encoded: 'a=3Db=20\r\nc=\r\nd  \r\ne', content: 'a=b \r\ncd\r\ne' },
  { encoding: 'quoted-printable', encoded: 'caf=c3=A9=', content: 'caf\xc3\xa9' },
  { encoding: 'quoted-printable', encoded: 'a= \t\r\nb=\nc', content: 'abc' },
  { encoding: 'quoted-printable', encoded: 'a=b=ZZ', content: 'a=b=ZZ', isProblem: true },
  { encoding: 'quoted-printable', encoded: 'a===', content: 'a==', isProblem: true },
  { encoding: 'quoted-printable', encoded: '= =A=\t', content: '= =A', isProblem: true },
  { encoding: 'quoted-printable', encoded: 'two  words ', content: 'two  words' },
  { encoding: 'x-uuencode', encoded: UU, content: 'Cat' },
  { encoding: 'x-uuencode', encoded: UU.replaceAll('\n', '\r\n'), content: 'Cat' },
  { encoding: 'x-uuencode', encoded: 'begin 644 x\n#0V%T\n', content: 'Cat', isProblem: true },
  { encoding: 'x-uuencode', encoded: 'no file at all', content: '', isProblem: true },
  { encoding: '7bit', encoded: 'as it is', content: 'as it is' },
  { encoding: 'x-unheard-of', encoded: 'as it is', content: 'as it is', isProblem: true },
]

for (const { encoding, encoded, content, isProblem = false } of SAMPLES) {
  test(`${encoding} of ${JSON.stringify(encoded)}`, () => {
    const decoded = transferDecode(Buffer.from(encoded, 'latin1'), encoding)
    assert.equal(decoded.bytes.toString('latin1'), content)
    assert.equal(decoded.isProblem, isProblem)
  })

  test(`${encoding} of ${JSON.stringify(encoded)}, byte by byte`, async () => {
    const bytes = Buffer.from(encoded, 'latin1')
    const decoded = await collect(transferDecodePieces(pieces(bytes, [1]), encoding))
    assert.equal(decoded.toString('latin1'), content)
  })
}

function* pieces(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  for (let at = 0, index = 0; at < bytes.length; index++) {
    const size = sizes[index % sizes.length]!
    yield bytes.subarray(at, at + size)
    at += size
  }
}

async function collect(iterable: AsyncIterable<Buffer>): Promise<Buffer> {
  const found: Buffer[] = []
  for await (const piece of iterable) found.push(piece)
  return Buffer.concat(found)
}

// Bytes that the decoders look at, more often than chance would have them.
const bytes = fc
  .array(fc.oneof(fc.constantFrom(...'=\r\n \tAZaz09+/-`#begin 644 x\nend'), fc.integer({ min: 0, max: 255 })), {
    maxLength: 300,
  })
  .map((items) => Buffer.concat(items.map((item) => (typeof item === 'string' ? Buffer.from(item) : Buffer.of(item)))))

test('the size of a content is known without it', () => {
  fc.assert(
    fc.property(bytes, fc.constantFrom('base64', 'quoted-printable', 'x-uuencode', '8bit'), (body, encoding) => {
      assert.equal(decodedSize(body, encoding), transferDecode(body, encoding).bytes.length)
    }),
    { numRuns: 1000 },
  )
})

test('a body decodes to the same content however it is cut into pieces', async () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 })
  await fc.assert(
    fc.asyncProperty(
      bytes,
      sizes,
      fc.constantFrom('base64', 'quoted-printable', 'x-uuencode', '8bit'),
      async (body, cut, encoding) => {
        const whole = transferDecode(body, encoding).bytes
        assert.deepEqual(await collect(transferDecodePieces(pieces(body, cut), encoding)), whole)
      },
    ),
    { numRuns: 500 },
  )
})

test('text is the same after it was encoded and decoded', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
      const { encoding, bytes } = encodeText(text)
      const wanted = text.replace(/\r\n?|\n/g, '\r\n')
      assert.equal(transferDecode(bytes, encoding).bytes.toString(), wanted)
      if (encoding !== '7bit') for (const line of bytes.toString('latin1').split('\r\n')) assert.ok(line.length <= 76)
    }),
  )
})

test('text that mail can carry stays readable', () => {
  assert.equal(encodeText('plain words\n').encoding, '7bit')
  assert.equal(encodeText('plain wörds\n').encoding, 'quoted-printable')
  assert.equal(encodeText('日本語\n').encoding, 'base64')
  assert.equal(encodeText('x'.repeat(1_000)).encoding, 'quoted-printable')
  assert.equal(encodeText('From here on\n').bytes.toString(), '=46rom here on\r\n')
})

test('a file arrives byte for byte', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (content, isText) => {
      const { encoding, bytes } = encodeBytes(Buffer.from(content), isText)
      assert.deepEqual(transferDecode(bytes, encoding).bytes, Buffer.from(content))
    }),
  )
})

test('an attached message is never encoded; one that cannot be sent as it is is refused', () => {
  assert.deepEqual(encodeMessage(Buffer.from('Subject: x\n\né\n')), {
    encoding: '8bit',
    bytes: Buffer.from('Subject: x\r\n\r\né\r\n'),
  })
  assert.equal(encodeMessage(Buffer.from('x'.repeat(1_000))), undefined)
  assert.equal(encodeMessage(Buffer.from('a\0b')), undefined)
})

const FLOODS = ['=', '==', ' ', '= ', '=\r', '\r', '\n', 'begin 644 x\n', '!', 'A=', '=A']
for (const piece of FLOODS) {
  test(`megabytes of ${JSON.stringify(piece)} decode in linear time`, async () => {
    const body = Buffer.from(piece.repeat(2_000_000 / piece.length))
    for (const encoding of ['base64', 'quoted-printable', 'x-uuencode']) {
      const whole = transferDecode(body, encoding).bytes
      assert.ok(whole.length <= body.length)
      assert.ok((await collect(transferDecodePieces(pieces(body, [8_192]), encoding))).length <= body.length)
    }
  })
}
