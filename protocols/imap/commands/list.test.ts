import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { signedInImap } from '#test/imap'
import { fileLetter } from '#test/letters'
import { startServer } from '#test/server'

const server = await startServer({ after }, {}, ['imap'])
const person = await server.createAccount()
const imap = await signedInImap({ after }, server, person)

// The mailboxes of RFC 9051 §6.3.9.8, and those every account begins with.
for (const path of ['Fruit/Apple', 'Fruit/Banana', 'Tofu', 'Vegetable/Broccoli', 'Vegetable/Corn'])
  await imap.ok(`CREATE ${path}`)
for (const path of ['Fruit', 'Fruit/Apple', 'Tofu', 'Vegetable/Corn', 'Archive', 'Drafts', 'Junk', 'Sent', 'Trash'])
  await imap.ok(`UNSUBSCRIBE ${path}`)

const STANDARD = ['INBOX', 'Archive', 'Drafts', 'Junk', 'Sent', 'Trash']

const answers: Record<string, [command: string, lines: string[]]> = {
  'everything, children and special uses said without being asked': [
    'LIST "" *',
    [
      'LIST (\\HasNoChildren) "/" "INBOX"',
      'LIST (\\HasNoChildren \\Archive) "/" "Archive"',
      'LIST (\\HasNoChildren \\Drafts) "/" "Drafts"',
      'LIST (\\HasChildren) "/" "Fruit"',
      'LIST (\\HasNoChildren) "/" "Fruit/Apple"',
      'LIST (\\HasNoChildren) "/" "Fruit/Banana"',
      'LIST (\\HasNoChildren \\Junk) "/" "Junk"',
      'LIST (\\HasNoChildren \\Sent) "/" "Sent"',
      'LIST (\\HasNoChildren) "/" "Tofu"',
      'LIST (\\HasNoChildren \\Trash) "/" "Trash"',
      'LIST (\\HasChildren) "/" "Vegetable"',
      'LIST (\\HasNoChildren) "/" "Vegetable/Broccoli"',
      'LIST (\\HasNoChildren) "/" "Vegetable/Corn"',
    ],
  ],
  'the separator': ['LIST "" ""', ['LIST (\\Noselect) "/" ""']],
  'the separator, below something': ['LIST Fruit ""', ['LIST (\\Noselect) "/" ""']],
  'an empty pattern in the extended form, which means nothing': ['LIST "" "" RETURN ()', []],
  'a reference': [
    'LIST Fruit/ %',
    ['LIST (\\HasNoChildren) "/" "Fruit/Apple"', 'LIST (\\HasNoChildren) "/" "Fruit/Banana"'],
  ],
  'several patterns, each mailbox once': [
    'LIST "" (Tofu T% "Tof*") RETURN (CHILDREN)',
    ['LIST (\\HasNoChildren) "/" "Tofu"', 'LIST (\\HasNoChildren \\Trash) "/" "Trash"'],
  ],
  'INBOX in another case': ['LIST "" inbox', ['LIST (\\HasNoChildren) "/" "INBOX"']],
  'a pattern that is no modified UTF-7': ['LIST "" a&AC8-*', []],
  'what is subscribed (example 2)': [
    'LIST (SUBSCRIBED) "" *',
    [
      'LIST (\\HasNoChildren \\Subscribed) "/" "INBOX"',
      'LIST (\\HasNoChildren \\Subscribed) "/" "Fruit/Banana"',
      'LIST (\\HasChildren \\Subscribed) "/" "Vegetable"',
      'LIST (\\HasNoChildren \\Subscribed) "/" "Vegetable/Broccoli"',
    ],
  ],
  'mailboxes elsewhere too, of which there are none (example 6)': [
    'LIST (REMOTE) "" Fruit* RETURN (SUBSCRIBED)',
    [
      'LIST (\\HasChildren) "/" "Fruit"',
      'LIST (\\HasNoChildren) "/" "Fruit/Apple"',
      'LIST (\\HasNoChildren \\Subscribed) "/" "Fruit/Banana"',
    ],
  ],
  'what has something subscribed in it (example 7)': [
    'LIST (SUBSCRIBED RECURSIVEMATCH) "" %',
    [
      'LIST (\\HasNoChildren \\Subscribed) "/" "INBOX"',
      'LIST (\\HasChildren) "/" "Fruit" ("CHILDINFO" ("SUBSCRIBED"))',
      'LIST (\\HasChildren \\Subscribed) "/" "Vegetable" ("CHILDINFO" ("SUBSCRIBED"))',
    ],
  ],
  'and not what would be said twice (example 9)': [
    'LIST (RECURSIVEMATCH SUBSCRIBED) "" Fruit*',
    ['LIST (\\HasNoChildren \\Subscribed) "/" "Fruit/Banana"'],
  ],
  'an option said twice counts once': [
    'LIST (SUBSCRIBED SUBSCRIBED) "" Fruit/* RETURN (SUBSCRIBED SUBSCRIBED)',
    ['LIST (\\HasNoChildren \\Subscribed) "/" "Fruit/Banana"'],
  ],
  'special uses alone': [
    'LIST (SPECIAL-USE) "" % RETURN (SPECIAL-USE)',
    ['Archive', 'Drafts', 'Junk', 'Sent', 'Trash'].map((name) => `LIST (\\HasNoChildren \\${name}) "/" "${name}"`),
  ],
  'with STATUS behind each (RFC 5819 §3)': [
    'LIST (SUBSCRIBED RECURSIVEMATCH) "" (INBOX Fruit) RETURN (STATUS (MESSAGES UNSEEN))',
    [
      'LIST (\\HasNoChildren \\Subscribed) "/" "INBOX"',
      'STATUS "INBOX" (MESSAGES 0 UNSEEN 0)',
      'LIST (\\HasChildren) "/" "Fruit" ("CHILDINFO" ("SUBSCRIBED"))',
    ],
  ],
  'with rights (RFC 8440 §3)': [
    'LIST "" (INBOX Tofu) RETURN (MYRIGHTS)',
    [
      'LIST (\\HasNoChildren) "/" "INBOX"',
      'MYRIGHTS "INBOX" lrswipkteacd',
      'LIST (\\HasNoChildren) "/" "Tofu"',
      'MYRIGHTS "Tofu" lrswipkxteacd',
    ],
  ],
  'LSUB: all that is subscribed': [
    'LSUB "" *',
    ['INBOX', 'Fruit/Banana', 'Vegetable', 'Vegetable/Broccoli'].map((path) => `LSUB () "/" "${path}"`),
  ],
  'LSUB "%": what only has subscribed ones in it as well (RFC 3501 §6.3.9)': [
    'LSUB "" %',
    ['LSUB () "/" "INBOX"', 'LSUB (\\Noselect) "/" "Fruit"', 'LSUB () "/" "Vegetable"'],
  ],
}

