import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { signedInImap, type ImapDialogue } from '#test/imap'
import { fileLetter } from '#test/letters'
import type { Person } from '#test/people'
import { startServer } from '#test/server'

const server = await startServer({ after }, {}, ['imap'])

async function withLetters(count: number): Promise<Person> {
  const person = await server.createAccount()
  for (let uid = 1; uid <= count; uid++) await fileLetter(server, person)
  return person
}

/** UIDVALIDITY and HIGHESTMODSEQ that SELECT tells. */
function stateOf(untagged: string[]): { validity: string; change: number } {
  const all = untagged.join('\n')
  return {
    validity: /UIDVALIDITY (\d+)/.exec(all)?.[1] ?? '',
    change: Number(/HIGHESTMODSEQ (\d+)/.exec(all)?.[1]),
  }
}

async function resyncing(t: { after(undo: () => void): void }, person: Person): Promise<ImapDialogue> {
  const imap = await signedInImap(t, server, person)
  assert.deepEqual(await imap.ok('ENABLE QRESYNC'), ['ENABLED QRESYNC'])
  return imap
}

/** VANISHED and FETCH, without their numbers of change. */
const caughtUp = (untagged: string[]): string[] =>
  untagged.filter((line) => /^VANISHED|FETCH/.test(line)).map((line) => line.replace(/ MODSEQ \(\d+\)/, ''))

test('a client that comes back is told what has gone and what has changed (RFC 7162 §3.2.5)', async (t) => {
  const person = await withLetters(6)
  const imap = await signedInImap(t, server, person)
  const { validity, change } = stateOf(await imap.ok('SELECT INBOX'))
  await imap.ok('STORE 2:3,5 +FLAGS.SILENT (\\Deleted)')
  await imap.ok('EXPUNGE')
  await imap.ok('UID STORE 4 +FLAGS.SILENT (\\Seen)')
  await fileLetter(server, person)
  const other = await resyncing(t, person)
  const untagged = await other.ok(`SELECT INBOX (QRESYNC (${validity} ${change}))`)
  assert.deepEqual(caughtUp(untagged), [
    'VANISHED (EARLIER) 2:3,5',
    '2 FETCH (UID 4 FLAGS (\\Seen))',
    '4 FETCH (UID 7 FLAGS ())',
  ])
  assert.ok(untagged.indexOf('4 EXISTS') < untagged.findIndex((line) => line.startsWith('VANISHED')))
  const now = stateOf(untagged).change
  // Up to date, or asking for some only.
  for (const [known, told] of [
    [`${validity} ${now}`, []],
    [`${validity} ${change} 1:3`, ['VANISHED (EARLIER) 2:3']],
    [`${validity} ${change} 4,5`, ['VANISHED (EARLIER) 5', '2 FETCH (UID 4 FLAGS (\\Seen))']],
    // Another mailbox than the client knows.
    [`${Number(validity) - 1} ${change} 1:6`, []],
  ] as const)
    assert.deepEqual(caughtUp(await other.ok(`EXAMINE INBOX (CONDSTORE QRESYNC (${known}))`)), told, known)
  assert.match((await other.ok('SELECT INBOX'))[0] ?? '', /^OK \[CLOSED\]/)
  assert.deepEqual(caughtUp(await other.ok(`UID FETCH 1:* FLAGS (CHANGEDSINCE ${change} VANISHED)`)), [
    'VANISHED (EARLIER) 2:3,5',
    '2 FETCH (UID 4 FLAGS (\\Seen))',
    '4 FETCH (UID 7 FLAGS ())',
  ])
  assert.deepEqual(caughtUp(await other.ok(`UID FETCH 3:4 UID (CHANGEDSINCE ${change} VANISHED)`)), [
    'VANISHED (EARLIER) 3',
    '2 FETCH (UID 4)',
  ])
})

