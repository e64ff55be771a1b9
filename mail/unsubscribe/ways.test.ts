import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseMessage } from '#formats/message'
import { letter } from '#test/letters'
import { waysOut, type Ways } from './ways.ts'

const NONE: Ways = { post: undefined, mail: undefined, page: undefined }
const ways = (...headers: string[]): Ways => waysOut(parseMessage(letter({ headers })))
const ONE_CLICK = 'List-Unsubscribe-Post: List-Unsubscribe=One-Click'

const lists: [what: string, headers: string[], expected: Partial<Ways>][] = [
  ['that says nothing', [], {}],
  [
    'with one click',
    ['List-Unsubscribe: <https://l.example/u?x=1>', ONE_CLICK],
    { post: 'https://l.example/u?x=1', page: 'https://l.example/u?x=1' },
  ],
  ['with a page only', ['List-Unsubscribe: <https://l.example/u>'], { page: 'https://l.example/u' }],
  ['whose click goes in clear', ['List-Unsubscribe: <http://l.example/u>', ONE_CLICK], { page: 'http://l.example/u' }],
  [
    'that wants something else posted',
    ['List-Unsubscribe: <https://l.example/u>', 'List-Unsubscribe-Post: x=y'],
    { page: 'https://l.example/u' },
  ],
  [
    'with a letter',
    ['List-Unsubscribe: <mailto:leave+1@l.example?subject=leave%20now+1&body=a%0D%0Ab>'],
    { mail: { to: 'leave+1@l.example', subject: 'leave now+1', text: 'a\r\nb' } },
  ],
  [
    'with a letter that says nothing',
    ['List-Unsubscribe: <MAILTO:leave@l.example>'],
    { mail: { to: 'leave@l.example', subject: 'unsubscribe', text: '' } },
  ],
  [
    'whose letter would add a field and others',
    [
      'List-Unsubscribe: <mailto:leave@l.example?subject=a%0D%0ABcc:%20victim@example.net&cc=victim@example.net&bcc=v@example.net>',
    ],
    { mail: { to: 'leave@l.example', subject: 'a Bcc: victim@example.net', text: '' } },
  ],
  ['whose letter would go to two', ['List-Unsubscribe: <mailto:leave@l.example,victim@example.net>'], {}],
  ['whose letter goes to nobody', ['List-Unsubscribe: <mailto:?to=victim@example.net>'], {}],
  ['whose letter goes to what is no address', ['List-Unsubscribe: <mailto:%ff%0d%0aRCPT>'], {}],
  ['that runs a script', ['List-Unsubscribe: <javascript:alert(1)>', ONE_CLICK], {}],
  ['with a password in its address', ['List-Unsubscribe: <https://a:b@l.example/>', ONE_CLICK], {}],
  ['with an address without end', [`List-Unsubscribe: <https://l.example/${'x'.repeat(5000)}>`, ONE_CLICK], {}],
]
for (const [what, headers, expected] of lists)
  test(`a list ${what} is left as it says`, () => assert.deepEqual(ways(...headers), { ...NONE, ...expected }))
