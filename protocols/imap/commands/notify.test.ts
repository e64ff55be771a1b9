/** NOTIFY: who wishes to be told is told, without asking and of nothing else. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { signedInImap } from '#test/imap'
import { fileLetter } from '#test/letters'
import { startServer } from '#test/server'

const server = await startServer({ after }, {}, ['imap'])

test('of the selected mailbox each new letter comes with what was asked for, and what goes is told at once', async (t) => {
  const person = await server.createAccount()
  await fileLetter(server, person)
  const listening = await signedInImap(t, server, person, { select: 'INBOX' })
  const acting = await signedInImap(t, server, person, { select: 'INBOX' })
  await listening.ok(
    'NOTIFY SET (selected MessageNew (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)]) MessageExpunge FlagChange)',
  )
  await fileLetter(server, person, { subject: 'Apfelernte' })
  assert.equal(await listening.next(), '* 2 EXISTS')
  assert.match(
    await listening.next(),
    /^\* 2 FETCH \(UID 2 BODY\[HEADER\.FIELDS \(SUBJECT\)\] \{\d+\}\r\nSubject: Apfelernte\r\n\r\n\)$/,
  )
  await acting.ok('STORE 1 +FLAGS (\\Flagged)')
  assert.equal(await listening.next(), '* 1 FETCH (UID 1 FLAGS (\\Flagged))')
})

test('of other mailboxes their state is told, of those that were named and of no others', async (t) => {
  const person = await server.createAccount()
  const listening = await signedInImap(t, server, person, { select: 'INBOX' })
  const untagged = await listening.ok(
    'NOTIFY SET STATUS (selected NONE) (mailboxes (Archive Drafts) (MessageNew MessageExpunge FlagChange))',
  )
  assert.deepEqual(untagged.map((line) => line.replace(/ \(.*/, '')).toSorted(), [
    'STATUS "Archive"',
    'STATUS "Drafts"',
  ])
  await fileLetter(server, person, {}, { role: 'sent' })
  await fileLetter(server, person)
  await fileLetter(server, person, {}, { role: 'archive' })
  assert.match(await listening.next(), /^\* STATUS "Archive" \(MESSAGES 1 UIDNEXT 2 UIDVALIDITY \d+/)
  // Nothing of the inbox was asked for.
  assert.deepEqual(await listening.ok('NOOP'), [])
})

test('what becomes of mailboxes and of what is noted about them is told', async (t) => {
  const person = await server.createAccount()
  const listening = await signedInImap(t, server, person)
  const acting = await signedInImap(t, server, person)
  await listening.ok(
    'NOTIFY SET (personal (MailboxName SubscriptionChange MailboxMetadataChange ServerMetadataChange))',
  )
  const steps: [say: string, told: RegExp][] = [
    ['CREATE Garten', /^\* LIST \([^)]*\) "\/" "Garten"/],
    ['RENAME Garten Hof', /^\* LIST \([^)]*\) "\/" "Hof" \("OLDNAME" \("Garten"\)\)/],
    ['UNSUBSCRIBE Hof', /^\* LIST \(\\HasNoChildren\) "\/" "Hof"/],
    ['SETMETADATA Hof (/private/comment "Apfel")', /^\* METADATA "Hof" \/private\/comment$/],
    ['SETMETADATA "" (/private/comment "Birne")', /^\* METADATA "" \/private\/comment$/],
    ['DELETE Hof', /^\* LIST \(\\NonExistent\) "\/" "Hof"/],
  ]
  for (const [say, told] of steps) {
    await acting.ok(say)
    assert.match(await listening.next(), told, say)
  }
  await listening.ok('NOTIFY NONE')
  await acting.ok('CREATE Nichts')
  assert.deepEqual(await listening.ok('NOOP'), [])
})

test('with SELECTED-DELAYED what goes is told with the next command only', async (t) => {
  const person = await server.createAccount()
  for (let count = 0; count < 2; count++) await fileLetter(server, person)
  const listening = await signedInImap(t, server, person, { select: 'INBOX' })
  const acting = await signedInImap(t, server, person, { select: 'INBOX' })
  await listening.ok('NOTIFY SET (selected-delayed (MessageNew MessageExpunge))')
  await acting.ok('STORE 1 +FLAGS (\\Deleted)')
  await acting.ok('EXPUNGE')
  await fileLetter(server, person)
  assert.deepEqual(await listening.ok('FETCH 2 UID'), ['2 FETCH (UID 2)'])
  assert.deepEqual(await listening.ok('NOOP'), ['1 EXPUNGE', '2 EXISTS'])
})

const refused: Record<string, RegExp> = {
  'NOTIFY SET (selected (MessageNew))': /^BAD/,
  'NOTIFY SET (selected (FlagChange))': /^BAD/,
  'NOTIFY SET (selected (MailboxName))': /^BAD/,
  'NOTIFY SET (selected NONE) (selected-delayed NONE)': /^BAD/,
  'NOTIFY SET (selected (MessageNew (BODY[]) MessageExpunge))': /^BAD/,
  'NOTIFY SET (everything (MessageNew MessageExpunge))': /^BAD/,
  'NOTIFY SET (personal (AnnotationChange))': /^NO \[BADEVENT \(MessageNew /,
  [`NOTIFY SET ${Array.from({ length: 200 }, () => '(personal NONE)').join(' ')}`]: /^NO \[NOTIFICATIONOVERFLOW\]/,
}
test('wishes that cannot be had are named', async (t) => {
  const imap = await signedInImap(t, server, await server.createAccount(), { select: 'INBOX' })
  for (const [say, answer] of Object.entries(refused))
    assert.match((await imap.say(say)).tagged, answer, say.slice(0, 80))
})
