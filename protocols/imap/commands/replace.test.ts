import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { signedInImap } from '#test/imap'
import { fileLetter } from '#test/letters'
import { startServer } from '#test/server'

const server = await startServer({ after }, {}, ['imap'])
const draft = (subject: string): string => {
  const content = `Subject: ${subject}\r\n\r\nText\r\n`
  return `{${content.length}+}\r\n${content}`
}

test('a draft is saved in the place of the one before, which is not kept (RFC 8508 §3.4)', async (t) => {
  const person = await server.createAccount()
  const imap = await signedInImap(t, server, person, { select: 'Drafts' })
  const other = await signedInImap(t, server, person, { select: 'Drafts' })
  await imap.ok(`APPEND Drafts (\\Draft \\Seen) ${draft('one')}`)
  const { untagged, tagged } = await imap.say(`REPLACE 1 Drafts (\\Draft) ${draft('two')}`)
  assert.match(untagged[0] ?? '', /^OK \[APPENDUID \d+ 2\]/)
  assert.deepEqual(untagged.slice(1), ['1 EXPUNGE', '1 EXISTS'])
  assert.match(tagged, /^OK \[HIGHESTMODSEQ/)
  await other.ok('NOOP')
  assert.match((await other.ok('FETCH 1 (FLAGS ENVELOPE)')).join(), /FLAGS \(\\Draft\).*"two"/)
  const account = await server.storage.openAccount(person.id)
  const { rows } = await account.sql`
    select is_replaced, deleted_at is null as is_there from item where account_id = ${person.id} order by item_id`
  assert.deepEqual(rows, [
    { is_replaced: true, is_there: false },
    { is_replaced: false, is_there: true },
  ])
})

test('a draft is replaced by what was sent of it, put together from it, in another mailbox', async (t) => {
  const imap = await signedInImap(t, server, await server.createAccount(), { select: 'Drafts' })
  await imap.ok(`APPEND Drafts (\\Draft) ${draft('one')}`)
  const { untagged } = await imap.say('UID REPLACE 1 Sent (\\Seen) CATENATE (TEXT {7+}\r\nTo: x\r\n URL ";UID=1")')
  assert.match(untagged[0] ?? '', /^OK \[APPENDUID \d+ 1\]/)
  assert.deepEqual(untagged.slice(1), ['1 EXPUNGE'])
  await imap.ok('SELECT Sent')
  assert.match((await imap.ok('FETCH 1 BODY.PEEK[]')).join(), /To: x\r\nSubject: one/)
})

test('what is no draft can be restored when it is replaced; a mark is not needed', async (t) => {
  const person = await server.createAccount()
  await fileLetter(server, person)
  const imap = await signedInImap(t, server, person, { select: 'INBOX' })
  await imap.ok(`UID REPLACE 1 INBOX ${draft('mended')}`)
  const account = await server.storage.openAccount(person.id)
  const { rowCount } = await account.sql`
    select from item where account_id = ${person.id} and deleted_at is not null and not is_replaced`
  assert.equal(rowCount, 1)
})

test('both or neither: all stays as it was when one of the two cannot be', async (t) => {
  const person = await server.createAccount()
  await fileLetter(server, person)
  await fileLetter(server, person)
  const imap = await signedInImap(t, server, person, { select: 'INBOX' })
  const other = await signedInImap(t, server, person, { select: 'INBOX' })
  assert.match((await imap.say(`REPLACE 1 Nowhere ${draft('x')}`)).tagged, /^NO \[TRYCREATE\]/)
  assert.match((await imap.say(`UID REPLACE 9 INBOX ${draft('x')}`)).tagged, /^NO \[NONEXISTENT\]/)
  assert.match((await imap.say(`REPLACE 1 INBOX CATENATE (URL "/INBOX/;UID=9")`)).tagged, /^NO \[BADURL/)
  assert.match((await imap.say('REPLACE 1 INBOX {0+}\r\n')).tagged, /^NO/)
  assert.deepEqual(await other.ok('NOOP'), [])
  await other.ok('STORE 1 +FLAGS.SILENT (\\Deleted)')
  await other.ok('EXPUNGE')
  const { untagged, tagged } = await imap.say(`REPLACE 1 INBOX ${draft('x')}`)
  assert.match(tagged, /^NO \[EXPUNGEISSUED\]/)
  assert.deepEqual(untagged, ['1 EXPUNGE'])
  await imap.ok('EXAMINE INBOX')
  assert.match((await imap.say(`REPLACE 1 INBOX ${draft('x')}`)).tagged, /^NO \[READ-ONLY\]/)
})

const hostile: Record<string, string> = {
  'a set': `REPLACE 1:2 INBOX ${draft('x')}`,
  'number zero': `UID REPLACE 0 INBOX ${draft('x')}`,
  'a number too great': `REPLACE 5 INBOX ${draft('x')}`,
  'two messages (RFC 8508 §4.7)': `REPLACE 1 INBOX ${draft('x')} ${draft('y')}`,
  'no message': 'REPLACE 1 INBOX',
}

test('what is no REPLACE is BAD', async (t) => {
  const person = await server.createAccount()
  await fileLetter(server, person)
  const imap = await signedInImap(t, server, person, { select: 'INBOX' })
  for (const [name, command] of Object.entries(hostile)) assert.match((await imap.say(command)).tagged, /^BAD/, name)
  assert.deepEqual(await imap.ok('NOOP'), [])
})
