import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { signedInImap } from '#test/imap'
import { fileLetter } from '#test/letters'
import { startServer } from '#test/server'

const server = await startServer({ after }, {}, ['imap'])

test('a letter is listed and read, and reading marks it as seen', async (t) => {
  const person = await server.createAccount()
  await fileLetter(server, person, { subject: 'Apfelernte', text: 'Am Samstag im Garten.' })
  const imap = await signedInImap(t, server, person, { select: 'INBOX' })
  const [line = ''] = await imap.ok('FETCH 1 (UID FLAGS ENVELOPE)')
  assert.match(line, /^1 FETCH \(UID 1 FLAGS \(\) ENVELOPE \("Mon, 7 Sep 2026 09:30:00 \+0200" "Apfelernte"/)
  const untagged = await imap.ok('FETCH 1 BODY[TEXT]')
  assert.match(untagged[0] ?? '', /^1 FETCH \(BODY\[TEXT\] \{\d+\}\r\nAm Samstag im Garten\.\r\n\)$/)
  assert.match(untagged[1] ?? '', /^1 FETCH \(UID 1 FLAGS \(\\Seen\)\)$/)
})
