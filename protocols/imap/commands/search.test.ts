import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { indexBatch } from '#mail/indexing'
import { dialImap, signedInImap, type ImapDialogue } from '#test/imap'
import { fileLetter, type Letter } from '#test/letters'
import { startServer } from '#test/server'
import type { Person } from '#test/people'

const server = await startServer({ after }, {}, ['imap'])
const silent = { after: () => undefined }

/** Letters in the inbox by their sequence numbers, from 1. */
const LETTERS: { letter: Letter; keywords?: string[]; receivedAt: string }[] = [
  {
    letter: {
      from: 'Bea Brandt <bea.brandt@example.org>',
      subject: 'Apfelernte im Garten',
      text: 'Am Samstag um zehn. Bring Körbe mit!',
      messageId: 'AbC.1@example.org',
      date: 'Mon, 7 Sep 2026 00:30:00 +0200',
    },
    keywords: ['$seen'],
    receivedAt: '2026-09-07T08:00:00Z',
  },
  {
    letter: {
      from: 'Müller & Söhne <kontor@mueller.example>',
      to: 'Anna <anna@zegel.test>, Chor <chor@zegel.test>',
      cc: 'Dora <dora@example.net>',
      subject: 'Rechnung 4711',
      text: 'Der Betrag: 12,50 EUR. Mit freundlichen Grüßen',
      headers: ['List-Id: <kunden.mueller.example>', 'X-Trace: aa-bb-cc'],
      date: 'Tue, 1 Sep 2026 12:00:00 +0000',
    },
    keywords: ['$flagged', 'bezahlt'],
    receivedAt: '2026-09-08T23:59:59Z',
  },
  {
    letter: {
      subject: 'Re: Apfelernte im Garten',
      inReplyTo: 'AbC.1@example.org',
      text: `Ja gern. ${'Noch mehr Text. '.repeat(400)}`,
      headers: ['Sender: Jemand <jemand@example.org>'],
      date: 'no date at all',
    },
    keywords: ['$seen', '$answered', '$forwarded'],
    receivedAt: '2026-09-09T00:00:00Z',
  },
  { letter: { subject: '日本語のお知らせ [liste]', text: '(fin) -- $$$' }, receivedAt: '2026-09-10T12:00:00Z' },
  { letter: { subject: 'Draft of mine', to: 'me' }, keywords: ['$draft'], receivedAt: '2026-09-11T12:00:00Z' },
]

async function withLetters(): Promise<Person> {
  const person = await server.createAccount()
  for (const { letter, keywords = [], receivedAt } of LETTERS)
    await fileLetter(server, person, letter, { keywords, receivedAt: new Date(receivedAt) })
  return person
}