test('where it is not known any more what has gone, all that is not there is told', async (t) => {
  const person = await withLetters(9)
  const imap = await resyncing(t, person)
  const { validity, change } = stateOf(await imap.ok('SELECT INBOX'))
  await imap.ok('STORE 2:3,5,8:9 +FLAGS.SILENT (\\Deleted)')
  await imap.ok('EXPUNGE')
  const account = await server.storage.openAccount(person.id)
  // What retention does after 45 days.
  await account.sql`delete from vanished where account_id = ${person.id}`
  await account.sql`update account set vanished_floor = change where account_id = ${person.id}`
  const earlier = async (command: string): Promise<string[]> =>
    (await imap.ok(command)).filter((line) => line.startsWith('VANISHED'))
  const known = `${validity} ${change}`
  assert.deepEqual(await earlier(`SELECT INBOX (QRESYNC (${known}))`), ['VANISHED (EARLIER) 2:3,5,8:9'])
  assert.deepEqual(await earlier(`SELECT INBOX (QRESYNC (${known} 3:8))`), ['VANISHED (EARLIER) 3,5,8'])
  assert.deepEqual(await earlier(`SELECT INBOX (QRESYNC (${known} 1:4294967295))`), ['VANISHED (EARLIER) 2:3,5,8:9'])
  // §3.2.5.2: there are 1, 4, 6 and 7 under the numbers 1 to 4. Up to what it knows aright nothing is told.
  for (const [match, told] of [
    ['1:4 1,4,6:7', ['VANISHED (EARLIER) 8:9']],
    ['1,3 1,6', ['VANISHED (EARLIER) 8:9']],
    ['1:2 1:2', ['VANISHED (EARLIER) 2:3,5,8:9']],
    ['2,3 4,7', ['VANISHED (EARLIER) 5,8:9']],
    ['1:4000000000 1:4000000000', ['VANISHED (EARLIER) 2:3,5,8:9']],
  ] as const)
    assert.deepEqual(await earlier(`SELECT INBOX (QRESYNC (${known} 1:9 (${match})))`), told, match)
  assert.deepEqual(await earlier(`UID FETCH 1:8 FLAGS (CHANGEDSINCE ${change} VANISHED)`), [
    'VANISHED (EARLIER) 2:3,5,8',
  ])
  // A number that nobody has given yet: the database was set back.
  assert.deepEqual(await earlier(`SELECT INBOX (QRESYNC (${validity} ${change + 1000}))`), [
    'VANISHED (EARLIER) 2:3,5,8:9',
  ])
})

test('what waits to be told lowers the number of changes, so that a lost connection loses nothing (§3.2)', async (t) => {
  const person = await withLetters(4)
  const other = await signedInImap(t, server, person, { select: 'INBOX' })
  const imap = await resyncing(t, person)
  const { change } = stateOf(await imap.ok('SELECT INBOX'))
  await other.ok('STORE 4 +FLAGS.SILENT (\\Deleted)')
  await imap.ok('NOOP')
  const before = stateOf(await other.ok('SELECT INBOX')).change
  assert.ok(before > change)
  await other.ok('EXPUNGE')
  await other.ok('STORE 1 +FLAGS.SILENT (\\Flagged)')
  // A command that uses sequence numbers: VANISHED waits.
  const stored = await imap.ok('STORE 2 +FLAGS.SILENT (\\Seen)')
  assert.equal(stored.at(-1), `OK [HIGHESTMODSEQ ${before}] The last change`)
  assert.ok(stored.some((line) => line.startsWith('2 FETCH (UID 2 FLAGS (\\Seen) MODSEQ')))
  const told = await imap.ok('NOOP')
  assert.equal(told[0], 'VANISHED 4')
  assert.ok(stateOf(told).change > before + 1)
  assert.deepEqual(await imap.ok('NOOP'), [])
})

