import assert from 'node:assert/strict'
import test from 'node:test'
import { parseMessage, preview, textForIndex } from './index.ts'

const PLAIN = 'Content-Type: text/plain; charset=utf-8\r\n\r\n'
const HTML = 'Content-Type: text/html; charset=utf-8\r\n\r\n'
const show = (text: string): string => preview(parseMessage(Buffer.from(text)))

const PREVIEWS: { name: string; text: string; wanted: string }[] = [
  { name: 'lines become one', text: `${PLAIN}Dear  all,\r\n\r\n\tsee you.\r\n`, wanted: 'Dear all, see you.' },
  {
    name: 'what is quoted is left out',
    text: `${PLAIN}On Monday Ann <ann@example.org> wrote:\r\n> old\r\n>> older\r\nnew\r\n`,
    wanted: 'new',
  },
  { name: 'what is quoted is shown when there is nothing else', text: `${PLAIN}> old\r\n`, wanted: '> old' },
  { name: 'the signature is left out', text: `${PLAIN}Hello\r\n-- \r\nAnn\r\n`, wanted: 'Hello' },
  { name: 'the signature is shown when there is nothing else', text: `${PLAIN}\r\n--\r\nAnn\r\n`, wanted: '-- Ann' },
  { name: 'rules are left out', text: `${PLAIN}======\r\nTitle\r\n------\r\nText\r\n`, wanted: 'Title Text' },
  {
    name: 'HTML is shown as text',
    text: `${HTML}<style>a{}</style><p>Hello &amp; <b>welcome</b></p>`,
    wanted: 'Hello & welcome',
  },
  {
    name: 'padding that nobody sees',
    text: `${HTML}Hello${'\u034f\u00a0\u200c&nbsp;&zwnj;\u00ad\u200b&#847; '.repeat(80)}<p>World`,
    wanted: 'Hello World',
  },
  { name: 'joiners inside words stay', text: `${PLAIN}👩‍👩‍👧 می‌خواهم\u200f\r\n`, wanted: '👩‍👩‍👧 می‌خواهم' },
  { name: 'control characters are no text', text: `${PLAIN}a\u0000b\u001b[31mc\u0085d\r\n`, wanted: 'a b [31mc d' },
  { name: 'no text, no preview', text: 'Content-Type: application/pdf\r\n\r\nx', wanted: '' },
]

for (const { name, text, wanted } of PREVIEWS) {
  test(`preview: ${name}`, () => {
    assert.equal(show(text), wanted)
  })
}

test('a page that begins with its styles still has a preview', () => {
  assert.equal(show(`${HTML}<style>${'p { margin: 0 }\r\n'.repeat(2_000)}</style><p>Hello`), 'Hello')
})

test('when the text version is empty the page speaks', () => {
  const text = `Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\n\r\n--b\r\n${HTML}<p>Hello\r\n--b--\r\n`
  assert.equal(show(text), 'Hello')
})

test('a preview has at most 256 characters, none cut in two (RFC 8621 §4.1.4)', () => {
  for (const text of ['word '.repeat(200), 'x'.repeat(5_000), '👍'.repeat(500), `x${'👍'.repeat(500)}`]) {
    const found = show(PLAIN + text)
    assert.ok(found.length <= 256 && found.length >= 255, String(found.length))
    assert.ok(found.isWellFormed())
  }
})

const LETTER = `Content-Type: multipart/mixed; boundary=b\r
\r
--b\r
Content-Type: multipart/alternative; boundary=c\r
\r
--c\r
${PLAIN}plainword\r
--c\r
${HTML}<p>pageword <img alt="altword"><style>styleword</style>\r
--c--\r
--b\r
Content-Type: application/pdf; name="fileword.pdf"\r
Content-Description: descriptionword\r
\r
binaryword\r
--b\r
Content-Type: message/rfc822\r
\r
Subject: subjectword\r
From: Nameword <a@example.org>\r
\r
innerword\r
--b--\r
`

test('search finds words of all versions, attached messages and names, and nothing that nobody reads', () => {
  const { body, names } = textForIndex(parseMessage(Buffer.from(LETTER)))
  const text = [body, ...names].join('\n')
  const wanted = [
    'plainword',
    'pageword',
    'altword',
    'fileword',
    'descriptionword',
    'subjectword',
    'Nameword',
    'innerword',
  ]
  for (const word of wanted) assert.ok(text.includes(word), word)
  for (const word of ['styleword', 'binaryword']) assert.ok(!text.includes(word), word)
})

test('the text for search is bounded, and names are not lost behind a long body', () => {
  const long = LETTER.replace('plainword', 'long '.repeat(1_000_000))
  const { body, names } = textForIndex(parseMessage(Buffer.from(long)), 10_000)
  assert.ok(body.length <= 10_000)
  assert.ok(body.includes('subjectword') && names.includes('fileword.pdf'))
})
