/** What programs on telephones say (K-9 Mail, FairEmail), replayed with the answers that they need. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { dialImap, signedInImap } from '../imap.ts'
import { fileLetter, letter } from '../letters.ts'
import { startServer } from '../server.ts'
import { literal, plain, play } from './transcript.ts'

const server = await startServer({ after }, {}, ['imap'])

const K9_HEADERS =
  'date subject from content-type to cc reply-to message-id references in-reply-to list-unsubscribe x-k9mail-identity'

test('K-9 Mail compresses, looks for what is not deleted, and reads the beginnings of letters', async (t) => {
  const person = await server.createAccount()
  const long = letter({ subject: 'Lang', text: 'Eine lange Zeile.\n'.repeat(5000) })
  for (const content of [letter({ subject: 'Eins' }), long, letter({ subject: 'Drei' })])
    await fileLetter(server, person, content)
  const imap = await dialImap(t, server.imaps, { tls: true })
  await play(imap, [
    { says: 'CAPABILITY', hears: [/^CAPABILITY/] },
    { says: 'ID ("name" "K-9 Mail" "version" "6.804")', hears: [/^ID/] },
    { says: 'AUTHENTICATE PLAIN', goesOn: [plain(person)], ends: /^OK \[CAPABILITY [^\]]*COMPRESS=DEFLATE/ },
    { says: 'COMPRESS DEFLATE' },
  ])
  imap.compress()
  await play(imap, [
    { says: 'NAMESPACE', hears: ['NAMESPACE (("" "/")) NIL NIL'] },
    { says: 'LIST "" "*" RETURN (SPECIAL-USE)', hears: [/\\Archive.*Archive/, /\\Drafts.*Drafts/, /INBOX/] },
    { says: 'LIST (SUBSCRIBED) "" "*" RETURN (SPECIAL-USE)', hears: [/\\Subscribed.*INBOX/] },
    { says: 'SELECT "INBOX"', hears: ['3 EXISTS', /^OK \[UIDNEXT 4\]/], ends: /^OK \[READ-WRITE\]/ },
    { says: 'UID SEARCH 1:* NOT DELETED', hears: ['SEARCH 1 2 3'], andNoMore: true },
    { says: 'UID SEARCH 2:3 SINCE 1-Sep-2026 NOT DELETED', hears: ['SEARCH 2 3'], andNoMore: true },
    { says: 'UID FETCH 1,2,3 (UID FLAGS)', hears: [/^2 FETCH \(UID 2 FLAGS \(\)\)$/] },
    {
      says: `UID FETCH 1,2,3 (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS (${K9_HEADERS})])`,
      hears: [
        new RegExp(
          `^2 FETCH \\(UID 2 FLAGS \\(\\) INTERNALDATE "[^"]+" RFC822.SIZE ${long.length} .*Subject: Lang`,
          's',
        ),
      ],
    },
    { says: 'UID FETCH 2 (UID BODYSTRUCTURE)', hears: [/^2 FETCH \(UID 2 BODYSTRUCTURE \("text" "plain"/i] },
    {
      says: 'UID FETCH 2 (UID BODY.PEEK[]<0.32768>)',
      hears: [`2 FETCH (UID 2 BODY[]<0> {32768}\r\n${long.toString('latin1').slice(0, 32_768)})`],
    },
    {
      says: 'UID FETCH 1 (UID BODY.PEEK[TEXT])',
      hears: [/^1 FETCH \(UID 1 BODY\[TEXT\] \{\d+\}\r\nText \d+\.\r\n\)$/],
    },
    { says: 'UID STORE 1 +FLAGS.SILENT (\\Seen)', andNoMore: true },
    { says: 'UID STORE 1 +FLAGS.SILENT (\\Answered)', andNoMore: true },
    { says: 'UID SEARCH NOT DELETED OR SUBJECT "drei" FROM "drei"', hears: ['SEARCH 3'], andNoMore: true },
    { says: 'UID COPY 1 "Archive"', ends: /^OK \[COPYUID \d+ 1 1\]/ },
    { says: 'UID STORE 1 +FLAGS.SILENT (\\Deleted)' },
    { says: 'UID EXPUNGE 1', hears: ['1 EXPUNGE'] },
    { says: 'UID MOVE 3 "Trash"', hears: [/^OK \[COPYUID \d+ 3 1\]/, '2 EXPUNGE'] },
    { says: 'UID SEARCH HEADER MESSAGE-ID "nothing@example.org"', hears: ['SEARCH'], andNoMore: true },
    {
      says: `APPEND "Drafts" (\\Draft \\Seen) {${long.length}}`,
      goesOn: [long.toString('latin1')],
      ends: /^OK \[APPENDUID \d+ 1\]/,
    },
    { says: 'IDLE', goesOn: ['DONE'] },
  ])
  imap.send('p1 IDLE\r\n')
  assert.match(await imap.next(), /^\+/)
  await fileLetter(server, person)
  assert.equal(await imap.next(), '* 2 EXISTS')
  imap.send('DONE\r\n')
  assert.match(await imap.next(), /^p1 OK/)
  await play(imap, [{ says: 'LOGOUT', hears: [/^BYE/] }])
})

const FAIR_HEADERS =
  'Message-ID References In-Reply-To X-Forwarded-Message-Id Return-Path Delivered-To Reply-To List-Post List-Unsubscribe ' +
  'Autocrypt Disposition-Notification-To Authentication-Results Received-SPF'

test('FairEmail goes by sequence numbers, and opens several connections', async (t) => {
  const person = await server.createAccount()
  for (const subject of ['Eins', 'Zwei', 'Drei', 'Vier'])
    await fileLetter(server, person, {
      subject,
      messageId: `${subject}@example.org`,
      headers: ['List-Id: <x.example.org>'],
    })
  const idle = await signedInImap(t, server, person, { select: 'INBOX' })
  const imap = await dialImap(t, server.imaps, { tls: true })
  await play(imap, [
    { says: 'CAPABILITY' },
    { says: `AUTHENTICATE PLAIN ${plain(person)}` },
    { says: 'CAPABILITY' },
    {
      says: 'ID ("name" "FairEmail" "version" "1.2281" "os" "Android" "os-version" "14" "vendor" "Marcel Bokhorst")',
      hears: [/^ID/],
    },
    { says: 'NAMESPACE' },
    { says: 'LIST "" "*"', hears: [/INBOX/] },
    { says: 'LSUB "" "*"', hears: [/INBOX/] },
    { says: 'LIST "" INBOX', hears: [/INBOX/], andNoMore: true },
    { says: 'STATUS INBOX (MESSAGES RECENT UNSEEN UIDNEXT UIDVALIDITY)', hears: [/^STATUS "?INBOX"? \(MESSAGES 4 /] },
    { says: 'SELECT INBOX', hears: ['4 EXISTS'] },
    { says: 'SEARCH SINCE 1-Sep-2026 ALL', hears: ['SEARCH 1 2 3 4'] },
    { says: 'FETCH 1:4 (UID FLAGS)', hears: ['4 FETCH (UID 4 FLAGS ())'] },
    {
      says: `FETCH 4 (ENVELOPE INTERNALDATE RFC822.SIZE FLAGS UID BODYSTRUCTURE BODY.PEEK[HEADER.FIELDS (${FAIR_HEADERS})])`,
      hears: [/^4 FETCH \(ENVELOPE \("Mon, 7 Sep 2026 .*Message-ID: <Vier@example.org>\r\n/s],
    },
    { says: 'FETCH 4 (BODY.PEEK[HEADER])', hears: [/^4 FETCH \(BODY\[HEADER\] \{\d+\}\r\n.*List-Id: <x/s] },
    { says: 'FETCH 4 (BODY.PEEK[1]<0.131072>)', hears: [/^4 FETCH \(BODY\[1\]<0> \{\d+\}\r\nText/] },
    { says: 'SEARCH HEADER Message-ID "<Drei@example.org>" ALL', hears: ['SEARCH 3'] },
    { says: 'STORE 4 +FLAGS (\\Seen $Forwarded)', hears: [/^4 FETCH \(.*FLAGS \(\\Seen \$Forwarded\)/i] },
    { says: 'COPY 3 Archive', ends: /^OK \[COPYUID \d+ 3 1\]/ },
    { says: 'STORE 3 +FLAGS (\\Deleted)' },
    { says: 'EXPUNGE', hears: ['3 EXPUNGE'] },
    { says: 'MOVE 1 Trash', hears: ['1 EXPUNGE'] },
    { says: `APPEND Sent (\\Seen) "29-Nov-2026 12:00:00 +0100" ${literal(letter())}`, ends: /^OK \[APPENDUID/ },
    { says: 'NOOP' },
    { says: 'CLOSE' },
    { says: 'LOGOUT', hears: [/^BYE/] },
  ])
  assert.deepEqual(await idle.ok('NOOP'), ['3 EXPUNGE', '1 EXPUNGE', '2 FETCH (UID 4 FLAGS (\\Seen $Forwarded))'])
})
