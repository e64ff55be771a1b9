import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createMailbox } from '#mail'
import { signedInImap, type ImapDialogue } from '#test/imap'
import { fileLetter } from '#test/letters'
import { startServer } from '#test/server'

const server = await startServer({ after }, {}, ['imap'])

const signedIn = async (t: { after(undo: () => void): void }): Promise<ImapDialogue> =>
  signedInImap(t, server, await server.createAccount())

/** Paths of all mailboxes but those every account begins with. */
async function paths(imap: ImapDialogue): Promise<string[]> {
  const lines = await imap.ok('LIST "" *')
  return lines
    .map((line) => /"\/" "(.*)"$/.exec(line)?.[1] ?? line)
    .filter((path) => !['INBOX', 'Archive', 'Drafts', 'Junk', 'Sent', 'Trash'].includes(path))
}

test('CREATE makes the parents it lacks, drops the separator at the end, and names the id (RFC 9051 §6.3.4)', async (t) => {
  const imap = await signedIn(t)
  const { tagged } = await imap.say('CREATE Projects/2026/Garden/')
  const [, id] = /^OK \[MAILBOXID \((F[a-z0-9]+)\)\]/.exec(tagged) ?? []
  assert.deepEqual(await paths(imap), ['Projects', 'Projects/2026', 'Projects/2026/Garden'])
  assert.deepEqual(await imap.ok('STATUS Projects/2026/Garden (MAILBOXID)'), [
    `STATUS "Projects/2026/Garden" (MAILBOXID (${id}))`,
  ])
  await imap.ok('CREATE inbox/Below')
  assert.ok((await paths(imap)).includes('INBOX/Below'))
})

const refused: Record<string, [command: string, answer: RegExp]> = {
  'INBOX, in whatever case': ['CREATE InBoX', /^NO \[ALREADYEXISTS\]/],
  'a mailbox that is there': ['CREATE Trash', /^NO \[ALREADYEXISTS\]/],
  'an empty level': ['CREATE a//b', /^NO \[CANNOT\]/],
  'a level before the first': ['CREATE /a', /^NO \[CANNOT\]/],
  'no name': ['CREATE ""', /^NO \[CANNOT\]/],
  'nothing but a separator': ['CREATE /', /^NO \[CANNOT\]/],
  'more levels than there may be': [`CREATE ${Array(40).fill('d').join('/')}`, /^NO \[CANNOT\]/],
  'a name that is too long': [`CREATE ${'x'.repeat(300)}`, /^NO \[CANNOT\]/],
  'a control character in modified UTF-7': ['CREATE a&AAc-b', /^NO \[CANNOT\]/],
  'a separator disguised in modified UTF-7': ['CREATE a&AC8-b', /^BAD/],
  'half a surrogate pair': ['CREATE a&2D0-b', /^BAD/],
  'eight-bit text before anything is enabled': ['CREATE "\xc3\xa9t\xc3\xa9"', /^BAD/],
  'a use that another mailbox has': ['CREATE New (USE (\\Trash))', /^NO \[USEATTR\]/],
  'a use that no registry knows': ['CREATE New (USE (\\Kitchen))', /^NO \[USEATTR\]/],
  'a use that would be a view of others': ['CREATE New (USE (\\All))', /^NO \[USEATTR\]/],
  'two uses at once': ['CREATE New (USE (\\Important \\Junk))', /^NO \[USEATTR\]/],
  'a parameter that there is none of': ['CREATE New (COLOUR (red))', /^BAD/],
  'a wildcard in an atom': ['CREATE a*b', /^BAD/],
  'DELETE of INBOX': ['DELETE inbox', /^NO \[CANNOT\]/],
  'DELETE of what is not there': ['DELETE Nobody', /^NO \[NONEXISTENT\]/],
  'RENAME of what is not there': ['RENAME Nobody Somebody', /^NO \[NONEXISTENT\]/],
  'RENAME to what is there': ['RENAME Sent Trash', /^NO \[ALREADYEXISTS\]/],
  'RENAME into itself': ['RENAME Sent Sent/Below/This', /^NO \[CANNOT\]/],
  'RENAME to an empty level': ['RENAME Sent a//b', /^NO \[CANNOT\]/],
  'SUBSCRIBE to what is not there': ['SUBSCRIBE Nobody', /^NO \[NONEXISTENT\]/],
}

