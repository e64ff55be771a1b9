import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseMessage } from '#formats/message'
import { now } from '#system'
import { lookAtForm } from './rules.ts'

interface Said {
  header?: string
  html?: string
  text?: string
}

const GOOD = (): string =>
  `From: bea@example.org\nDate: ${now().toUTCString()}\nMessage-ID: <1@example.org>\nSubject: Tulips`

function found({ header = GOOD(), html, text = 'Red ones and yellow ones.' }: Said): [name: string, values: unknown][] {
  const type = html === undefined ? 'text/plain' : 'text/html'
  const content = `${header}\nContent-Type: ${type}\n\n${html ?? text}\n`.replace(/\r?\n/g, '\r\n')
  return lookAtForm(parseMessage(Buffer.from(content))).map(({ name, values }) => [name, values])
}

const link = (href: string, text: string): string =>
  `<p>Please look at <a class="x" href="${href}">${text}</a> soon.</p>`

const CASES: [what: string, said: () => Said, names: string[]][] = [
  ['an honest letter', () => ({}), []],
  ['an honest page', () => ({ html: link('https://example.org/a', 'example.org') }), []],
  ['without a date', () => ({ header: 'From: bea@example.org\nMessage-ID: <1@example.org>' }), ['headerIncomplete']],
  [
    'without a Message-ID',
    () => ({ header: `From: bea@example.org\nDate: ${now().toUTCString()}` }),
    ['headerIncomplete'],
  ],
  ['with two authors’ fields', () => ({ header: `From: ada@example.net\n${GOOD()}` }), ['severalAuthors']],
  [
    'of next year',
    () => ({ header: GOOD().replace(/Date: .*/, 'Date: Thu, 1 Jan 2099 00:00:00 +0000') }),
    ['dateFarOff'],
  ],
  [
    'of long ago',
    () => ({ header: GOOD().replace(/Date: .*/, 'Date: Thu, 1 Jan 2004 00:00:00 +0000') }),
    ['dateFarOff'],
  ],
  ['whose subject shouts', () => ({ header: GOOD().replace('Tulips', 'BUY TULIPS NOW') }), ['subjectShouts']],
  ['whose subject is short', () => ({ header: GOOD().replace('Tulips', 'ASAP FYI') }), []],
  [
    'with a link to what it shows, by another name of it',
    () => ({ html: link('https://news.example.org/x?y', 'www.example.org') }),
    [],
  ],
  [
    'with a link that says where it does not lead',
    () => ({ html: link('https://evil.example/login', 'https://bank.example.net/login') }),
    ['linkShowsOther'],
  ],
  [
    'with one behind tags',
    () => ({ html: link('http://evil.example/', '<b>bank.example.net</b>') }),
    ['linkShowsOther'],
  ],
  [
    'with one behind a name before the host',
    () => ({ html: link('https://bank.example.net@evil.example/', 'bank.example.net') }),
    ['linkShowsOther'],
  ],
  ['with a link that says something', () => ({ html: link('https://evil.example/', 'our new catalogue') }), []],
  [
    'that asks for a password',
    () => ({
      html: '<form method=post action="https://evil.example"><input type=password>Your password, please</form>',
    }),
    ['asksForPassword'],
  ],
  ['of pictures alone', () => ({ html: '<img src="cid:a"><img src="cid:b">' }), ['onlyPictures']],
]
for (const [what, said, names] of CASES)
  test(`a letter ${what}: ${names.join(', ') || 'nothing'}`, () =>
    assert.deepEqual(
      found(said()).map(([name]) => name),
      names,
    ))

test('a link that leads elsewhere is named with both hosts', () =>
  assert.deepEqual(found({ html: link('https://evil.example/', 'bank.example.net') }), [
    ['linkShowsOther', { shown: 'bank.example.net', host: 'evil.example' }],
  ]))

const HOSTILE: [what: string, html: string][] = [
  ['a hundred thousand links', link('https://a.example/', 'a.example').repeat(100_000)],
  ['links that never end', '<a href="https://a.example/">'.repeat(50_000)],
  ['a tag that never ends', `<a ${'x'.repeat(1_000_000)}`],
  ['a link of a megabyte', `<a href="https://${'a.'.repeat(500_000)}example/">x</a>`],
  ['forms within forms', '<form action='.repeat(100_000)],
]
for (const [what, html] of HOSTILE)
  test(`${what}: it ends, and says little`, () => assert.ok(found({ html }).length <= 3))