const SEARCHES: Record<string, string> = {
  ALL: '1 2 3 4 5',
  // Flags and keywords.
  SEEN: '1 3',
  'UNSEEN UNDRAFT': '2 4',
  'ANSWERED UNFLAGGED': '3',
  'OR FLAGGED DRAFT': '2 5',
  'UNANSWERED NOT DRAFT': '1 2 4',
  DELETED: '',
  'UNDELETED SEEN': '1 3',
  NEW: '',
  'OLD FLAGGED': '2',
  RECENT: '',
  'KEYWORD bezahlt': '2',
  'KEYWORD BEZAHLT': '2',
  'UNKEYWORD bezahlt': '1 3 4 5',
  'KEYWORD $Forwarded': '3',
  'KEYWORD never-seen': '',
  // Numbers.
  '2:3': '2 3',
  '*': '5',
  '4:*,1': '1 4 5',
  '7:9': '',
  '3:*,9:12,2': '2 3 4 5',
  'NOT 2:4': '1 5',
  'UID 2,4:*': '2 4 5',
  'UID 900:*': '5',
  // Dates and sizes: those of the store in UTC, those of the letter as they are written.
  'BEFORE 9-Sep-2026': '1 2',
  'ON 8-Sep-2026': '2',
  'SINCE "9-Sep-2026"': '3 4 5',
  'SENTON 7-Sep-2026': '1 4 5',
  'SENTBEFORE 7-Sep-2026': '2',
  'SENTSINCE 2-Sep-2026': '1 4 5',
  'NOT SENTSINCE 1-Jan-1990': '3',
  'SAVEDSINCE 1-Jan-2020': '1 2 3 4 5',
  'SAVEDBEFORE 1-Jan-2020': '',
  'SAVEDON 1-Jan-2020': '',
  SAVEDATESUPPORTED: '1 2 3 4 5',
  'LARGER 5000': '3',
  'SMALLER 5000 SEEN': '1',
  // Texts: any part, in whatever case.
  'SUBJECT apfel': '1 3',
  'SUBJECT "ERNTE IM gar"': '1 3',
  'SUBJECT rnung': '',
  'SUBJECT "[liste]"': '4',
  'SUBJECT "]"': '4',
  'SUBJECT ""': '1 2 3 4 5',
  'FROM "brandt@example"': '1',
  'FROM "bea@example.org"': '3 4 5',
  'FROM "Bea Brandt <bea.b"': '1',
  'TO chor': '2',
  'CC dora@': '2',
  'BCC dora': '',
  'BODY samst': '1',
  'BODY "samstag um"': '1',
  'BODY "ag um ze"': '1',
  'BODY "um samstag"': '',
  'BODY "$$$"': '4',
  'BODY "12,50"': '2',
  'BODY apfel': '',
  'TEXT apfel': '1 3',
  'TEXT "4711"': '2',
  'NOT TEXT apfel': '2 4 5',
  'OR SUBJECT rechnung BODY samstag': '1 2',
  'SUBJECT garten BODY gern': '3',
  'SUBJECT garten BODY gern SEEN ANSWERED': '3',
  '(SUBJECT garten) (NOT (BODY gern))': '1',
  'NOT (OR SUBJECT garten SUBJECT rechnung)': '4 5',
  'FUZZY SUBJECT "garten apfelernte"': '1 3',
  'FUZZY SEEN': '1 3',
  // Header fields.
  'HEADER Message-ID abc.1@': '1',
  'HEADER Message-ID "<AbC.1@example.org>"': '1',
  'HEADER message-id "never@example"': '',
  'HEADER In-Reply-To "AbC.1"': '3',
  'HEADER References ""': '',
  'HEADER List-Id ""': '2',
  'HEADER list-id "kunden.mue"': '2',
  'HEADER X-Trace "a-b"': '2',
  'HEADER X-Trace "a b"': '',
  'HEADER X-None ""': '',
  'HEADER Date "+0200"': '1 4 5',
  'HEADER Subject rechnung': '2',
  'HEADER From ""': '1 2 3 4 5',
  'HEADER Cc ""': '2',
  'HEADER Sender jemand': '3',
  'HEADER "" ""': '',
  // Charsets.
  'CHARSET US-ASCII SUBJECT apfel': '1 3',
  'CHARSET utf-8 SUBJECT apfel': '1 3',
  // Mod-sequences, ids.
  'MODSEQ 1 SEEN': '1 3',
  'MODSEQ "/flags/\\\\Seen" all 9007199254740991': '',
  'EMAILID M1': '',
  'EMAILID nothing-of-ours': '',
  'THREADID T1': '',
}

/** Texts that are not ASCII, as literals. */
const LITERALS: [search: string, text: string, found: string][] = [
  ['SUBJECT', '日本', '4'],
  ['SUBJECT', '語', '4'],
  ['FROM', 'MÜLLER', '2'],
  ['FROM', 'Müller & S', '2'],
  ['BODY', 'körbe', '1'],
  ['BODY', 'Grüße', '2'],
]

/** The first word of changes is answered with their newest number as well (RFC 7162 §3.1). */
const withoutChange = (untagged: string[]): string[] => untagged.filter((line) => !line.startsWith('OK [HIGHESTMODSEQ'))

const numbersIn = (untagged: string[]): string => {
  const [line = '', ...more] = withoutChange(untagged)
  assert.deepEqual(more, [])
  assert.match(line, /^SEARCH(?: \d+)*(?: \(MODSEQ \d+\))?$/)
  return line.replace(/^SEARCH ?| ?\(MODSEQ \d+\)$/g, '')
}

for (const isIndexed of [false, true])
  describe(isIndexed ? 'of letters that are indexed' : 'of letters that came just now', () => {
    let imap: ImapDialogue
    before(async () => {
      const person = await withLetters()
      if (isIndexed) await indexBatch(server.storage, person.id)
      imap = await signedInImap(silent, server, person, { select: 'INBOX' })
    })
    after(() => imap.close())
    for (const [search, found] of Object.entries(SEARCHES))
      test(`SEARCH ${search}`, async () => {
        assert.equal(numbersIn(await imap.ok(`SEARCH ${search}`)), found)
      })
    for (const [search, text, found] of LITERALS)
      test(`SEARCH ${search} for a text that is not ASCII: ${text}`, async () => {
        const bytes = Buffer.from(text)
        const untagged = await imap.ok(`SEARCH CHARSET UTF-8 ${search} {${bytes.length}}`, bytes.toString('latin1'))
        assert.equal(numbersIn(untagged), found)
      })
  })