for (const [what, [command, answer]] of Object.entries(refused))
  test(`refused, and nothing is made: ${what}`, async (t) => {
    const imap = await signedIn(t)
    assert.match((await imap.say(command)).tagged, answer)
    assert.deepEqual(await paths(imap), [])
  })

test('CREATE for a use makes the mailbox of it (RFC 6154 §3), and RENAME leaves it that', async (t) => {
  const imap = await signedIn(t)
  await imap.ok('DELETE Junk')
  await imap.ok('CREATE Abfall (USE (\\junk))')
  await imap.ok('RENAME Abfall Weg/Abfall')
  const lines = await imap.ok('LIST (SPECIAL-USE) "" *')
  assert.ok(lines.includes('LIST (\\HasNoChildren \\Junk) "/" "Weg/Abfall"'), lines.join('\n'))
})

test('a mailbox in one face is at once in the others; DELETE and CREATE again give other UIDVALIDITY', async (t) => {
  const person = await server.createAccount()
  const [one, other] = [await signedInImap(t, server, person), await signedInImap(t, server, person)]
  const validities = new Set<string>()
  for (let round = 0; round < 5; round++) {
    await one.ok('CREATE Again')
    validities.add((await other.ok('STATUS Again (UIDVALIDITY)'))[0] ?? '')
    await other.ok('DELETE Again')
    assert.match((await one.say('SELECT Again')).tagged, /^NO \[NONEXISTENT\]/)
  }
  assert.equal(validities.size, 5)
})

test('DELETE takes the messages with it, restorable, and leaves what lies in it: that is refused (RFC 9051 §6.3.5)', async (t) => {
  const person = await server.createAccount()
  const item = await fileLetter(server, person, {}, { role: 'archive' })
  const imap = await signedInImap(t, server, person)
  await imap.ok('CREATE Archive/Old')
  assert.match((await imap.say('DELETE Archive')).tagged, /^NO \[HASCHILDREN\]/)
  await imap.ok('DELETE Archive/Old')
  const watching = await signedInImap(t, server, person, { select: 'Archive' })
  await imap.ok('SELECT Archive')
  // Whoever deletes what it has selected goes on; who looks at it is told to go.
  assert.deepEqual(await imap.ok('DELETE Archive'), ['OK [CLOSED] The mailbox was deleted'])
  assert.match((await imap.say('FETCH 1 FLAGS')).tagged, /^BAD/)
  assert.deepEqual((await watching.say('NOOP')).untagged, ['BYE The mailbox was removed'])
  const { rows } = await server.storage.database.sql<{ deleted_at: Date | null }>`
    select deleted_at from item where account_id = ${person.id} and item_id = ${item}`
  assert.ok(rows[0]?.deleted_at instanceof Date)
})

test('RENAME takes along what lies in it, makes parents, and keeps id, UIDs and subscription', async (t) => {
  const imap = await signedIn(t)
  await imap.ok('CREATE a/b/c')
  await imap.ok('UNSUBSCRIBE a/b')
  const [before = ''] = await imap.ok('STATUS a/b (MAILBOXID UIDVALIDITY)')
  await imap.ok('RENAME a/b x/y/z/')
  assert.deepEqual(await paths(imap), ['a', 'x', 'x/y', 'x/y/z', 'x/y/z/c'])
  assert.deepEqual(await imap.ok('STATUS x/y/z (MAILBOXID UIDVALIDITY)'), [before.replace('a/b', 'x/y/z')])
  assert.ok(!(await imap.ok('LSUB "" *')).some((line) => line.includes('"x/y/z"')))
  // RFC 9051 §6.3.6 says how a client keeps subscriptions by name: the last is no error.
  await imap.ok('SUBSCRIBE x/y/z')
  await imap.ok('UNSUBSCRIBE a/b')
  await imap.ok('ENABLE IMAP4rev2')
  assert.deepEqual(await imap.ok('RENAME x/y/z q'), ['LIST (\\Subscribed) "/" "q" ("OLDNAME" ("x/y/z"))'])
})

