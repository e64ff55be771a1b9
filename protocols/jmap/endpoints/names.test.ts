import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { contentDisposition } from './disposition.ts'
import { mayBeShown, mediaType, withCharset } from './media-type.ts'

const names: [name: string, header: string][] = [
  ['report.pdf', 'attachment; filename="report.pdf"'],
  ['', 'attachment'],
  ['Überweisung.pdf', `attachment; filename="_berweisung.pdf"; filename*=UTF-8''%C3%9Cberweisung.pdf`],
  ['a"b\\c.txt', `attachment; filename="a_b_c.txt"; filename*=UTF-8''a%22b_c.txt`],
  ['50%.txt', `attachment; filename="50_.txt"; filename*=UTF-8''50%25.txt`],
  ["it's (1).txt", 'attachment; filename="it\'s (1).txt"'],
]
for (const [name, header] of names)
  test(`a file called ${JSON.stringify(name)}`, () => {
    assert.equal(contentDisposition('attachment', name), header)
  })

const attacks: Record<string, string> = {
  'a second header': 'a.txt"\r\nSet-Cookie: x=1',
  'a second parameter': 'a"; filename=b.exe',
  'the way up': '../../etc/passwd',
  'the way up on Windows': '..\\..\\boot.ini',
  'a name turned around': 'invoice\u202efdp.exe',
  'a name beginning with a dot': '...bashrc',
  'a null': 'a.txt\0.png',
  'a lone surrogate': 'a\ud800.txt',
  'a very long name': 'x'.repeat(100_000),
  'a line separator': 'a\u2028b',
}
for (const [attack, name] of Object.entries(attacks))
  test(`a file name cannot bring ${attack}`, () => {
    assert.match(
      contentDisposition('attachment', name),
      /^attachment; filename="[^"\\/\r\n\0\u202e]{1,200}"(?:; filename\*=UTF-8''[\w!#$&+.^`|~%-]+)?$/,
    )
    assert.doesNotMatch(contentDisposition('attachment', name), /filename="\./)
  })

test('every name makes one header of one line', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      assert.match(
        contentDisposition('inline', name),
        /^inline(?:; filename="[\x20-\x7e]*")?(?:; filename\*=UTF-8''[\x21-\x7e]*)?$/,
      )
    }),
  )
})

test('a media type passes as it is, with its parameters', () => {
  for (const type of ['text/plain', 'TEXT/Plain; charset=utf-8', 'application/vnd.a+json', 'a/b;c="d e"'])
    assert.equal(mediaType(type), type)
})

for (const type of [
  undefined,
  '',
  'text',
  'text/',
  '/html',
  'text/html\r\nX: y',
  'text/html; charset',
  'text/html,text/plain',
  'text/ html',
  'text/html; a="b',
  `a/${'b'.repeat(300)}`,
])
  test(`no media type: ${JSON.stringify(type)?.slice(0, 40)}`, () => {
    assert.equal(mediaType(type), undefined)
  })

test('only what can carry no script is shown', () => {
  for (const type of ['image/png', 'IMAGE/PNG', 'text/plain; charset=utf-8', 'application/pdf'])
    assert.ok(mayBeShown(type))
  for (const type of [
    'text/html',
    'image/svg+xml',
    'application/xhtml+xml',
    'text/xml',
    'text/javascript',
    'image/png2',
  ])
    assert.ok(!mayBeShown(type))
})

test('text is never without a charset', () => {
  assert.equal(withCharset('text/plain'), 'text/plain; charset=utf-8')
  assert.equal(withCharset('text/plain; charset=iso-8859-1'), 'text/plain; charset=iso-8859-1')
  assert.equal(withCharset('image/png'), 'image/png')
})
