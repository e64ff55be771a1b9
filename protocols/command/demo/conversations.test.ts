import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseConversations } from './conversations.ts'

const GOOD = `# Soup
labels: familie

== hanne > papa, jule cc tom | 4d 20:14

Hello,

> how?

== papa > hanne | 25m
flags: unread, starred
quote: yes

Slowly.

=== Soup.txt
potatoes

# Another
`

test('a file of letters is read with its fields, texts and attachments', () => {
  const [soup, another] = parseConversations(GOOD, 'en/family.txt')
  assert.equal(soup?.subject, 'Soup')
  assert.equal(soup.language, 'en')
  assert.deepEqual(soup.letters, [
    {
      from: 'hanne',
      to: ['papa', 'jule'],
      cc: ['tom'],
      when: '4d 20:14',
      answers: undefined,
      fields: { labels: 'familie' },
      text: 'Hello,\n\n> how?',
      files: [],
    },
    {
      from: 'papa',
      to: ['hanne'],
      cc: [],
      when: '25m',
      answers: 0,
      fields: { labels: 'familie', flags: 'unread, starred', quote: 'yes' },
      text: 'Slowly.',
      files: [{ name: 'Soup.txt', words: 'potatoes' }],
    },
  ])
  assert.deepEqual(another?.letters, [])
})

const mistakes: Record<string, [text: string, complaint: RegExp]> = {
  'a person nobody knows': ['# A\n\n== hanne > nobody | 1m\n\nText', /nobody is called "nobody"/],
  'a field that means nothing': ['# A\ncolour: red\n', /not a field/],
  'text where fields belong': ['# A\n\n== hanne > tom | 1m\nDear Tom,\n', /not a field/],
  'a letter before its conversation': ['== hanne > tom | 1m\n\nText', /before its conversation/],
  'a file before its letter': ['# A\n\n=== x.txt\nwords', /neither/],
  'words before everything': ['Hello', /neither/],
  'a letter without a time': ['# A\n\n== hanne > tom\n\nText', /neither/],
}

for (const [what, [text, complaint]] of Object.entries(mistakes)) {
  test(`named with its file: ${what}`, () => {
    assert.throws(
      () => parseConversations(text, 'en/x.txt'),
      (error) => {
        assert.ok(error instanceof Error)
        assert.match(error.message, /^en\/x\.txt:\d+: /)
        assert.match(error.message, complaint)
        return true
      },
    )
  })
}