test('the first command by which a client follows changes is answered with their number (§3.1)', async (t) => {
  const person = await withLetters(2)
  const ways: [command: string, again: string][] = [
    ['FETCH 1 MODSEQ', 'FETCH 2 MODSEQ'],
    ['FETCH 1 FLAGS (CHANGEDSINCE 1)', 'NOOP'],
    ['STORE 1 (UNCHANGEDSINCE 1) +FLAGS.SILENT (\\Seen)', 'NOOP'],
    ['ENABLE CONDSTORE', 'NOOP'],
    ['ENABLE QRESYNC', 'FETCH 1 MODSEQ'],
  ]
  for (const [command, again] of ways) {
    const imap = await signedInImap(t, server, person, { select: 'INBOX' })
    assert.ok(
      (await imap.ok(command)).some((line) => line.startsWith('OK [HIGHESTMODSEQ')),
      command,
    )
    assert.ok(!(await imap.ok(again)).some((line) => line.includes('HIGHESTMODSEQ')), again)
  }
  const imap = await signedInImap(t, server, person)
  await imap.ok('SELECT INBOX (CONDSTORE)')
  const other = await signedInImap(t, server, person, { select: 'INBOX' })
  await other.ok('STORE 2 FLAGS (\\Answered)')
  assert.match((await imap.ok('NOOP')).join(), /^2 FETCH \(UID 2 FLAGS \(\\Answered\) MODSEQ \(\d+\)\)$/)
  // Copied elsewhere: its number alone is another, which only those hear of who follow changes.
  await other.ok('COPY 2 Archive')
  assert.match((await imap.ok('NOOP')).join(), /^2 FETCH \(UID 2 FLAGS \(\\Answered\) MODSEQ \(\d+\)\)$/)
  assert.deepEqual(await other.ok('NOOP'), [])
})

test('a conditional STORE tells the numbers of all it was about (§3.1.3)', async (t) => {
  const person = await withLetters(4)
  const imap = await signedInImap(t, server, person)
  const { change } = stateOf(await imap.ok('SELECT INBOX (CONDSTORE)'))
  const other = await signedInImap(t, server, person, { select: 'INBOX' })
  await other.ok('STORE 2 +FLAGS.SILENT (\\Answered)')
  const { untagged, tagged } = await imap.say(`STORE 1:3 (UNCHANGEDSINCE ${change}) +FLAGS.SILENT (\\Seen)`)
  assert.match(tagged, /^OK \[MODIFIED 2\]/)
  assert.deepEqual(
    untagged.map((line) => line.replace(/ MODSEQ \(\d+\)/, ' *')),
    ['1 FETCH (UID 1 FLAGS (\\Seen) *)', '2 FETCH (UID 2 FLAGS (\\Answered) *)', '3 FETCH (UID 3 FLAGS (\\Seen) *)'],
  )
  // What had that flag already keeps its number (§3.1.11), and is told of all the same.
  const number = (line = '') => /MODSEQ \((\d+)\)/.exec(line)?.[1]
  const again = await imap.ok(`STORE 1 (UNCHANGEDSINCE 99999999) +FLAGS.SILENT (\\Seen)`)
  assert.equal(number(again[0]), number(untagged[0]))
  await other.ok('STORE 3 +FLAGS.SILENT (\\Deleted)')
  await other.ok('EXPUNGE')
  assert.match((await imap.say(`STORE 1:3 (UNCHANGEDSINCE ${change}) +FLAGS (\\Seen)`)).tagged, /^NO \[MODIFIED 1:2\]/)
})

test('UNCHANGEDSINCE 0 sets a keyword where it is absent, and no system flag (§3.1.3, example 8)', async (t) => {
  const imap = await signedInImap(t, server, await withLetters(2), { select: 'INBOX' })
  await imap.ok('STORE 2 +FLAGS.SILENT ($MDNSent)')
  assert.match((await imap.say('STORE 1:2 (UNCHANGEDSINCE 0) +FLAGS.SILENT ($MDNSent)')).tagged, /^OK \[MODIFIED 2\]/)
  assert.match((await imap.say('STORE 1:2 (UNCHANGEDSINCE 0) +FLAGS.SILENT ($MDNSent)')).tagged, /^OK \[MODIFIED 1:2\]/)
  for (const change of ['+FLAGS (\\Seen)', '+FLAGS (new \\Deleted)', 'FLAGS (new)', '-FLAGS (new)'])
    assert.match((await imap.say(`UID STORE 1:2 (UNCHANGEDSINCE 0) ${change}`)).tagged, /^OK \[MODIFIED 1:2\]/, change)
})

