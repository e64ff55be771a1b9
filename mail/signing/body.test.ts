import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { relaxedBody } from './body.ts'

const sha256 = (text: string): string => createHash('sha256').update(text, 'latin1').digest('base64')

function hashOf(...pieces: string[]): string {
  const body = relaxedBody()
  for (const piece of pieces) body.add(Buffer.from(piece, 'latin1'))
  return body.digest()
}

const BODIES: [what: string, body: string, relaxed: string][] = [
  ['the example of RFC 6376 §3.4.5', ' C \r\nD \t E\r\n\r\n\r\n', ' C\r\nD E\r\n'],
  ['nothing', '', ''],
  ['empty lines alone', '\r\n\r\n\r\n', ''],
  ['white space alone', ' \t \r\n\t\r\n', ''],
  ['no line end at the end', 'a\r\nb', 'a\r\nb\r\n'],
  ['white space and no line end at the end', 'a \t', 'a\r\n'],
  ['empty lines in front and between', '\r\n\r\na\r\n\r\nb\r\n', '\r\n\r\na\r\n\r\nb\r\n'],
  ['bare LF, which leaves as CRLF', 'a\nb\n\nc\n', 'a\r\nb\r\n\r\nc\r\n'],
  ['bare CR, which leaves as CRLF', 'a\rb\r\rc\r', 'a\r\nb\r\n\r\nc\r\n'],
  ['LF CR', 'a\n\rb', 'a\r\n\r\nb\r\n'],
  ['bytes of all kinds', 'caf\xe9\x00\xff\r\n', 'caf\xe9\x00\xff\r\n'],
]
for (const [what, body, relaxed] of BODIES)
  test(`a body in the relaxed form: ${what}`, () => {
    assert.equal(hashOf(body), sha256(relaxed))
    assert.equal(hashOf(...body), sha256(relaxed), 'byte for byte')
  })

/** The same, as RFC 6376 §3.4.4 says it. */
function relaxed(body: string): string {
  const lines = body
    .replace(/\r\n|\r|\n/g, '\r\n')
    .split('\r\n')
    .map((line) => line.replace(/[ \t]+/g, ' ').replace(/ $/, ''))
  while (lines.at(-1) === '') lines.pop()
  return lines.map((line) => `${line}\r\n`).join('')
}

test('any body in any pieces has the hash that RFC 6376 §3.4.4 describes', () => {
  const piece = fc.string({ unit: fc.constantFrom('a', ' ', '\t', '\r\n', '\r', '\n', '\xff'), maxLength: 30 })
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
      assert.equal(hashOf(...pieces), sha256(relaxed(pieces.join(''))))
    }),
    { numRuns: 3000 },
  )
})

test('a million empty lines before the last word take no memory of their size', () => {
  const empty = '\r\n'.repeat(1_000_000)
  assert.equal(hashOf(empty, empty, 'a'), sha256(`${empty}${empty}a\r\n`))
})
