import assert from 'node:assert/strict'
import test from 'node:test'
import { encodeWords } from './encode-words.ts'
import { decodeWords } from './words.ts'

// The first rows are the table of RFC 2047 §8.
const WORDS: [string, string][] = [
  ['=?ISO-8859-1?Q?a?= b', 'a b'],
  ['=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=', 'ab'],
  ['=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=', 'ab'],
  ['=?ISO-8859-1?Q?a_b?=', 'a b'],
  ['=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=', 'a b'],
  ['=?US-ASCII*EN?Q?Keith_Moore?=', 'Keith Moore'],
  ['=?utf-8?B?w6TDtg==?=', 'äö'],
  ['=?utf-8?b?w6Q=?= =?utf-8?q?=C3=B6?=', 'äö'],
  // One character over two words of one charset.
  ['=?utf-8?Q?=C3?= =?utf-8?Q?=A4?=', 'ä'],
  ['=?iso-2022-jp?B?GyRCJDkkXxsoQg==?=', 'すみ'],
  // Text on either side: no encoded word (RFC 8621 §4.1.2.2).
  ['x=?utf-8?Q?a?=', 'x=?utf-8?Q?a?='],
  ['=?utf-8?Q?a?=x', '=?utf-8?Q?a?=x'],
  ['=?utf-8?Q?a b?=', '=?utf-8?Q?a b?='],
  ['=?unheard-of?Q?a?=', '=?unheard-of?Q?a?='],
  ['=?utf-8?X?a?=', '=?utf-8?X?a?='],
  ['=?utf-8?Q?a', '=?utf-8?Q?a'],
  ['=?utf-8?Q??=', ''],
  ['=?utf-8?Q?a=0D=0AX-Evil:_b=00?=', 'aX-Evil: b'],
  ['=?utf-8?Q?=ZZ=?=', '=ZZ='],
  ['=?utf-8?Q?=FF?=', '\ufffd'],
  ['=?base64?Q?a?=', '=?base64?Q?a?='],
]

for (const [written, text] of WORDS) {
  test(`encoded words: ${JSON.stringify(written)} reads ${JSON.stringify(text)}`, () => {
    assert.equal(decodeWords(written), text)
  })
}

test('where senders misuse them, words that touch other text can be decoded too', () => {
  assert.equal(decodeWords('a=?utf-8?Q?b?==?utf-8?Q?c?=.txt', true), 'abc.txt')
})

test('text becomes words of at most 75 octets that read as the same text', () => {
  const texts = [
    'Grüße',
    'ä'.repeat(300),
    '日本語のとても長い件名'.repeat(9),
    '👩‍👩‍👧'.repeat(40),
    'a=?b',
    'plain and ünplain '.repeat(20),
  ]
  for (const text of texts) {
    const encoded = encodeWords(text, 40)
    for (const [index, word] of encoded.split(' ').entries()) {
      assert.ok(word.length <= (index === 0 ? 40 : 75), word)
      assert.match(word, /^=\?utf-8\?[BQ]\?[!-~]+\?=$/)
      assert.doesNotMatch(decodeWords(word), /\ufffd/)
    }
    assert.equal(decodeWords(encoded), text)
  }
})

test('words in ISO-2022-JP, each of which returns to ASCII, are joined without a sign of error (RFC 1468)', () => {
  const subject = '=?iso-2022-jp?B?GyRCT0I7ZiROGyhC?= =?iso-2022-jp?B?GyRCOCtLXBsoQg==?='
  assert.equal(decodeWords(subject), '和紙の見本')
})
