import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePlace, placeLink } from './place.ts'
import type { Place } from './place.ts'

const places: Place[] = [
  { page: 'settings', section: 'general' },
  { page: 'settings', section: 'rules', part: 'vacation' },
  { page: 'where', story: 'Y1/2', text: 'bea & co?#' },
  { page: 'where', story: undefined, text: '' },
  { page: 'deleted', item: 'D1/2', of: 'L7?', by: 'V-_&', text: 'bea & co?#' },
  { page: 'deleted', item: undefined, of: undefined, by: undefined, text: '' },
  { page: 'mail', where: { kind: 'mailbox', slug: 'inbox' }, only: undefined, thread: undefined },
  { page: 'mail', where: { kind: 'mailbox', slug: 'm/7?' }, only: 'unread', thread: 't1' },
  { page: 'mail', where: { kind: 'label', keyword: 'ümzug/2' }, only: undefined, thread: 't%2F' },
  { page: 'mail', where: { kind: 'search', text: 'von:"a/b" #?&' }, only: 'attachment', thread: undefined },
]

for (const place of places)
  test(`the address line leads back to ${placeLink(place)}`, () =>
    assert.deepEqual(parsePlace(placeLink(place)), place))

const inbox = places.find((place) => place.page === 'mail')

const astray: [name: string, fragment: string][] = [
  ['nothing', ''],
  ['an unknown page', '#/calendar/week'],
  ['a broken escape', '#/mail/%E0%A4%A'],
  ['a search for nothing', '#/search/'],
  ['an unknown narrowing', '#/mail/inbox?only=__proto__'],
]

for (const [name, fragment] of astray)
  test(`${name} leads to the inbox`, () => {
    assert.deepEqual(parsePlace(fragment), inbox)
  })