test('a letter that came after the index was made is found with the others', async (t) => {
  const person = await withLetters()
  await indexBatch(server.storage, person.id)
  await fileLetter(server, person, { subject: 'Noch ein Apfel', messageId: 'late@example.org' })
  const imap = await signedInImap(t, server, person, { select: 'INBOX' })
  assert.equal(numbersIn(await imap.ok('SEARCH SUBJECT apfel')), '1 3 6')
  assert.equal(numbersIn(await imap.ok('SEARCH NOT SUBJECT apfel')), '2 4 5')
  assert.equal(numbersIn(await imap.ok('SEARCH HEADER Message-ID late@example.org')), '6')
})

test('a Message-ID is found in letters that were indexed before Message-IDs were', async (t) => {
  const person = await withLetters()
  await indexBatch(server.storage, person.id)
  // As if one had been: its row without the hashes of the field.
  await server.storage.database.sql`
    update item_words set words = '{}' where account_id = ${person.id}
      and item_id = (select min(item_id) from item_words where account_id = ${person.id})`
  await server.storage.database.sql`delete from vocabulary where account_id = ${person.id}`
  const imap = await signedInImap(t, server, person, { select: 'INBOX' })
  assert.equal(numbersIn(await imap.ok('SEARCH HEADER Message-ID abc.1@')), '1')
})

test('what many letters have in common is found in all of them, whichever way is quicker', async (t) => {
  const person = await server.createAccount()
  for (let count = 0; count < 70; count++)
    await fileLetter(server, person, {
      subject: `Sammlung ${count}`,
      text: count % 2 === 0 ? 'gerade Zahl' : 'ungerade Zahl',
    })
  await indexBatch(server.storage, person.id)
  const imap = await signedInImap(t, server, person, { select: 'INBOX' })
  const counted = async (search: string): Promise<number> =>
    numbersIn(await imap.ok(`SEARCH ${search}`))
      .split(' ')
      .filter(Boolean).length
  assert.equal(await counted('SUBJECT sammlung BODY gerade'), 70)
  assert.equal(await counted('BODY "ungerade zahl"'), 35)
  assert.equal(await counted('BODY ungerade 1:40'), 20)
  assert.equal(await counted('NOT BODY ungerade'), 35)
  assert.equal(await counted('SUBJECT "g 1"'), 11)
  assert.equal(await counted('BODY "zahl" NOT BODY "."'), 70)
  assert.equal(await counted('HEADER From brandt SUBJECT "!"'), 0)
})

test('a part of very many words is found in all letters that have one', async (t) => {
  const person = await server.createAccount()
  const words = Array.from({ length: 300 }, (_, index) => `posten${index}`)
  await fileLetter(server, person, { text: words.join(' ') })
  for (let count = 0; count < 65; count++)
    await fileLetter(server, person, {
      text: count % 13 === 0 ? 'ganz anderes' : `posten${count} und posten${count + 1}`,
    })
  await indexBatch(server.storage, person.id)
  const imap = await signedInImap(t, server, person, { select: 'INBOX' })
  const found = numbersIn(await imap.ok('SEARCH BODY posten'))
    .split(' ')
    .map(Number)
  assert.deepEqual(
    found,
    Array.from({ length: 66 }, (_, index) => index + 1).filter((number) => number === 1 || (number - 2) % 13 !== 0),
  )
  assert.equal(numbersIn(await imap.ok('SEARCH NOT BODY posten')), '2 15 28 41 54')
  assert.equal(numbersIn(await imap.ok('SEARCH BODY posten BODY posten299')), '1')
})

test('what is deleted or has another flag meanwhile is found so by a second session', async (t) => {
  const person = await withLetters()
  const one = await signedInImap(t, server, person, { select: 'INBOX' })
  const other = await signedInImap(t, server, person, { select: 'INBOX' })
  await one.ok('STORE 2 +FLAGS (\\Deleted $Label1)')
  await other.ok('NOOP')
  assert.equal(numbersIn(await other.ok('SEARCH DELETED')), '2')
  assert.equal(numbersIn(await other.ok('SEARCH KEYWORD $label1')), '2')
  const [, change] = /MODSEQ \((\d+)\)/.exec((await other.ok('FETCH 2 (MODSEQ)')).join()) ?? []
  assert.deepEqual(await other.ok(`SEARCH MODSEQ ${change}`), [`SEARCH 2 (MODSEQ ${change})`])
  assert.deepEqual(await other.ok(`SEARCH MODSEQ ${Number(change) + 1}`), ['SEARCH'])
})

