import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { signedInImap } from '#test/imap'
import { fileLetter } from '#test/letters'
import { startServer } from '#test/server'

const server = await startServer({ after }, {}, ['imap'])
const person = await server.createAccount()
await fileLetter(server, person, {}, { keywords: ['$seen'] })
await fileLetter(server, person, {}, { keywords: ['holiday'] })

const FLAGS = '\\Answered \\Flagged \\Deleted \\Seen \\Draft $Forwarded $MDNSent $Junk $NotJunk holiday'

test('SELECT tells IMAP4rev1 what RFC 3501 §6.3.1 asks for', async (t) => {
  const imap = await signedInImap(t, server, person)
  const { untagged, tagged } = await imap.say('SELECT inbox')
  assert.match(tagged, /^OK \[READ-WRITE\]/)
  assert.deepEqual(
    untagged.map((line) =>
      line
        .replace(/\d{6,}/, 'N')
        .replace(/(HIGHESTMODSEQ) \d+/, '$1 N')
        .replace(/\(F[a-z0-9]+\)/, '(ID)'),
    ),
    [
      '2 EXISTS',
      '0 RECENT',
      'OK [UNSEEN 2] The first that nobody has seen',
      `FLAGS (${FLAGS})`,
      `OK [PERMANENTFLAGS (${FLAGS} \\*)] What can be changed`,
      'OK [UIDVALIDITY N] Since then UIDs are valid',
      'OK [UIDNEXT 3] The next UID',
      'OK [HIGHESTMODSEQ N] The last change',
      'OK [MAILBOXID (ID)] Its id',
    ],
  )
})

test('SELECT tells IMAP4rev2 its name, and nothing of recent or unseen ones (RFC 9051 §6.3.2)', async (t) => {
  const imap = await signedInImap(t, server, person)
  await imap.ok('ENABLE IMAP4rev2')
  const lines = await imap.ok('EXAMINE INBOX')
  assert.ok(lines.includes('LIST () "/" "INBOX"'))
  assert.ok(lines.includes('OK [PERMANENTFLAGS ()] What can be changed'))
  assert.ok(!lines.some((line) => /RECENT|UNSEEN/.test(line)))
  const bytes = (text: string): string => Buffer.from(text).toString('latin1')
  await imap.ok(`CREATE "${bytes('é')}"`)
  const again = await imap.ok(`SELECT "${bytes('e\u0301')}"`)
  assert.equal(again[0]?.startsWith('OK [CLOSED]'), true)
  assert.equal(again.at(-1), `LIST () "/" "${bytes('é')}" ("OLDNAME" ("${bytes('e\u0301')}"))`)
})

test('a SELECT that fails leaves no mailbox selected', async (t) => {
  const imap = await signedInImap(t, server, person, { select: 'INBOX' })
  const { untagged, tagged } = await imap.say('SELECT Nobody')
  assert.match(untagged[0] ?? '', /^OK \[CLOSED\]/)
  assert.match(tagged, /^NO \[NONEXISTENT\]/)
  assert.match((await imap.say('FETCH 1 FLAGS')).tagged, /^BAD/)
})

test('CHECK of IMAP4rev1 tells what has happened, of a mailbox that is selected (RFC 3501 §6.4.1)', async (t) => {
  const imap = await signedInImap(t, server, person)
  assert.match((await imap.say('CHECK')).tagged, /^BAD/)
  await imap.ok('SELECT Archive')
  await fileLetter(server, person, {}, { role: 'archive' })
  assert.deepEqual(await imap.ok('CHECK'), ['1 EXISTS'])
})