test('with UIDONLY there are no sequence numbers (RFC 9586)', async (t) => {
  const person = await withLetters(3)
  const imap = await signedInImap(t, server, person)
  assert.deepEqual(await imap.ok('ENABLE UIDONLY'), ['ENABLED UIDONLY'])
  assert.ok((await imap.ok('SELECT INBOX')).every((line) => !line.includes('[UNSEEN')))
  for (const command of [
    'FETCH 1 UID',
    'STORE 1 FLAGS ()',
    'COPY 1 Archive',
    'MOVE 1 Archive',
    'REPLACE 1 INBOX {1+}\r\nx',
    'UID SEARCH 1',
    'UID SEARCH RETURN (SAVE) SEEN OR (NOT 2:*) DELETED',
    'UID SORT (DATE) UTF-8 *',
    'UID THREAD REFERENCES UTF-8 1:*',
  ])
    assert.match((await imap.say(command)).tagged, /^BAD \[UIDREQUIRED\]/, command)
  await imap.ok('UID SEARCH RETURN (SAVE) UID 2:*')
  assert.deepEqual(await imap.ok('UID SEARCH $ UID *'), ['SEARCH 3'])
  assert.deepEqual(await imap.ok('UID FETCH 2 (FLAGS)'), ['2 UIDFETCH (FLAGS ())'])
  assert.deepEqual(await imap.ok('UID STORE 2 +FLAGS (\\Deleted)'), ['2 UIDFETCH (FLAGS (\\Deleted))'])
  assert.deepEqual(await imap.ok('EXPUNGE'), ['VANISHED 2'])
  const { untagged } = await imap.say('UID MOVE 3 Archive')
  assert.deepEqual(untagged.slice(1), ['VANISHED 3'])
  await imap.ok('ENABLE QRESYNC')
  assert.match((await imap.say('SELECT INBOX (QRESYNC (1 1 1:3 (1 1)))')).tagged, /^BAD \[UIDREQUIRED\]/)
})

const hostile: Record<string, string> = {
  'a parameter that there is none of': 'SELECT INBOX (MAGIC)',
  'no numbers': 'SELECT INBOX (QRESYNC ())',
  'UIDVALIDITY alone': 'SELECT INBOX (QRESYNC (1))',
  'UIDVALIDITY zero': 'SELECT INBOX (QRESYNC (0 1))',
  'a number beyond counting': 'SELECT INBOX (QRESYNC (1 9223372036854775808))',
  'a star in what is known': 'SELECT INBOX (QRESYNC (1 1 1:*))',
  'what a search has saved': 'SELECT INBOX (QRESYNC (1 1 $))',
  'match data that descends': 'SELECT INBOX (QRESYNC (1 1 1:9 (5,3 5,7)))',
  'half of the match data': 'SELECT INBOX (QRESYNC (1 1 1:9 (1:5)))',
  'VANISHED by sequence numbers': 'FETCH 1 FLAGS (CHANGEDSINCE 1 VANISHED)',
  'VANISHED without CHANGEDSINCE': 'UID FETCH 1 FLAGS (VANISHED)',
  'a modifier that there is none of': 'UID FETCH 1 FLAGS (SINCE 1)',
}

test('what is not QRESYNC is BAD, and the mailbox stays selected (§3.2.5)', async (t) => {
  const imap = await resyncing(t, await withLetters(1))
  await imap.ok('SELECT INBOX')
  for (const [name, command] of Object.entries(hostile)) assert.match((await imap.say(command)).tagged, /^BAD/, name)
  await imap.ok('FETCH 1 UID')
})

test('whoever has not enabled QRESYNC may not use it (§3.2.3)', async (t) => {
  const imap = await signedInImap(t, server, await withLetters(1), { select: 'INBOX' })
  for (const command of ['SELECT INBOX (QRESYNC (1 1))', 'UID FETCH 1 FLAGS (CHANGEDSINCE 1 VANISHED)'])
    assert.match((await imap.say(command)).tagged, /^BAD/, command)
})