test('letters are found by their ids and those of their threads (RFC 8474 §6)', async (t) => {
  const imap = await signedInImap(t, server, await withLetters(), { select: 'INBOX' })
  const [line = ''] = await imap.ok('FETCH 3 (EMAILID THREADID)')
  const [, email, thread] = /EMAILID \((\w+)\) THREADID \((\w+)\)/.exec(line) ?? []
  assert.equal(numbersIn(await imap.ok(`SEARCH EMAILID ${email}`)), '3')
  assert.equal(numbersIn(await imap.ok(`SEARCH THREADID ${thread}`)), '1 3')
})

test('OLDER and YOUNGER count from now (RFC 5032)', async (t) => {
  const person = await server.createAccount()
  await fileLetter(server, person, {}, { receivedAt: new Date(Date.now() - 7200_000) })
  await fileLetter(server, person, {}, { receivedAt: new Date(Date.now() - 60_000) })
  const imap = await signedInImap(t, server, person, { select: 'INBOX' })
  assert.equal(numbersIn(await imap.ok('SEARCH YOUNGER 3600')), '2')
  assert.equal(numbersIn(await imap.ok('SEARCH OLDER 3600')), '1')
  assert.equal(numbersIn(await imap.ok('SEARCH OLDER 4294967295')), '')
})

describe('ESEARCH', () => {
  let imap: ImapDialogue
  before(async () => {
    imap = await signedInImap(silent, server, await withLetters(), { select: 'INBOX' })
    await imap.ok('STORE 1 +FLAGS.SILENT (late)')
  })
  after(() => imap.close())

  const ANSWERS: Record<string, string | undefined> = {
    'SEARCH RETURN () SEEN': 'ALL 1,3',
    'SEARCH RETURN (MIN MAX COUNT) ALL': 'MIN 1 MAX 5 COUNT 5',
    'SEARCH RETURN (ALL COUNT) 2:4': 'ALL 2:4 COUNT 3',
    'SEARCH RETURN (MIN MAX ALL) DELETED': '',
    'SEARCH RETURN (COUNT) DELETED': 'COUNT 0',
    'UID SEARCH RETURN (MAX) SEEN': 'UID MAX 3',
    'UID SEARCH RETURN (ALL) DELETED': 'UID',
    'SEARCH RETURN (PARTIAL 1:2) ALL': 'PARTIAL (1:2 1:2)',
    'SEARCH RETURN (PARTIAL 5:4) ALL': 'PARTIAL (5:4 4:5)',
    'SEARCH RETURN (PARTIAL 6:9 COUNT) ALL': 'COUNT 5 PARTIAL (6:9 NIL)',
    'UID SEARCH RETURN (PARTIAL -1:-2) ALL': 'UID PARTIAL (-1:-2 4:5)',
    'UID SEARCH RETURN (PARTIAL -5:-9) ALL': 'UID PARTIAL (-5:-9 1)',
    'SEARCH RETURN (PARTIAL 1:4294967295) SEEN': 'PARTIAL (1:4294967295 1,3)',
    'SEARCH RETURN (SAVE) SEEN': undefined,
  }
  for (const [command, expected] of Object.entries(ANSWERS))
    test(command, async () => {
      const untagged = await imap.ok(command)
      const texts = withoutChange(untagged).map((line) => line.replace(/^ESEARCH \(TAG "t\d+"\) ?/, ''))
      assert.deepEqual(texts, expected === undefined ? [] : [expected])
    })

  test('tells the mod-sequence of what it tells of (RFC 4731 §3.2)', async () => {
    const modSeqs = (await imap.ok('FETCH 1:5 (MODSEQ)'))
      .slice(0, 5)
      .map((line) => Number(/MODSEQ \((\d+)\)/.exec(line)?.[1]))
    const modSeqOf = async (options: string): Promise<number> =>
      Number(/MODSEQ (\d+)$/.exec((await imap.ok(`SEARCH RETURN (${options}) MODSEQ 1`))[0] ?? '')?.[1])
    // The first was changed last.
    assert.equal(await modSeqOf('MIN'), modSeqs[0])
    assert.equal(await modSeqOf('MAX'), modSeqs[4])
    assert.equal(await modSeqOf('MIN MAX'), Math.max(...modSeqs))
    assert.equal(await modSeqOf('MAX COUNT'), Math.max(...modSeqs))
    assert.equal(await modSeqOf('PARTIAL -1:-2'), modSeqs[4])
  })

  test('is the answer to SEARCH once IMAP4rev2 is enabled', async (t) => {
    const person = await withLetters()
    const rev2 = await signedInImap(t, server, person)
    await rev2.ok('ENABLE IMAP4rev2')
    await rev2.ok('SELECT INBOX')
    assert.deepEqual(await rev2.ok('SEARCH SEEN'), ['ESEARCH (TAG "t4") ALL 1,3'])
  })
})

