/** What Apple's Mail says, on a Mac and on a telephone, replayed with the answers that it needs. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { dialImap, signedInImap } from '../imap.ts'
import { fileLetter, letter } from '../letters.ts'
import { startServer } from '../server.ts'
import { literal, plain, play } from './transcript.ts'

const server = await startServer({ after }, {}, ['imap'])

const HEADERS =
  'date subject from to cc message-id in-reply-to references content-type x-priority x-uniform-type-identifier ' +
  'x-universally-unique-identifier list-id list-unsubscribe'
const ID =
  '("name" "Mac OS X Mail" "version" "16.0 (3826.400.131)" "os" "Mac OS X" "os-version" "15.4" "vendor" "Apple Inc.")'
const STATUS = '(MESSAGES UIDNEXT UIDVALIDITY UNSEEN HIGHESTMODSEQ)'

test('Apple Mail starts, asks how every mailbox is, reads, files and sends', async (t) => {
  const person = await server.createAccount()
  const attached = letter({
    subject: 'Mit Bild',
    body: [
      'Content-Type: multipart/mixed; boundary="=_apple"',
      '',
      '--=_apple',
      'Content-Type: text/plain; charset=utf-8',
      '',
      'Hier.',
      '--=_apple',
      'Content-Type: image/png; name="bild.png"',
      'Content-Disposition: inline; filename="bild.png"',
      'Content-Transfer-Encoding: base64',
      '',
      'iVBORw0KGgo=',
      '--=_apple--',
      '',
    ].join('\n'),
  })
  for (const content of [letter({ subject: 'Eins' }), attached, letter({ subject: 'Drei' })])
    await fileLetter(server, person, content)
  const imap = await dialImap(t, server.imaps, { tls: true })
  await play(imap, [
    { says: 'CAPABILITY', hears: [/^CAPABILITY .*AUTH=PLAIN/] },
    { says: `AUTHENTICATE PLAIN ${plain(person)}`, ends: /^OK \[CAPABILITY/ },
    { says: 'CAPABILITY', hears: [/^CAPABILITY .*\bQRESYNC\b/] },
    { says: `ID ${ID}`, hears: [/^ID \(/] },
    { says: 'ENABLE CONDSTORE', hears: ['ENABLED CONDSTORE'] },
    { says: 'NAMESPACE', hears: ['NAMESPACE (("" "/")) NIL NIL'] },
    { says: 'LIST "" ""', hears: ['LIST (\\Noselect) "/" ""'], andNoMore: true },
    { says: 'LIST (SPECIAL-USE) "" "*"', hears: [/\\Sent/, /\\Drafts/, /\\Trash/, /\\Junk/] },
    { says: 'LIST "" "*"', hears: [/"?INBOX"?$/] },
    { says: 'LSUB "" "*"', hears: [/^LSUB \(\) "\/" "?INBOX"?$/] },
  ])
  const paths = (await imap.ok('LIST "" "*"')).map((line) => line.slice(line.indexOf('"/" ') + 4))
  for (const path of paths)
    await play(imap, [
      {
        says: `STATUS ${path} ${STATUS}`,
        hears: [/^STATUS \S+ \(MESSAGES \d+ UIDNEXT \d+ UIDVALIDITY \d+ UNSEEN \d+ HIGHESTMODSEQ \d+\)$/],
        andNoMore: true,
      },
    ])
  await play(imap, [
    { says: 'SELECT INBOX (CONDSTORE)', hears: ['3 EXISTS', /^OK \[HIGHESTMODSEQ \d+\]/] },
    { says: 'FETCH 1:3 (FLAGS UID MODSEQ)', hears: [/^3 FETCH \(FLAGS \(\) UID 3 MODSEQ \(\d+\)\)$/] },
    { says: 'UID FETCH 4:* (FLAGS)', hears: [/^3 FETCH \(UID 3 FLAGS \(\)/] },
    {
      says: `FETCH 1:3 (INTERNALDATE UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (${HEADERS})])`,
      hears: [/^2 FETCH \(INTERNALDATE "07-Sep-2026 08:00:00 \+0000" UID 2 .*Subject: Mit Bild\r\n/s],
    },
    {
      says: 'UID FETCH 2 (BODYSTRUCTURE BODY.PEEK[HEADER])',
      hears: [/^2 FETCH \(UID 2 BODYSTRUCTURE \(\("text" "plain".*"mixed" .*BODY\[HEADER\] \{\d+\}\r\n/is],
    },
    { says: 'UID FETCH 2 (BODY.PEEK[1.MIME] BODY.PEEK[1])', hears: [/BODY\[1\] \{5\}\r\nHier\./] },
    { says: 'UID FETCH 2 BODY.PEEK[2]<0.6>', hears: ['2 FETCH (UID 2 BODY[2]<0> {6}\r\niVBORw)'] },
    { says: 'UID STORE 2 +FLAGS.SILENT (\\Seen)' },
    { says: 'UID STORE 3 +FLAGS.SILENT (\\Flagged $MailFlagBit0 $NotJunk)' },
    { says: 'UID FETCH 3 (FLAGS)', hears: [/^3 FETCH \(UID 3 FLAGS \(\\Flagged \$MailFlagBit0 \$NotJunk\)/i] },
    { says: 'CREATE "Archive/M&APw-ll"' },
    { says: 'LIST "" "Archive/%"', hears: [/"Archive\/M&APw-ll"$/] },
    { says: 'UID COPY 1 "Archive/M&APw-ll"', ends: /^OK \[COPYUID/ },
    { says: 'UID STORE 1 +FLAGS.SILENT (\\Deleted)' },
    { says: 'UID EXPUNGE 1', hears: ['1 EXPUNGE'] },
    { says: 'UID MOVE 3 Trash', hears: [/^OK \[COPYUID/, '2 EXPUNGE'] },
    { says: 'GETQUOTAROOT INBOX', hears: [/^QUOTAROOT/] },
  ])
  const sent = letter({ subject: 'Gesendet' })
  await play(imap, [
    {
      says: `APPEND Sent (\\Seen $NotJunk NotJunk) "29-Nov-2026 12:00:00 +0100" ${literal(sent)}`,
      ends: /^OK \[APPENDUID/,
    },
    { says: 'EXAMINE Sent', hears: ['1 EXISTS'] },
    { says: 'UID FETCH 1 (INTERNALDATE)', hears: [/INTERNALDATE "29-Nov-2026 1[12]:00:00 \+0[01]00"/] },
    { says: 'CLOSE' },
    { says: 'LOGOUT', hears: [/^BYE/] },
  ])
})

test('Apple Mail that comes back hears by QRESYNC what has happened meanwhile', async (t) => {
  const person = await server.createAccount()
  for (let count = 1; count <= 6; count++) await fileLetter(server, person)
  const first = await signedInImap(t, server, person)
  const opened = (await first.ok('SELECT INBOX (CONDSTORE)')).join()
  const [, validity] = /UIDVALIDITY (\d+)/.exec(opened) ?? []
  const [, change] = /HIGHESTMODSEQ (\d+)/.exec(opened) ?? []
  first.close()
  const other = await signedInImap(t, server, person, { select: 'INBOX' })
  await other.ok('UID STORE 2,5 +FLAGS (\\Deleted)')
  await other.ok('EXPUNGE')
  await other.ok('UID STORE 3 +FLAGS (\\Flagged)')
  await fileLetter(server, person)
  const imap = await signedInImap(t, server, person)
  await play(imap, [
    { says: 'ENABLE QRESYNC', hears: [/^ENABLED .*QRESYNC/] },
    {
      says: `SELECT INBOX (QRESYNC (${validity} ${change} 1:6))`,
      hears: ['5 EXISTS', 'VANISHED (EARLIER) 2,5', /^2 FETCH \(UID 3 FLAGS \(\\Flagged\) MODSEQ \(\d+\)\)$/],
    },
    { says: 'UID FETCH 7:* (FLAGS)', hears: ['5 FETCH (UID 7 FLAGS ())'], andNoMore: true },
    { says: 'IDLE', goesOn: ['DONE'] },
  ])
  imap.send('i1 IDLE\r\n')
  assert.match(await imap.next(), /^\+/)
  // What it has not been told of is not there for it.
  await other.ok('NOOP')
  await other.ok('UID STORE 7 +FLAGS (\\Deleted)')
  assert.match(await imap.next(), /^\* 5 FETCH \(UID 7 FLAGS \(\\Deleted\) MODSEQ \(\d+\)\)$/)
  await other.ok('UID EXPUNGE 7')
  assert.equal(await imap.next(), '* VANISHED 7')
  imap.send('DONE\r\n')
  assert.match(await imap.next(), /^i1 OK/)
})
