import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { indexBatch } from '#mail/indexing'
import { signedInImap, type ImapDialogue } from '#test/imap'
import { fileLetter } from '#test/letters'
import { numbersIn, personWithLetters } from '#test/search-letters'
import { startServer } from '#test/server'

const server = await startServer({ after }, {}, ['imap'])
const withLetters = (): ReturnType<typeof personWithLetters> => personWithLetters(server)
const silent = { after: () => undefined }

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
  'HEADER MIME-Version 1.0': '1 2 3 4 5',
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

test('a header field is found whether the summary has it or it is too long for that', async (t) => {
  const person = await server.createAccount()
  const long = Array.from({ length: 300 }, (_, i) => `<reference-${i}@example.org>`).join('\n ')
  await fileLetter(server, person, { headers: ['X-Mailer: Brieftaube 2', `References: ${long}`] })
  await fileLetter(server, person, { headers: ['X-Mailer: =?utf-8?Q?Brief=C3=A4sser?='] })
  await fileLetter(server, person, {})
  const imap = await signedInImap(t, server, person, { select: 'INBOX' })
  const searches = { 'X-Mailer brief': '1 2', 'X-MAILER taube': '1', 'X-Mailer ""': '1 2', 'X-Mailer reference': '' }
  for (const isIndexed of [false, true]) {
    if (isIndexed) await indexBatch(server.storage, person.id)
    for (const [search, found] of Object.entries(searches))
      assert.equal(numbersIn(await imap.ok(`SEARCH HEADER ${search}`)), found, search)
  }
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
