/** neomutt, with the keys that somebody would press: it reads, marks, files, searches, and comes back. */
import assert from 'node:assert/strict'
import { after, test, type TestContext } from 'node:test'
import { signedInImap } from '../imap.ts'
import { fileLetter } from '../letters.ts'
import { addAppPassword, type Person } from '../people.ts'
import { startServer } from '../server.ts'
import { certificateOf, program } from './program.ts'

const server = await startServer({ after }, {}, ['imap'])

/** Somebody reads with neomutt: presses keys, then quits. */
async function openNeomutt(t: TestContext, person: Person): Promise<{ press(keys: string): Promise<void> }> {
  const { ok, write } = await program(t)
  // Left to itself it takes SCRAM, which is for app passwords.
  const { secret } = await addAppPassword(server.storage, person)
  const settings = [
    `set folder = "imaps://localhost:${server.imaps.port}/"`,
    'set spool_file = "+INBOX"',
    'set postponed = "+Drafts"',
    'set record = "+Sent"',
    `set imap_user = "${person.address}"`,
    `set imap_pass = "${secret}"`,
    `set certificate_file = "${certificateOf(server)}"`,
    'set ssl_usesystemcerts = no',
    'set header_cache = "~/cache"',
    'set imap_condstore = yes',
    'set imap_qresync = yes',
    'set imap_idle = yes',
    'set sort = mailbox-order',
    'set confirm_append = no',
    'set confirm_create = no',
    'set delete = yes',
    'set move = no',
    'set mark_old = no',
    'set quit = yes',
    'set wait_key = no',
    'set sleep_time = 0',
    'set beep = no',
  ]
  const config = await write('neomuttrc', `${settings.join('\n')}\n`)
  return {
    async press(keys) {
      const keyFile = await write('keys', `source ${config}\npush '${keys}<quit>'\n`)
      await ok('script', '--quiet', '--return', '--command', `neomutt -n -F ${keyFile}`, '/dev/null')
    },
  }
}

test('neomutt marks, files, searches on the server and deletes', async (t) => {
  const person = await server.createAccount()
  for (const subject of ['Eins', 'Zwei', 'Drei', 'Vier', 'Fünf'])
    await fileLetter(server, person, { subject, text: subject === 'Vier' ? 'Das Wort ist Apfelkuchen.' : 'Nichts.' })
  const watching = await signedInImap(t, server, person, { select: 'INBOX' })
  const { press } = await openNeomutt(t, person)
  await press(
    [
      // It reads one, flags another,
      '<first-entry><display-message><exit>',
      '<tag-pattern>~s Zwei<enter><tag-prefix><flag-message><untag-pattern>.<enter>',
      // copies and takes away a third,
      '<search>~s Drei<enter><save-message>=Archive<enter>',
      // lets the server look for a word, and answers for what was found with a flag,
      '<limit>=b Apfelkuchen<enter><tag-pattern>.<enter><tag-prefix><set-flag>r<untag-pattern>.<enter><limit>.<enter>',
      // and deletes the last.
      '<last-entry><delete-message><sync-mailbox>',
    ].join(''),
  )
  const told = await watching.ok('NOOP')
  assert.equal(told.filter((line) => line.endsWith(' EXPUNGE')).length, 2, told.join('\n'))
  const flags = await watching.ok('UID FETCH 1:* (FLAGS)')
  assert.deepEqual(
    flags.map((line) => line.replace(/^\d+ FETCH /, '')),
    ['(UID 1 FLAGS (\\Seen))', '(UID 2 FLAGS (\\Flagged))', '(UID 4 FLAGS (\\Seen \\Answered))'],
  )
  await watching.ok('EXAMINE Archive')
  assert.match((await watching.ok('FETCH 1:* ENVELOPE')).join(), /^1 FETCH \(ENVELOPE \("[^"]*" "Drei"/)
})

test('neomutt that comes back knows what has happened', async (t) => {
  const person = await server.createAccount()
  for (let number = 1; number <= 30; number++) await fileLetter(server, person, { subject: `Nummer ${number}` })
  const { press } = await openNeomutt(t, person)
  await press('')
  const imap = await signedInImap(t, server, person, { select: 'INBOX' })
  await imap.ok('UID STORE 3,20 +FLAGS (\\Flagged)')
  await imap.ok('UID STORE 5:9 +FLAGS (\\Deleted)')
  await imap.ok('EXPUNGE')
  await fileLetter(server, person, { subject: 'Nummer 31' }, { keywords: ['$flagged'] })
  await press('<tag-pattern>~F<enter><tag-prefix><copy-message>=Gemerkt<enter><sync-mailbox>')
  await imap.ok('EXAMINE Gemerkt')
  const copies = (await imap.ok('FETCH 1:* ENVELOPE')).map((line) => /Nummer \d+/.exec(line)?.[0])
  assert.deepEqual(copies, ['Nummer 3', 'Nummer 20', 'Nummer 31'])
  await imap.ok('SELECT INBOX')
  assert.deepEqual(await imap.ok('UID SEARCH ALL'), [
    `SEARCH ${[1, 2, 3, 4, ...Array.from({ length: 22 }, (_, at) => at + 10)].join(' ')}`,
  ])
})