test('RENAME INBOX moves its messages and leaves it, and what lies in it, where they are', async (t) => {
  const person = await server.createAccount()
  const account = await server.storage.openAccount(person.id)
  for (let count = 1; count <= 3; count++)
    await fileLetter(server, person, { subject: `Letter ${count}` }, { keywords: count === 1 ? ['$seen'] : [] })
  const imap = await signedInImap(t, server, person)
  await imap.ok('CREATE INBOX/Below')
  const watching = await signedInImap(t, server, person, { select: 'INBOX' })
  await watching.ok('STORE 2 +FLAGS (\\Deleted)')
  await Promise.all([
    imap.ok('RENAME INBOX Old/Mail'),
    // What comes in the same moment is counted where it then is.
    fileLetter(server, person, { subject: 'Letter 4' }),
  ])
  const [inbox = '', moved = ''] = [
    ...(await imap.ok('STATUS INBOX (MESSAGES UNSEEN)')),
    ...(await imap.ok('STATUS Old/Mail (MESSAGES UNSEEN DELETED)')),
  ]
  const numbersOf = (line: string): number[] => [...line.matchAll(/ (\d+)/g)].map(([, number]) => Number(number))
  const [left = 0, leftUnseen = 0] = numbersOf(inbox)
  const [there = 0, unseen = 0, deleted] = numbersOf(moved)
  assert.deepEqual([left + there, leftUnseen + unseen, deleted, left <= 1], [4, 3, 1, true])
  const told = await watching.ok('NOOP')
  assert.equal(told.filter((line) => line.endsWith('EXPUNGE')).length >= 3, true, told.join('\n'))
  await imap.ok('SELECT Old/Mail')
  const subjects = await imap.ok('FETCH 1:3 (UID ENVELOPE)')
  assert.deepEqual(
    subjects.map((line) => /UID (\d) .*"(Letter \d)"/.exec(line)?.slice(1)),
    [
      ['1', 'Letter 1'],
      ['2', 'Letter 2'],
      ['3', 'Letter 3'],
    ],
  )
  assert.ok((await paths(imap)).includes('INBOX/Below'))
  const { rows } = await account.sql<{ wrong: number }>`
    select count(*) as wrong from folder f where account_id = ${account.id} and (
      total <> (select count(*) from placement p where p.account_id = f.account_id and p.folder_id = f.folder_id)
      or threads <> (select count(*) from folder_thread t where t.account_id = f.account_id and t.folder_id = f.folder_id)
      or total <> (select coalesce(sum(total), 0) from folder_thread t where t.account_id = f.account_id and t.folder_id = f.folder_id)
      or unread <> (select coalesce(sum(unread), 0) from folder_thread t where t.account_id = f.account_id and t.folder_id = f.folder_id))`
  assert.equal(rows[0]?.wrong, 0)
})

test('names outside ASCII: modified UTF-7 until UTF-8 is enabled, and one mailbox in both', async (t) => {
  const person = await server.createAccount()
  const [old, fresh] = [await signedInImap(t, server, person), await signedInImap(t, server, person)]
  const bytes = (text: string): string => Buffer.from(text).toString('latin1')
  await fresh.ok('ENABLE IMAP4rev2')
  // Sent decomposed, kept as NFC: the client hears what became of the name (RFC 9051 §6.3.9.7).
  const decomposed = bytes('Cafe\u0301')
  assert.deepEqual(await fresh.ok(`CREATE "${decomposed}"`), [
    `LIST (\\Subscribed) "/" "${bytes('Café')}" ("OLDNAME" ("${decomposed}"))`,
  ])
  assert.deepEqual(await paths(old), ['Caf&AOk-'])
  assert.deepEqual(await paths(fresh), [bytes('Café')])
  await old.ok('SELECT Caf&AOk-')
  await fresh.ok(`SELECT "${bytes('Café')}"`)
  await old.ok('CREATE "R&-D/&ZeVnLIqe-"')
  assert.ok((await paths(fresh)).includes(bytes('R&D/日本語')))
  await fresh.ok(`DELETE {${Buffer.byteLength('R&D/日本語')}}`, bytes('R&D/日本語'))
  assert.deepEqual(await paths(old), ['Caf&AOk-', 'R&-D'])
})

test('names that IMAP cannot tell apart are all shown, and each can be deleted', async (t) => {
  const person = await server.createAccount()
  const account = await server.storage.openAccount(person.id)
  for (const name of ['a/b', 'a\u2215b', 'INBOX', 'inbox']) await account.write((tx) => createMailbox(tx, { name }))
  const imap = await signedInImap(t, server, person)
  assert.deepEqual(await paths(imap), ['INBOX_', 'a&IhU-b', 'a&IhU-b_', 'inbox_'])
  for (const path of (await paths(imap)).toReversed()) await imap.ok(`DELETE ${path}`)
  assert.deepEqual(await paths(imap), [])
})
