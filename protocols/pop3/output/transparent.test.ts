import assert from 'node:assert/strict'
import { test } from 'node:test'
import { transparent } from './transparent.ts'

/** @param size  bytes of a piece: a message must not be another one for how it is cut */
async function sent(message: string, { size = 3, lines = Infinity } = {}): Promise<string> {
  async function* pieces() {
    const bytes = Buffer.from(message, 'latin1')
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  }
  const all = await Array.fromAsync(transparent(pieces(), lines))
  return Buffer.concat(all).toString('latin1')
}

const messages: Record<string, [message: string, sent: string]> = {
  'a message': ['A: b\r\n\r\nText\r\n', 'A: b\r\n\r\nText\r\n'],
  'dots at line starts': ['.A: b\r\n\r\n.\r\n..\r\nx.\r\n', '..A: b\r\n\r\n..\r\n...\r\nx.\r\n'],
  'no end of the last line': ['A: b\r\n\r\nText', 'A: b\r\n\r\nText\r\n'],
  'half an end of the last line': ['A: b\r\n\r\nText\r', 'A: b\r\n\r\nText\r\n'],
  'an end hidden behind LF alone': ['A: b\n\nText\n.\n+OK', 'A: b\r\n\r\nText\r\n..\r\n+OK\r\n'],
  'CR alone is no end': ['A: b\r\n\r\n\r.\r\n', 'A: b\r\n\r\n\r.\r\n'],
  nothing: ['', ''],
  'bytes of all kinds': ['\xff\x00\x80\r\n', '\xff\x00\x80\r\n'],
}
for (const [what, [message, expected]] of Object.entries(messages))
  test(`over the wire: ${what}`, async () => {
    for (const size of [1, 2, 3, 1000]) assert.equal(await sent(message, { size }), expected, `pieces of ${size}`)
  })

test('the top of a message is its header, the empty line and so many lines of the body', async () => {
  const message = 'A: b\r\nC: d\r\n\r\n\r\none\r\n.two\r\nthree\r\n'
  for (const size of [1, 2, 1000]) {
    assert.equal(await sent(message, { size, lines: 0 }), 'A: b\r\nC: d\r\n\r\n')
    assert.equal(await sent(message, { size, lines: 1 }), 'A: b\r\nC: d\r\n\r\n\r\n')
    assert.equal(await sent(message, { size, lines: 3 }), 'A: b\r\nC: d\r\n\r\n\r\none\r\n..two\r\n')
    assert.equal(await sent(message, { size, lines: 9 }), message.replace('.two', '..two'))
  }
  assert.equal(await sent('A: b\r\n', { lines: 0 }), 'A: b\r\n')
})