for (const [what, [command, lines]] of Object.entries(answers))
  test(`LIST tells ${what}`, async () => {
    const answer = await imap.ok(command)
    assert.deepEqual(
      command.startsWith('LSUB') ? answer.toSorted() : answer,
      command.startsWith('LSUB') ? lines.toSorted() : lines,
    )
  })

const bad: Record<string, string> = {
  'RECURSIVEMATCH alone': 'LIST (RECURSIVEMATCH) "" *',
  'RECURSIVEMATCH with REMOTE alone': 'LIST (REMOTE RECURSIVEMATCH) "" *',
  'a selection option that is none': 'LIST (constructor) "" *',
  'a return option that is none': 'LIST "" * RETURN (toString)',
  'a status item that is none': 'LIST "" * RETURN (STATUS (__proto__))',
  'no status items': 'LIST "" * RETURN (STATUS ())',
  'no pattern in the list': 'LIST "" ()',
  'a thousand patterns and one': `LIST "" (${Array(1001).fill('*').join(' ')})`,
  'no pattern': 'LIST ""',
  'a list of patterns to LSUB': 'LSUB "" (*)',
  'return options to LSUB': 'LSUB "" * RETURN (CHILDREN)',
}

for (const [what, command] of Object.entries(bad))
  test(`BAD: ${what}`, async () => assert.match((await imap.say(command)).tagged, /^BAD/))

