import assert from 'node:assert/strict'
import test from 'node:test'
import { decodeText, parseMessage, partContent, partText } from './index.ts'

const label = (subtype: string, charset?: string) => ({
  subtype,
  parameters: (charset === undefined ? {} : { charset }) as Record<string, string>,
})
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')

test('text is read in its charset, every line end becoming LF', () => {
  assert.deepEqual(decodeText(latin1('\xfc\r\nb\rc\n'), label('plain', 'iso-8859-1')), {
    text: 'ü\nb\nc\n',
    isEncodingProblem: false,
  })
})

test('an unknown charset is guessed and said to be a problem (RFC 8621 §4.1.4)', () => {
  assert.deepEqual(decodeText(Buffer.from('ü'), label('plain', 'x-unheard-of')), { text: 'ü', isEncodingProblem: true })
})

test('text without a charset in eight bits is UTF-8, else Windows-1252', () => {
  assert.deepEqual(decodeText(Buffer.from('ü'), label('plain')), { text: 'ü', isEncodingProblem: false })
  assert.deepEqual(decodeText(latin1('\xfc'), label('plain')), { text: 'ü', isEncodingProblem: true })
})

test('HTML may name its charset itself, but not one that it cannot be in', () => {
  const page = (charset: string) =>
    latin1(`<meta http-equiv="Content-Type" content="text/html; charset=${charset}"><p>\xb1`)
  assert.match(decodeText(page('iso-8859-2'), label('html')).text, /ą$/)
  assert.match(decodeText(page('utf-16'), label('html')).text, /±$/)
  assert.match(decodeText(page('iso-8859-2'), label('html', 'iso-8859-1')).text, /±$/)
  assert.match(decodeText(page('iso-8859-2'), label('plain')).text, /±$/)
})

test('a part gives its content and its text', () => {
  const message = parseMessage(
    latin1('Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nR3LDvMOfZQ==\r\n'),
  )
  assert.deepEqual(partContent(message, message.root), { bytes: Buffer.from('Grüße'), isProblem: false })
  assert.deepEqual(partText(message, message.root), { text: 'Grüße', isEncodingProblem: false })
  assert.equal(partText(message, message.root, 4).text, 'Gr\ufffd')
})

test('an encoding that no one knows leaves the text as it is, and is a problem', () => {
  const message = parseMessage(latin1('Content-Transfer-Encoding: x-rot13\r\n\r\nuryyb'))
  assert.deepEqual(partText(message, message.root), { text: 'uryyb', isEncodingProblem: true })
})