test('what a search has kept is $ from then on (RFC 5182)', async (t) => {
  const imap = await signedInImap(t, server, await withLetters(), { select: 'INBOX' })
  const kept = async (): Promise<string> => numbersIn(await imap.ok('SEARCH $'))
  assert.equal(await kept(), '')
  await imap.ok('SEARCH RETURN (SAVE) OR SEEN FLAGGED')
  assert.equal(await kept(), '1 2 3')
  assert.equal(numbersIn(await imap.ok('SEARCH UID $ UNSEEN')), '2')
  assert.equal(numbersIn(await imap.ok('SEARCH NOT $')), '4 5')
  assert.equal((await imap.ok('FETCH $ (UID)')).length, 3)
  await imap.ok('SEARCH RETURN (SAVE MIN) OR SEEN FLAGGED')
  assert.equal(await kept(), '1')
  await imap.ok('SEARCH RETURN (SAVE MIN MAX) ALL')
  assert.equal(await kept(), '1 5')
  await imap.ok('SEARCH RETURN (SAVE MIN COUNT) SEEN')
  assert.equal(await kept(), '1 3')
  // RFC 9394 §3.2.
  await imap.ok('SEARCH RETURN (SAVE PARTIAL 2:3 MIN) ALL')
  assert.equal(await kept(), '1 2 3')
  await imap.ok('SORT RETURN (SAVE) (REVERSE ARRIVAL) UTF-8 SEEN')
  assert.equal(await kept(), '1 3')
  // BAD leaves it, NO empties it.
  assert.match((await imap.say('SEARCH RETURN (SAVE) NONSENSE')).tagged, /^BAD/)
  assert.equal(await kept(), '1 3')
  assert.match((await imap.say('SEARCH RETURN (SAVE) CHARSET KOI8-R ALL')).tagged, /^NO \[BADCHARSET/)
  assert.equal(await kept(), '')
  await imap.ok('SEARCH RETURN (SAVE) ALL')
  await imap.ok('SELECT INBOX')
  assert.equal(await kept(), '')
})

test('FETCH tells of a part of what its set names (RFC 9394 §3.4)', async (t) => {
  const imap = await signedInImap(t, server, await withLetters(), { select: 'INBOX' })
  const uids = async (command: string): Promise<string> =>
    (await imap.ok(command)).flatMap((line) => /UID (\d+)/.exec(line)?.[1] ?? []).join(' ')
  assert.equal(await uids('UID FETCH 1:* (UID) (PARTIAL -1:-2)'), '4 5')
  assert.equal(await uids('UID FETCH 2:* (UID) (PARTIAL 1:2)'), '2 3')
  assert.equal(await uids('UID FETCH 1:* (UID) (PARTIAL 9:12)'), '')
  assert.equal(await uids('UID FETCH 1:* (UID) (CHANGEDSINCE 1 PARTIAL -1:-1)'), '5')
  assert.match((await imap.say('UID FETCH 1:* (UID) (PARTIAL 0:2)')).tagged, /^BAD/)
})

test('a charset that is not known is refused with those that are, and any after UTF8=ACCEPT', async (t) => {
  const imap = await signedInImap(t, server, await withLetters(), { select: 'INBOX' })
  assert.match((await imap.say('SEARCH CHARSET KOI8-R SUBJECT x')).tagged, /^NO \[BADCHARSET \(US-ASCII UTF-8\)\]/)
  await imap.ok('ENABLE UTF8=ACCEPT')
  assert.match((await imap.say('SEARCH CHARSET UTF-8 SUBJECT x')).tagged, /^BAD/)
  assert.equal(numbersIn(await imap.ok('SEARCH SUBJECT rechnung')), '2')
})

test('nothing is found in an empty mailbox, and nothing fails there', async (t) => {
  const imap = await signedInImap(t, server, await server.createAccount(), { select: 'INBOX' })
  for (const search of ['*', '1:*', 'UID *', 'UID 1:*', '$', 'NOT DELETED', 'TEXT x', 'SENTSINCE 1-Jan-2000', 'NOT *'])
    assert.deepEqual(await imap.ok(`SEARCH ${search}`), ['SEARCH'], search)
  assert.deepEqual(await imap.ok('SORT (SUBJECT) UTF-8 ALL'), ['SORT'])
  assert.deepEqual(await imap.ok('THREAD REFERENCES UTF-8 ALL'), ['THREAD'])
})

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
