/** Searches that are meant to do harm, or are none. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { indexBatch } from '#mail/indexing'
import { dialImap, signedInImap, type ImapDialogue } from '#test/imap'
import { fileLetter } from '#test/letters'
import { personWithLetters } from '#test/search-letters'
import type { Person } from '#test/people'
import { startServer } from '#test/server'

const server = await startServer({ after }, {}, ['imap'])
const withLetters = (): ReturnType<typeof personWithLetters> => personWithLetters(server)
const silent = { after: () => undefined }

const many = (count: number, part: (index: number) => string): string =>
  Array.from({ length: count }, (_, i) => part(i)).join('')

/** What is sent, and how the answer to it begins. */
const HOSTILE: Record<string, [command: string, answer: RegExp, ...continued: string[]]> = {
  'NOT, ten thousand deep': [`SEARCH ${'NOT '.repeat(10_000)}SEEN`, /^OK/],
  'NOT, an odd number of times': [`SEARCH ${'NOT '.repeat(10_001)}SEEN`, /^OK/],
  'OR within OR, 390 deep': [`SEARCH ${'OR SEEN '.repeat(390)}ALL`, /^OK/],
  'OR within OR, ten thousand deep': [`SEARCH ${'OR SEEN '.repeat(10_000)}ALL`, /^BAD/],
  'OR within OR at its first place': [`SEARCH ${'OR '.repeat(10_000)}ALL${' ALL'.repeat(10_000)}`, /^BAD/],
  'NOT and OR by turns': [`SEARCH ${'NOT OR SEEN '.repeat(5000)}ALL`, /^BAD/],
  'parentheses, ten thousand deep': [`SEARCH ${'('.repeat(10_000)}ALL${')'.repeat(10_000)}`, /^BAD/],
  'FUZZY, ten thousand deep': [`SEARCH ${'FUZZY '.repeat(10_000)}ALL`, /^BAD/],
  'fifty thousand keys': [`SEARCH ${'SEEN '.repeat(50_000)}ALL`, /^BAD/],
  'a set of twenty thousand ranges': [`SEARCH ${many(20_000, (i) => `${i + 1}:${i + 3},`)}1`, /^OK/],
  'UIDs in a set of twenty thousand ranges': [`SEARCH UID ${many(20_000, (i) => `${20_000 - i}:*,`)}1`, /^OK/],
  'a set with nought': ['SEARCH 0', /^BAD/],
  'a set with too large a number': ['SEARCH 4294967296', /^BAD/],
  'a set that does not end': ['SEARCH 1:', /^BAD/],
  'a thousand texts': [`SEARCH ${'TEXT x '.repeat(1000)}ALL`, /^NO \[LIMIT\]/],
  'a thousand threads': [`SEARCH ${'THREADID T1 '.repeat(1000)}ALL`, /^NO \[LIMIT\]/],
  'a text of a megabyte': ['SEARCH BODY {1000000}', /^NO \[LIMIT\]/, 'x'.repeat(1_000_000)],
  'a text of 2000 words': ['SEARCH BODY {2000}', /^OK/, 'x '.repeat(1000)],
  'a text of nothing but quotes and stars': ['SEARCH BODY "\\"*\\"*\\\\*\\"\'*\'"', /^OK/],
  'a charset of a megabyte': ['SEARCH CHARSET {1000000}', /^NO \[BADCHARSET/, `${'x'.repeat(1_000_000)} ALL`],
  'a charset that is not one, for SORT': [
    'SORT (DATE) {8}',
    /^NO \[BADCHARSET/,
    '\xff\xfe\xff\xfe\xff\xfe\xff\xfe ALL',
  ],
  'NUL in a literal': ['SEARCH BODY {3}', /^BAD/, 'a\0b'],
  'line ends in a literal': ['SEARCH BODY {6}', /^OK/, 'a\r\nb\r\n'],
  'a header field with line ends': ['SEARCH HEADER {4}', /^OK/, 'a\r\nb ""'],
  'a header field that every object has': ['SEARCH HEADER constructor x HEADER __proto__ ""', /^OK/],
  'a key that every object has': ['SEARCH CONSTRUCTOR', /^BAD/],
  'no key at all': ['SEARCH', /^BAD/],
  'a space and nothing': ['SEARCH ', /^BAD/],
  'a key without what it needs': ['SEARCH FROM', /^BAD/],
  'two spaces': ['SEARCH SEEN  UNSEEN', /^BAD/],
  'a parenthesis too many': ['SEARCH (SEEN))', /^BAD/],
  'an empty list': ['SEARCH ()', /^BAD/],
  'a date that is none': ['SEARCH SINCE 31-Feb-2026', /^BAD/],
  'a month that is none': ['SEARCH SINCE 1-Foo-2026', /^BAD/],
  'a date without a year': ['SEARCH ON 1-Jan', /^BAD/],
  'an interval of nought': ['SEARCH OLDER 0', /^BAD/],
  'a size below nought': ['SEARCH LARGER -1', /^BAD/],
  'a size beyond all': ['SEARCH LARGER 99999999999999999999', /^BAD/],
  'a keyword that can be none': ['SEARCH KEYWORD \\Seen', /^BAD/],
  'a keyword of 300 characters': [`SEARCH KEYWORD ${'k'.repeat(300)}`, /^BAD/],
  'a mod-sequence that is none': ['SEARCH MODSEQ x', /^BAD/],
  'an entry that is none': ['SEARCH MODSEQ "flags" all 1', /^BAD/],
  'RETURN with what there is not': ['SEARCH RETURN (CONTEXT) ALL', /^BAD/],
  'RETURN of ALL and PARTIAL': ['SEARCH RETURN (ALL PARTIAL 1:2) ALL', /^BAD/],
  'PARTIAL twice': ['SEARCH RETURN (PARTIAL 1:2 PARTIAL 3:4) ALL', /^BAD/],
  'PARTIAL from both ends': ['SEARCH RETURN (PARTIAL -1:2) ALL', /^BAD/],
  'PARTIAL from nought': ['SEARCH RETURN (PARTIAL 0:2) ALL', /^BAD/],
  'PARTIAL to the last': ['SEARCH RETURN (PARTIAL 1:*) ALL', /^BAD/],
  'RETURN without keys': ['SEARCH RETURN (ALL)', /^BAD/],
  'SORT by nothing': ['SORT () UTF-8 ALL', /^BAD/],
  'SORT by what is no key': ['SORT (COLOUR) UTF-8 ALL', /^BAD/],
  'SORT by one key, again and again': [`SORT (${'REVERSE SUBJECT '.repeat(40)}DATE) UTF-8 ALL`, /^OK/],
  'SORT by a thousand keys': [`SORT (${'DATE '.repeat(1000)}DATE) UTF-8 ALL`, /^BAD/],
  'SORT in reverse of nothing': ['SORT (REVERSE) UTF-8 ALL', /^BAD/],
  'SORT without a charset': ['SORT (DATE) ALL', /^BAD/],
  'THREAD in a way that there is not': ['THREAD REFS UTF-8 ALL', /^BAD/],
}

describe('hostile', () => {
  let imap: ImapDialogue
  let person: Person
  before(async () => {
    person = await withLetters()
    await indexBatch(server.storage, person.id)
    imap = await signedInImap(silent, server, person, { select: 'INBOX' })
  })
  after(() => imap.close())
  for (const [attack, [command, expected, ...continued]] of Object.entries(HOSTILE))
    test(attack, async () => {
      assert.match((await imap.say(command, ...continued)).tagged, expected)
      // Whatever it was, the dialogue goes on.
      assert.deepEqual(await imap.ok('SEARCH FLAGGED'), ['SEARCH 2'])
    })

  test('a search before sign-in or without a mailbox', async (t) => {
    const stranger = await dialImap(t, server.imaps, { tls: true })
    assert.match((await stranger.say('SEARCH ALL')).tagged, /^BAD/)
    const nowhere = await signedInImap(t, server, person)
    assert.match((await nowhere.say('UID SEARCH ALL')).tagged, /^BAD/)
  })
})

test('a search finds nothing of another account', async (t) => {
  const [one, other] = [await withLetters(), await server.createAccount()]
  await fileLetter(server, other, { subject: 'Nur meines' })
  for (const { id } of [one, other]) await indexBatch(server.storage, id)
  const imap = await signedInImap(t, server, other, { select: 'INBOX' })
  assert.deepEqual(await imap.ok('SEARCH SUBJECT apfel'), ['SEARCH'])
  assert.deepEqual(await imap.ok('SEARCH NOT SUBJECT apfel'), ['SEARCH 1'])
})
