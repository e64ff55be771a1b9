import assert from 'node:assert/strict'
import test from 'node:test'
import { charsetDecoder, decodeUnlabelled } from './charset.ts'

const CHARSETS: [label: string, latin1: string, text: string][] = [
  ['utf-8', '\xef\xbb\xbfGr\xc3\xbc\xc3\x9fe', 'Grüße'],
  ['"UTF8"', 'Gr\xc3\xbc\xc3\x9fe', 'Grüße'],
  ['ISO-8859-1', 'Gr\xfc\xdfe', 'Grüße'],
  ['windows-1252', '\x80 \x93x\x94', '€ “x”'],
  ['iso-8859-15', '\xa4', '€'],
  ['iso-8859-2', '\xb1', 'ą'],
  ['koi8-r', '\xd0\xd2\xc9', 'при'],
  ['windows-1251', '\xef\xf0\xe8', 'при'],
  ['gb2312', '\xc4\xe3\xba\xc3', '你好'],
  ['gb18030', '\x95\x32\x82\x36', '𠀀'],
  ['big5', '\xa7\x41\xa6\x6e', '你好'],
  ['shift_jis', '\x82\xa0', 'あ'],
  ['cp932', '\x82\xa0', 'あ'],
  ['euc-jp', '\xa4\xa2', 'あ'],
  ['iso-2022-jp', '\x1b$B$"\x1b(B', 'あ'],
  ['ks_c_5601-1987', '\xb0\xa1', '가'],
  ['iso-2022-kr', '\x1b$)C\x0e0!\x0f hi', '가 hi'],
  ['hz-gb-2312', 'ab~{VPND~}~~c~\nd', 'ab中文~cd'],
  ['utf-7', '+AOk-t+AOk-', 'été'],
  ['utf-16', '\xfe\xff\x00A', 'A'],
  ['utf-16', 'A\x00', 'A'],
  ['cp437', '\x81', 'ü'],
  ['ibm850', '\x81', 'ü'],
  ['us-ascii', 'plain', 'plain'],
]

for (const [label, latin1, text] of CHARSETS) {
  test(`text in ${label} is read`, () => {
    assert.deepEqual(charsetDecoder(label)?.(Buffer.from(latin1, 'latin1')), { text, isProblem: false })
  })
}

test('malformed bytes become U+FFFD and are a problem', () => {
  assert.deepEqual(charsetDecoder('utf-8')!(Buffer.from('a\xffb', 'latin1')), { text: 'a\ufffdb', isProblem: true })
  assert.deepEqual(charsetDecoder('shift_jis')!(Buffer.from('a\xff', 'latin1')), { text: 'a\ufffd', isProblem: true })
})

test('what is no charset is none, whatever the name', () => {
  for (const label of [
    '',
    'unknown-8bit',
    'base64',
    'hex',
    'x'.repeat(1_000),
    '__proto__',
    'constructor',
    'toString',
    'utf-8\0',
  ]) {
    assert.equal(charsetDecoder(label), undefined, label)
  }
})

test('text without a charset is UTF-8 when it can be, else Windows-1252', () => {
  assert.deepEqual(decodeUnlabelled(Buffer.from('é')), { text: 'é', isProblem: false })
  assert.deepEqual(decodeUnlabelled(Buffer.from('\xe9\x80', 'latin1')), { text: 'é€', isProblem: true })
})

test('megabytes of marks that switch a charset are read in linear time', () => {
  for (const mark of ['~{', '~', '\x0e', '\x1b$)C', '\x1b', '+']) {
    for (const label of ['hz-gb-2312', 'iso-2022-kr', 'iso-2022-jp', 'utf-7']) {
      const { text } = charsetDecoder(label)!(Buffer.from(mark.repeat(1_000_000), 'latin1'))
      assert.equal(typeof text, 'string')
    }
  }
})
