import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { signedInImap } from '#test/imap'
import { fileLetter } from '#test/letters'
import type { Person } from '#test/people'
import { startServer } from '#test/server'

const server = await startServer({ after }, {}, ['imap'])

async function withLetters(count: number): Promise<Person> {
  const person = await server.createAccount()
  for (let uid = 1; uid <= count; uid++) await fileLetter(server, person)
  return person
}

/** How many letters are deleted, and so restorable. */
async function deletedOf({ id }: Person): Promise<number> {
  const { sql } = await server.storage.openAccount(id)
  const { rowCount } = await sql`
    select from item where account_id = ${id} and deleted_at is not null and not is_replaced`
  return rowCount
}

test('EXPUNGE takes out what is marked, and it can be restored', async (t) => {
  const person = await withLetters(5)
  const imap = await signedInImap(t, server, person, { select: 'INBOX' })
  const other = await signedInImap(t, server, person, { select: 'INBOX' })
  assert.deepEqual(await imap.ok('EXPUNGE'), [], 'nothing is marked')
  await imap.ok('STORE 2,4:5 +FLAGS.SILENT (\\Deleted)')
  assert.deepEqual(await imap.ok('EXPUNGE'), ['5 EXPUNGE', '4 EXPUNGE', '2 EXPUNGE'])
  assert.deepEqual(await other.ok('NOOP'), ['5 EXPUNGE', '4 EXPUNGE', '2 EXPUNGE'])
  assert.deepEqual(
    (await imap.ok('FETCH 1:* UID')).map((line) => /UID (\d+)/.exec(line)?.[1]),
    ['1', '3'],
  )
  assert.equal(await deletedOf(person), 3)
})

test('UID EXPUNGE takes out what is marked and named, as VANISHED for whoever follows changes', async (t) => {
  const person = await withLetters(4)
  const imap = await signedInImap(t, server, person)
  await imap.ok('ENABLE QRESYNC')
  await imap.ok('SELECT INBOX')
  await imap.ok('STORE 1:3 +FLAGS.SILENT (\\Deleted)')
  const { untagged, tagged } = await imap.say('UID EXPUNGE 2:4,77')
  assert.deepEqual(untagged, ['VANISHED 2:3'])
  // RFC 7162 §3.2.9.
  assert.match(tagged, /^OK \[HIGHESTMODSEQ \d+\]/)
  assert.match((await imap.say('UID EXPUNGE 4')).tagged, /^OK EXPUNGE/)
  assert.match((await imap.ok('FETCH 1:2 UID')).join(), /UID 1\b.*UID 4\b/)
})

test('CLOSE takes out and says nothing; not after EXAMINE, and UNSELECT does not', async (t) => {
  const person = await withLetters(3)
  const imap = await signedInImap(t, server, person, { select: 'INBOX' })
  const other = await signedInImap(t, server, person, { select: 'INBOX' })
  await imap.ok('STORE 1 +FLAGS.SILENT (\\Deleted)')
  await imap.ok('UNSELECT')
  await imap.ok('EXAMINE INBOX')
  for (const command of ['EXPUNGE', 'UID EXPUNGE 1'])
    assert.match((await imap.say(command)).tagged, /^NO \[READ-ONLY\]/, command)
  await imap.ok('CLOSE')
  assert.equal(await deletedOf(person), 0)
  await imap.ok('SELECT INBOX')
  const { untagged, tagged } = await imap.say('CLOSE')
  assert.deepEqual([untagged, tagged], [[], 'OK CLOSE completed'])
  assert.equal(await deletedOf(person), 1)
  assert.ok((await other.ok('NOOP')).includes('1 EXPUNGE'))
  assert.match((await imap.say('FETCH 1 UID')).tagged, /^BAD/)
})

test('while one expunges, sequence numbers of the other stay what they were (RFC 9051 §7.5.1)', async (t) => {
  const person = await withLetters(5)
  const one = await signedInImap(t, server, person, { select: 'INBOX' })
  const other = await signedInImap(t, server, person, { select: 'INBOX' })
  await other.ok('NOOP')
  await one.ok('STORE 2:3 +FLAGS.SILENT (\\Deleted)')
  await one.ok('EXPUNGE')
  const fetched = await other.say('FETCH 1:5 UID')
  assert.match(fetched.tagged, /^NO \[EXPUNGEISSUED\]/)
  assert.deepEqual(
    fetched.untagged.filter((line) => line.includes('(UID') && !line.includes('FLAGS')),
    ['1 FETCH (UID 1)', '4 FETCH (UID 4)', '5 FETCH (UID 5)'],
  )
  const stored = await other.say('STORE 3:4 +FLAGS (\\Seen)')
  assert.match(stored.tagged, /^NO \[EXPUNGEISSUED\]/)
  assert.deepEqual(stored.untagged, ['4 FETCH (UID 4 FLAGS (\\Seen))'])
  assert.deepEqual(await other.ok('NOOP'), ['3 EXPUNGE', '2 EXPUNGE'])
  assert.deepEqual(await other.ok('FETCH 2 UID'), ['2 FETCH (UID 4)'])
})

test('two that expunge the same at once take it out once', async (t) => {
  const person = await withLetters(6)
  const clients = await Promise.all([1, 2].map(() => signedInImap(t, server, person, { select: 'INBOX' })))
  await clients[0]?.ok('STORE 1:4 +FLAGS.SILENT (\\Deleted)')
  const told = await Promise.all(clients.map((imap) => imap.ok('EXPUNGE')))
  for (const [index, lines] of told.entries()) {
    const later = await (clients[index] as (typeof clients)[number]).ok('NOOP')
    assert.equal([...lines, ...later].filter((line) => line.endsWith('EXPUNGE')).length, 4)
  }
  assert.equal(await deletedOf(person), 4)
})

for (const command of ['EXPUNGE 1', 'UID EXPUNGE', 'UID EXPUNGE x', 'CLOSE now'])
  test(`BAD: ${command}`, async (t) => {
    const imap = await signedInImap(t, server, await server.createAccount(), { select: 'INBOX' })
    assert.match((await imap.say(command)).tagged, /^BAD/)
  })
