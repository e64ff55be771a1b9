/** What Thunderbird says from its start to its end, replayed with the answers that it needs. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { dialImap, signedInImap } from '../imap.ts'
import { fileLetter, letter } from '../letters.ts'
import { startServer } from '../server.ts'
import { literal, plain, play } from './transcript.ts'

const server = await startServer({ after }, {}, ['imap'])

const HEADERS =
  'From To Cc Bcc Subject Date Message-ID Priority X-Priority References Newsgroups In-Reply-To Content-Type Reply-To'

test('Thunderbird starts, reads, files, deletes, writes and leaves', async (t) => {
  const person = await server.createAccount()
  const letters = ['Eins', 'Zwei', 'Drei', 'Vier', 'Fünf'].map((subject, index) =>
    letter({ subject, messageId: `tb-${index + 1}@example.org`, cc: 'Carl <carl@example.org>' }),
  )
  for (const content of letters) await fileLetter(server, person, content)
  const [, second = Buffer.alloc(0)] = letters
  const imap = await dialImap(t, server.imaps, { tls: true })
  assert.match(imap.greeting, /^\* OK \[CAPABILITY [^\]]*\bAUTH=PLAIN\b/)

  // It signs in, and asks what there is.
  await play(imap, [
    { says: 'capability', hears: [/^CAPABILITY .*IMAP4rev1.* SASL-IR/] },
    { says: 'authenticate PLAIN', goesOn: [plain(person)], ends: /^OK \[CAPABILITY [^\]]*NAMESPACE/ },
    { says: 'ID ("name" "Thunderbird" "version" "140.3.0")', hears: [/^ID \("name" "Zegel"/] },
    { says: 'capability', hears: [/^CAPABILITY .*LIST-EXTENDED.* SPECIAL-USE/] },
    { says: 'namespace', hears: ['NAMESPACE (("" "/")) NIL NIL'], andNoMore: true },
    {
      says: 'list (subscribed) "" "*" return (special-use)',
      hears: [/^LIST \([^)]*\\Subscribed[^)]*\) "\/" "?INBOX"?$/, /^LIST \([^)]*\\Trash[^)]*\) "\/" "?Trash"?$/],
    },
    { says: 'lsub "" "*"', hears: [/^LSUB \(\) "\/" "?INBOX"?$/, /^LSUB \(\) "\/" "?Sent"?$/] },
    { says: 'list "" "*"', hears: [/^LIST \([^)]*\\Drafts[^)]*\) "\/" "?Drafts"?$/] },
    { says: 'list (special-use) "" "*"', hears: [/^LIST \([^)]*\\Sent[^)]*\) "\/" "?Sent"?$/] },
    { says: 'list "" "INBOX"', hears: [/^LIST \([^)]*\\HasNoChildren[^)]*\) "\/" "?INBOX"?$/], andNoMore: true },
    { says: 'myrights "INBOX"', hears: [/^MYRIGHTS "?INBOX"? \w+$/] },
    { says: 'getacl "INBOX"', hears: [/^ACL "?INBOX"? \S+ \w+$/] },
  ])

  // It opens the inbox and fetches what its list shows.
  await play(imap, [
    {
      says: 'select "INBOX" (CONDSTORE)',
      hears: [
        '5 EXISTS',
        /^FLAGS \(.*\\Seen/,
        /^OK \[PERMANENTFLAGS \(.*\\\*\)\]/,
        /^OK \[UIDVALIDITY \d+\]/,
        'OK [UIDNEXT 6] The next UID',
        /^OK \[HIGHESTMODSEQ \d+\]/,
      ],
      ends: /^OK \[READ-WRITE\]/,
    },
    { says: 'getquotaroot "INBOX"', hears: [/^QUOTAROOT "?INBOX"?/] },
    {
      says: 'UID fetch 1:* (FLAGS)',
      hears: [/^1 FETCH \(UID 1 FLAGS \(\)/, /^5 FETCH \(UID 5 FLAGS \(\)/],
    },
    {
      says: `UID fetch 1:5 (UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (${HEADERS})])`,
      hears: letters.map((content, index) => {
        const fields = content.toString('latin1').split('\r\n').slice(0, 6)
        const [from, to, cc, subject, date, id] = fields
        const said = [from, to, cc, subject, date, id, 'Content-Type: text/plain; charset=utf-8', '', ''].join('\r\n')
        return (
          `${index + 1} FETCH (UID ${index + 1} RFC822.SIZE ${content.length} FLAGS () ` +
          `BODY[HEADER.FIELDS (${HEADERS})] {${said.length}}\r\n${said})`
        )
      }),
      andNoMore: true,
    },
  ])

  // The one that is clicked at is fetched whole, and marked.
  await play(imap, [
    {
      says: 'UID fetch 2 (UID RFC822.SIZE BODY.PEEK[])',
      hears: [`2 FETCH (UID 2 RFC822.SIZE ${second.length} BODY[] {${second.length}}\r\n${second.toString('latin1')})`],
      andNoMore: true,
    },
    { says: 'uid store 2 +FLAGS (\\Seen)', hears: [/^2 FETCH \(UID 2 FLAGS \(\\Seen\)/] },
    { says: 'uid store 3 +FLAGS (\\Flagged $label1)', hears: [/^3 FETCH \(UID 3 FLAGS \(\\Flagged \$label1\)/i] },
    { says: 'uid store 3 -FLAGS ($label1)', hears: [/^3 FETCH \(UID 3 FLAGS \(\\Flagged\)/] },
  ])

  // To Trash: with MOVE, and as it did without.
  await play(imap, [
    { says: 'uid move 4 "Trash"', hears: [/^OK \[COPYUID \d+ 4 1\]/, /^4 EXPUNGE$/] },
    { says: 'uid copy 5 "Trash"', ends: /^OK \[COPYUID \d+ 5 2\]/ },
    { says: 'uid store 5 +FLAGS (\\Seen \\Deleted)', hears: [/^4 FETCH \(UID 5 FLAGS \(\\Seen \\Deleted\)/] },
    { says: 'UID expunge 5', hears: ['4 EXPUNGE'] },
    { says: 'create "Nowhere/Nothing"' },
    { says: 'subscribe "Nowhere/Nothing"' },
    { says: 'delete "Nowhere/Nothing"' },
    { says: 'unsubscribe "Nowhere/Nothing"' },
    { says: 'uid copy 1 "Archives/2026"', ends: /^NO \[TRYCREATE\]/ },
    { says: 'create "Archives/2026"' },
    { says: 'subscribe "Archives/2026"' },
    { says: 'uid move 1 "Archives/2026"', hears: [/^OK \[COPYUID \d+ 1 1\]/, '1 EXPUNGE'] },
  ])

  // It waits, and hears of what comes.
  imap.send('i1 IDLE\r\n')
  assert.match(await imap.next(), /^\+/)
  await fileLetter(server, person, { subject: 'Sechs' })
  assert.equal(await imap.next(), '* 3 EXISTS')
  imap.send('DONE\r\n')
  assert.match(await imap.next(), /^i1 OK/)
  await play(imap, [
    {
      says: `UID fetch 6:* (UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (${HEADERS})])`,
      hears: [/^3 FETCH \(UID 6 .*Subject: Sechs\r\n/s],
      andNoMore: true,
    },
    { says: 'noop', andNoMore: true },
    { says: 'check' },
  ])

  // What was written: a draft, its successor, the copy of what was sent.
  const [draft, later, sent] = ['draft', 'later', 'sent'].map((id) =>
    letter({ subject: 'Entwurf', messageId: `tb-${id}@zegel.test` }),
  ) as [Buffer, Buffer, Buffer]
  await play(imap, [
    { says: `append "Drafts" (\\Seen \\Draft) ${literal(draft)}`, ends: /^OK \[APPENDUID \d+ 1\]/ },
    { says: 'select "Drafts"', hears: ['1 EXISTS'] },
    { says: 'UID SEARCH UNDELETED HEADER Message-ID tb-draft@zegel.test', hears: ['SEARCH 1'], andNoMore: true },
    {
      says: 'UID fetch 1 (FLAGS)',
      hears: [/^1 FETCH \(UID 1 FLAGS \((?:\\Seen \\Draft|\\Draft \\Seen)\)/],
      andNoMore: true,
    },
    { says: `append "Drafts" (\\Seen \\Draft) ${literal(later)}`, hears: ['2 EXISTS'] },
    { says: 'uid store 1 +FLAGS (\\Deleted)' },
    { says: 'expunge', hears: ['1 EXPUNGE'] },
    { says: `append "Sent" (\\Seen) {${sent.length}}`, goesOn: [sent.toString('latin1')], ends: /^OK \[APPENDUID/ },
    {
      says: 'STATUS "Sent" (UIDNEXT MESSAGES UNSEEN RECENT)',
      hears: [/^STATUS "?Sent"? \(UIDNEXT 2 MESSAGES 1 UNSEEN 0 RECENT 0\)$/],
    },
    { says: 'select "Sent"' },
    { says: 'UID SEARCH UNDELETED HEADER Message-ID tb-sent@zegel.test', hears: ['SEARCH 1'] },
    {
      says: `UID fetch 1 (UID RFC822.SIZE BODY.PEEK[])`,
      hears: [`1 FETCH (UID 1 RFC822.SIZE ${sent.length} BODY[] {${sent.length}}\r\n${sent.toString('latin1')})`],
    },
    { says: 'noop' },
    { says: 'close' },
    { says: 'logout', hears: [/^BYE/] },
  ])

  const other = await signedInImap(t, server, person, { select: 'INBOX' })
  assert.deepEqual(await other.ok('UID SEARCH ALL'), ['SEARCH 2 3 6'])
  for (const [path, count] of Object.entries({ Trash: 2, Drafts: 1, Sent: 1, 'Archives/2026': 1 }))
    assert.match((await other.ok(`STATUS ${path} (MESSAGES)`)).join(), new RegExp(`MESSAGES ${count}\\)`), path)
})

test('Thunderbird that comes back asks for what has changed, and searches on the server', async (t) => {
  const person = await server.createAccount()
  for (const subject of ['Rechnung', 'Einladung', 'Angebot']) await fileLetter(server, person, { subject })
  const imap = await signedInImap(t, server, person)
  const opened = await imap.ok('select "INBOX" (CONDSTORE)')
  const [, change] = /HIGHESTMODSEQ (\d+)/.exec(opened.join()) ?? []
  const other = await signedInImap(t, server, person, { select: 'INBOX' })
  await other.ok('UID STORE 2 +FLAGS (\\Answered)')
  await play(imap, [
    {
      says: `UID fetch 1:* (FLAGS) (CHANGEDSINCE ${change})`,
      hears: [/^2 FETCH \(UID 2 FLAGS \(\\Answered\) MODSEQ \(\d+\)\)$/],
    },
    { says: 'UID SEARCH UNDELETED SUBJECT "Einladung"', hears: ['SEARCH 2'] },
    {
      says: `UID SEARCH CHARSET UTF-8 UNDELETED OR SUBJECT ${literal('Angebot')} FROM ${literal('Nobody')}`,
      hears: ['SEARCH 3'],
    },
    { says: 'UID SEARCH UNDELETED SINCE 1-Sep-2026 UNSEEN BODY "Text"', hears: ['SEARCH 1 2 3'] },
    { says: 'rename "Templates" "Vorlagen"', ends: /^(?:OK|NO)/ },
    { says: 'logout', hears: [/^BYE/] },
  ])
})
