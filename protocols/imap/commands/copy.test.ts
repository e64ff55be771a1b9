import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createMailbox, removeMailbox, updateMailbox } from '#mail'
import { signedInImap, type ImapDialogue } from '#test/imap'
import { fileLetter } from '#test/letters'
import type { Person } from '#test/people'
import { startServer } from '#test/server'

const server = await startServer({ after }, {}, ['imap'])

/** A person with letters in the inbox, whose subjects are their UIDs. */
async function withLetters(count: number): Promise<Person> {
  const person = await server.createAccount()
  for (let uid = 1; uid <= count; uid++) await fileLetter(server, person, { subject: `L${uid}` })
  return person
}

/** UID and subject of all that is in the selected mailbox. */
async function subjects(imap: ImapDialogue): Promise<string[]> {
  const lines = await imap.ok('UID FETCH 1:* ENVELOPE')
  return lines
    .filter((line) => line.includes('ENVELOPE'))
    .map((line) => line.replace(/^.*UID (\d+) ENVELOPE \("[^"]*" "(\w+)".*$/s, '$1 $2'))
}

test('thousands are moved by a few statements, in their order', async (t) => {
  const person = await withLetters(1)
  const account = await server.storage.openAccount(person.id)
  // The same letter many times: what is moved is placements.
  await account.sql`
    insert into item (account_id, item_id, kind, thread_id, blob_id, size, flags, received_at, created_change, change)
    select account_id, item_id - n, kind, thread_id + n % 50, blob_id, size, flags, received_at, change, change
    from item, generate_series(1, 3999) as n where account_id = ${person.id}`
  await account.sql`
    insert into placement (account_id, folder_id, uid, item_id, received_at, change)
    select p.account_id, p.folder_id, 1 + p.item_id - i.item_id, i.item_id, i.received_at, i.change
    from placement p join item i on i.account_id = p.account_id and i.item_id < p.item_id where p.account_id = ${person.id}`
  await account.sql`update folder set uid_next = 4001, total = 4000 where account_id = ${person.id} and role = 'inbox'`
  const imap = await signedInImap(t, server, person, { select: 'INBOX' })
  const { untagged } = await imap.say('MOVE 1:* Archive')
  assert.match(untagged[0] ?? '', /^OK \[COPYUID \d+ 1:4000 1:4000\]/)
  assert.equal(untagged.length, 4001)
  assert.match((await imap.ok('SELECT Archive'))[0] ?? '', /^OK \[CLOSED/)
  assert.match((await imap.ok('FETCH 4000 UID'))[0] ?? '', /UID 4000/)
})

test('COPY keeps flags and time, tells the UIDs, and is seen by whoever looks at the other mailbox', async (t) => {
  const person = await withLetters(3)
  const imap = await signedInImap(t, server, person, { select: 'INBOX' })
  const other = await signedInImap(t, server, person, { select: 'Archive' })
  await imap.ok('STORE 1 +FLAGS.SILENT (\\Deleted \\Flagged work)')
  const { untagged, tagged } = await imap.say('COPY 3,1 Archive')
  assert.match(tagged, /^OK \[COPYUID [1-9]\d* 1,3 1:2\]/)
  assert.deepEqual(untagged, [], 'their flags are as they were')
  assert.equal((await other.ok('NOOP'))[0], '2 EXISTS')
  const [first] = await other.ok('FETCH 1 (UID FLAGS INTERNALDATE)')
  assert.equal(first, '1 FETCH (UID 1 FLAGS (\\Flagged work) INTERNALDATE "07-Sep-2026 08:00:00 +0000")')
  assert.deepEqual(await subjects(other), ['1 L1', '2 L3'])
  assert.equal((await subjects(imap)).length, 3)
  // Once more, and into the same mailbox: further messages, each with flags of its own.
  await imap.ok('UID COPY 1:2 Archive')
  await other.ok('NOOP')
  assert.deepEqual(await subjects(other), ['1 L1', '2 L3', '3 L1', '4 L2'])
  assert.match((await imap.ok('COPY 2 INBOX')).join(), /4 EXISTS/)
  assert.deepEqual(await subjects(imap), ['1 L1', '2 L2', '3 L3', '4 L2'])
  await imap.ok('UID STORE 4 FLAGS.SILENT (\\Seen)')
  assert.match((await imap.ok('UID FETCH 2 FLAGS'))[0] ?? '', /FLAGS \(\)/)
})

test('MOVE tells COPYUID before EXPUNGE (RFC 6851 §4.3), and of the number of changes', async (t) => {
  const person = await withLetters(4)
  const imap = await signedInImap(t, server, person, { select: 'INBOX' })
  const other = await signedInImap(t, server, person, { select: 'INBOX' })
  const { untagged, tagged } = await imap.say('MOVE 2,4 Archive')
  assert.match(untagged[0] ?? '', /^OK \[COPYUID \d+ 2,4 1:2\]/)
  assert.deepEqual(untagged.slice(1), ['4 EXPUNGE', '2 EXPUNGE'])
  assert.match(tagged, /^OK \[HIGHESTMODSEQ \d+\]/)
  assert.deepEqual(await other.ok('NOOP'), ['4 EXPUNGE', '2 EXPUNGE'])
  assert.deepEqual(await subjects(imap), ['1 L1', '3 L3'])
  // To the end of the same mailbox.
  const again = await imap.say('UID MOVE 1 INBOX')
  assert.match(again.untagged[0] ?? '', /^OK \[COPYUID \d+ 1 5\]/)
  assert.deepEqual(again.untagged.slice(1), ['1 EXPUNGE', '2 EXISTS'])
  assert.deepEqual(await subjects(imap), ['3 L3', '5 L1'])
  await imap.ok('SELECT Archive')
  assert.deepEqual(await subjects(imap), ['1 L2', '2 L4'])
  // What is there already comes once more, and none is lost.
  await imap.ok('COPY 1 INBOX')
  await imap.ok('MOVE 1 INBOX')
  await imap.ok('SELECT INBOX')
  assert.deepEqual(await subjects(imap), ['3 L3', '5 L1', '6 L2', '7 L2'])
})

test('a mailbox that is not there may be made, and all stays where it is', async (t) => {
  const imap = await signedInImap(t, server, await withLetters(2), { select: 'INBOX' })
  for (const command of ['COPY 1:2 Nowhere', 'UID COPY 1:2 Nowhere', 'MOVE 1:2 Nowhere', 'UID MOVE 1:2 Nowhere'])
    assert.match((await imap.say(command)).tagged, /^NO \[TRYCREATE\]/, command)
  assert.equal((await subjects(imap)).length, 2)
})

test('what has gone meanwhile: nothing is done for a sequence number, and a UID is passed over', async (t) => {
  const person = await withLetters(3)
  const imap = await signedInImap(t, server, person, { select: 'INBOX' })
  const other = await signedInImap(t, server, person, { select: 'INBOX' })
  await other.ok('UID STORE 2 +FLAGS.SILENT (\\Deleted)')
  await other.ok('EXPUNGE')
  const { untagged, tagged } = await imap.say('COPY 1:3 Archive')
  assert.match(tagged, /^NO \[EXPUNGEISSUED\]/)
  assert.deepEqual(untagged, ['2 EXPUNGE'])
  assert.match((await imap.say('UID COPY 1:3 Archive')).tagged, /^OK \[COPYUID \d+ 1,3 1:2\]/)
  for (const command of ['UID COPY 77 Archive', 'UID MOVE 2,8:9 Archive']) {
    const nothing = await imap.say(command)
    assert.match(nothing.tagged, /^OK There was nothing/, command)
    assert.deepEqual(nothing.untagged, [])
  }
})

test('a mailbox open for reading only can be copied from, and nothing leaves it', async (t) => {
  const imap = await signedInImap(t, server, await withLetters(1))
  await imap.ok('EXAMINE INBOX')
  assert.match((await imap.say('MOVE 1 Archive')).tagged, /^NO \[READ-ONLY\]/)
  assert.match((await imap.say('COPY 1 Archive')).tagged, /^OK \[COPYUID/)
  assert.equal((await subjects(imap)).length, 1)
})

test('what is remembered of a mailbox is not believed when it was renamed or removed meanwhile', async (t) => {
  const person = await withLetters(1)
  const imap = await signedInImap(t, server, person, { select: 'INBOX' })
  const account = await server.storage.openAccount(person.id)
  const { rows } = await account.sql<{ folder_id: number }>`
    select folder_id from folder where account_id = ${person.id} and role = 'archive'`
  const id = rows[0]?.folder_id as number
  await imap.ok('COPY 1 Archive')
  await account.write((tx) => updateMailbox(tx, id, { name: 'Keep' }))
  assert.match((await imap.say('COPY 1 Archive')).tagged, /^NO \[TRYCREATE\]/)
  await imap.ok('COPY 1 Keep')
  // Another takes its name.
  const other = await account.write((tx) => createMailbox(tx, { name: 'Archive' }))
  await imap.ok('APPEND Archive {1+}\r\nx')
  await account.write((tx) => removeMailbox(tx, other, true))
  assert.match((await imap.say('APPEND Archive {1+}\r\nx')).tagged, /^NO \[TRYCREATE\]/)
  const counts = await account.sql`select total from folder where account_id = ${person.id} and folder_id = ${id}`
  assert.deepEqual(counts.rows, [{ total: 2 }])
})

const hostile: Record<string, string> = {
  'no mailbox': 'COPY 1',
  'a number too great': 'COPY 3 Archive',
  'the number zero': 'MOVE 0 Archive',
  'words after it': 'COPY 1 Archive Trash',
  'a set that is none': 'UID MOVE 1:x Archive',
}

test('what is no COPY or MOVE is BAD', async (t) => {
  const imap = await signedInImap(t, server, await withLetters(1), { select: 'INBOX' })
  for (const [name, command] of Object.entries(hostile)) assert.match((await imap.say(command)).tagged, /^BAD/, name)
})