test('a pattern made to be slow answers at once, with nothing', async () => {
  assert.deepEqual(await imap.ok(`LIST "" "${'*a%b'.repeat(10_000)}"`), [])
  assert.deepEqual(
    await imap.ok(
      `LIST "" (${Array(1000)
        .fill(`"${'*a'.repeat(100)}"`)
        .join(' ')})`,
    ),
    [],
  )
})

test('NAMESPACE: ones own mailboxes alone', async () => {
  assert.deepEqual(await imap.ok('NAMESPACE'), ['NAMESPACE (("" "/")) NIL NIL'])
})

test('a mailbox that another client makes is in the next list', async (t) => {
  const other = await signedInImap(t, server, person)
  await other.ok('CREATE Tofu/Silken')
  assert.deepEqual(await imap.ok('LIST "" Tofu'), ['LIST (\\HasChildren) "/" "Tofu"'])
  await other.ok('DELETE Tofu/Silken')
  assert.deepEqual(await imap.ok('LIST "" Tofu*'), ['LIST (\\HasNoChildren) "/" "Tofu"'])
})

test('STATUS counts what IMAP counts: unseen drafts too, \\Deleted, sizes', async (t) => {
  const reader = await server.createAccount()
  await fileLetter(server, reader, { text: 'x'.repeat(5000) })
  await fileLetter(server, reader, {}, { keywords: ['$draft'] })
  await fileLetter(server, reader, {}, { keywords: ['$seen'] })
  await fileLetter(server, reader, {}, { keywords: ['$draft', '$seen'] })
  const client = await signedInImap(t, server, reader, { select: 'INBOX' })
  const sizes = (await client.ok('FETCH 1:* (RFC822.SIZE)')).map((line) => Number(/SIZE (\d+)/.exec(line)?.[1]))
  const size = sizes.reduce((sum, one) => sum + one, 0)
  await client.ok('STORE 1 +FLAGS.SILENT (\\Deleted)')
  const [told] = await client.ok('STATUS inbox (MESSAGES UIDNEXT UNSEEN DELETED SIZE RECENT DELETED-STORAGE UNSEEN)')
  assert.equal(
    told,
    `STATUS "INBOX" (MESSAGES 4 UIDNEXT 5 UNSEEN 2 DELETED 1 SIZE ${size} RECENT 0 DELETED-STORAGE ${sizes[0]})`,
  )
  const [all = ''] = await client.ok('STATUS INBOX (UIDVALIDITY HIGHESTMODSEQ MAILBOXID APPENDLIMIT)')
  assert.match(all, /^STATUS "INBOX" \(UIDVALIDITY \d+ HIGHESTMODSEQ \d+ MAILBOXID \(F[a-z0-9]+\) APPENDLIMIT \d+\)$/)
  assert.match((await client.say('STATUS Nobody (MESSAGES)')).tagged, /^NO \[NONEXISTENT\]/)
  for (const wrong of ['STATUS INBOX ()', 'STATUS INBOX MESSAGES', 'STATUS INBOX (COLOUR)', 'STATUS INBOX (MESSAGES'])
    assert.match((await client.say(wrong)).tagged, /^BAD/, wrong)
})

test('the mailboxes everybody begins with can be selected by the names that are listed', async () => {
  for (const path of STANDARD) await imap.ok(`EXAMINE ${path}`)
})
