import assert from 'node:assert/strict'
import test from 'node:test'
import { bodyLists, hasAttachment, parseMessage, type Message, type Part } from './index.ts'

/** A tree of parts: a type with the rest of its header, and the parts inside. */
type Tree = readonly [header: string, ...children: Tree[]]

function write([header, ...children]: Tree, depth = 0): string {
  const [type, ...fields] = header.split('; ')
  const boundary = children.length > 0 ? `; boundary=b${depth}` : ''
  const lines = [`Content-Type: ${type}${boundary}`, ...fields.map((field) => `Content-${field}`)].join('\r\n')
  const inner = children.map((child) => `--b${depth}\r\n${write(child, depth + 1)}\r\n`).join('')
  return `${lines}\r\n\r\n${children.length > 0 ? `${inner}--b${depth}--` : 'x'}`
}
const message = (tree: Tree): Message => parseMessage(Buffer.from(write(tree)))
const ids = (parts: readonly Part[]): string => parts.map((part) => part.contentId ?? part.partId).join(' ')
const lists = (tree: Tree): string[] => {
  const { textBody, htmlBody, attachments } = bodyLists(message(tree))
  return [ids(textBody), ids(htmlBody), ids(attachments)]
}

const INLINE = 'Disposition: inline'
const EXAMPLE: Tree = [
  'multipart/mixed',
  [`text/plain; ${INLINE}; ID: <A>`],
  [
    'multipart/mixed',
    [
      'multipart/alternative',
      [
        'multipart/mixed',
        [`text/plain; ${INLINE}; ID: <B>`],
        [`image/jpeg; ${INLINE}; ID: <C>`],
        [`text/plain; ${INLINE}; ID: <D>`],
      ],
      ['multipart/related', ['text/html; ID: <E>'], ['image/jpeg; ID: <F>']],
    ],
    ['image/jpeg; Disposition: attachment; ID: <G>'],
    ['application/x-excel; ID: <H>'],
    ['message/rfc822; ID: <J>'],
  ],
  [`text/plain; ${INLINE}; ID: <K>`],
]

test('the example of RFC 8621 §4.1.4 is sorted as the RFC sorts it', () => {
  assert.deepEqual(lists(EXAMPLE), ['A B C D K', 'A E K', 'C F G H J'])
})

const TREES: { name: string; tree: Tree; wanted: [string, string, string] }[] = [
  { name: 'plain text alone', tree: ['text/plain'], wanted: ['1', '1', ''] },
  { name: 'HTML alone', tree: ['text/html'], wanted: ['1', '1', ''] },
  { name: 'a picture alone', tree: ['image/png'], wanted: ['1', '1', ''] },
  { name: 'a file alone', tree: ['application/pdf'], wanted: ['', '', '1'] },
  { name: 'two versions', tree: ['multipart/alternative', ['text/plain'], ['text/html']], wanted: ['1', '2', ''] },
  { name: 'HTML as the only version', tree: ['multipart/alternative', ['text/html']], wanted: ['1', '1', ''] },
  {
    name: 'an invitation',
    tree: ['multipart/alternative', ['text/plain'], ['text/html'], ['text/calendar']],
    wanted: ['1', '2', '3'],
  },
  {
    name: 'a second text with a name',
    tree: ['multipart/mixed', ['text/plain'], ['text/plain; Disposition: inline;filename=a']],
    wanted: ['1', '1', '2'],
  },
  { name: 'pictures of a page', tree: ['multipart/related', ['text/html'], ['image/png']], wanted: ['1', '1', '2'] },
  {
    name: 'an alternative in an alternative that already chose: nothing is lost',
    tree: [
      'multipart/alternative',
      ['multipart/mixed', ['text/html'], ['multipart/alternative', ['text/plain'], ['text/html']]],
    ],
    wanted: ['1.1 1.2.2', '1.1 1.2.2', '1.2.1'],
  },
]

for (const { name, tree, wanted } of TREES) {
  test(`what to show and what to offer: ${name}`, () => {
    assert.deepEqual(lists(tree), wanted)
  })
}

test('every part that is no multipart is in one of the lists', () => {
  const { textBody, htmlBody, attachments } = bodyLists(message(EXAMPLE))
  assert.equal(new Set([...textBody, ...htmlBody, ...attachments]).size, 10)
})

const OFFERS: { name: string; tree: Tree; wanted: boolean }[] = [
  { name: 'plain text', tree: ['text/plain'], wanted: false },
  { name: 'a file', tree: ['multipart/mixed', ['text/plain'], ['application/pdf']], wanted: true },
  { name: 'an inline file', tree: ['multipart/mixed', ['text/plain'], [`application/pdf; ${INLINE}`]], wanted: false },
  { name: 'a picture of the page', tree: ['multipart/related', ['text/html'], ['image/png; ID: <a>']], wanted: false },
  {
    name: 'a picture that is attached',
    tree: ['multipart/mixed', ['text/html'], ['image/png; Disposition: attachment; ID: <a>']],
    wanted: true,
  },
  { name: 'a signature', tree: ['multipart/signed', ['text/plain'], ['application/pgp-signature']], wanted: false },
  { name: 'an attached message', tree: ['multipart/mixed', ['text/plain'], ['message/rfc822']], wanted: true },
]

for (const { name, tree, wanted } of OFFERS) {
  test(`${name} ${wanted ? 'is' : 'is not'} an attachment`, () => {
    assert.equal(hasAttachment(message(tree)), wanted)
  })
}
