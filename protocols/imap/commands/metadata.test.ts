import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { signedInImap } from '#test/imap'
import { startServer } from '#test/server'

const server = await startServer({ after }, {}, ['imap'])
const person = await server.createAccount()
const imap = await signedInImap({ after }, server, person)

test('what one program notes of a mailbox another reads; NIL takes it away (RFC 5464 §4.2, §4.3)', async (t) => {
  const other = await signedInImap(t, server, person)
  await imap.ok('SETMETADATA inbox (/private/comment "My \\"own\\" comment" /SHARED/Comment {5+}\r\nthree)')
  assert.deepEqual(await other.ok('GETMETADATA INBOX (/shared/comment /private/comment /private/none)'), [
    'METADATA "INBOX" ("/shared/comment" "three" "/private/comment" "My \\"own\\" comment" "/private/none" NIL)',
  ])
  await other.ok('SETMETADATA INBOX (/shared/comment NIL)')
  assert.deepEqual(await imap.ok('GETMETADATA "INBOX" /shared/comment'), ['METADATA "INBOX" ("/shared/comment" NIL)'])
  assert.deepEqual(await imap.ok('GETMETADATA "" /private/comment'), ['METADATA "" ("/private/comment" NIL)'])
})

test('bytes come back as they were, NUL among them', async () => {
  await imap.ok('SETMETADATA "" (/private/vendor/test/bytes ~{6+}\r\na\0\r\n\xffb)')
  assert.deepEqual(await imap.ok('GETMETADATA "" /private/vendor/test/bytes'), [
    'METADATA "" ("/private/vendor/test/bytes" ~{6}\r\na\0\r\n\xffb)',
  ])
  await imap.ok('SETMETADATA "" (/private/vendor/test/empty "")')
  assert.deepEqual(await imap.ok('GETMETADATA "" /private/vendor/test/empty'), [
    'METADATA "" ("/private/vendor/test/empty" "")',
  ])
})

test('DEPTH tells what lies below, MAXSIZE leaves out what is long, wherever the options stand', async () => {
  const values = [
    '/private/filters/values/small "1"',
    '/private/filters/values/a/deep "22"',
    '/private/filters/boss "333"',
  ]
  await imap.ok(`SETMETADATA Sent (${values.join(' ')})`)
  const [small, deep, boss] = ['values/small" "1"', 'values/a/deep" "22"', 'boss" "333"'].map(
    (end) => `"/private/filters/${end}`,
  )
  assert.deepEqual(await imap.ok('GETMETADATA (DEPTH 1) Sent /private/filters'), [`METADATA "Sent" (${boss})`])
  assert.deepEqual(await imap.ok('GETMETADATA Sent (DEPTH infinity) (/private/filters)'), [
    `METADATA "Sent" (${boss} ${deep} ${small})`,
  ])
  const { untagged, tagged } = await imap.say('GETMETADATA (MAXSIZE 1 DEPTH infinity) Sent /private')
  assert.deepEqual(untagged, [`METADATA "Sent" (${small})`])
  assert.match(tagged, /^OK \[METADATA LONGENTRIES 3\]/)
  assert.deepEqual(await imap.ok('GETMETADATA (DEPTH infinity) Sent /shared'), [])
})

test('LIST tells metadata behind each mailbox (RFC 9590), and RENAME takes it along', async () => {
  await imap.ok('CREATE Coloured')
  await imap.ok('SETMETADATA Coloured (/private/vendor/test/color "#b71c1c")')
  await imap.ok('RENAME Coloured Painted')
  assert.deepEqual(await imap.ok('LIST "" (Painted Trash) RETURN (METADATA (/private/vendor/test/color))'), [
    'LIST (\\HasNoChildren) "/" "Painted"',
    'METADATA "Painted" ("/private/vendor/test/color" "#b71c1c")',
    'LIST (\\HasNoChildren \\Trash) "/" "Trash"',
    'METADATA "Trash" ("/private/vendor/test/color" NIL)',
  ])
  await imap.ok('DELETE Painted')
  await imap.ok('CREATE Painted')
  assert.deepEqual(await imap.ok('GETMETADATA Painted /private/vendor/test/color'), [
    'METADATA "Painted" ("/private/vendor/test/color" NIL)',
  ])
})

test('RENAME of the inbox copies what is noted of it, and leaves it there (RFC 5464 §4.1)', async (t) => {
  const client = await signedInImap(t, server, await server.createAccount())
  await client.ok('SETMETADATA INBOX (/private/comment "mine")')
  await client.ok('RENAME INBOX Old')
  for (const name of ['INBOX', 'Old'])
    assert.deepEqual(await client.ok(`GETMETADATA ${name} /private/comment`), [
      `METADATA "${name}" ("/private/comment" "mine")`,
    ])
})

test('one value too long, or one entry too many, and nothing is noted', async (t) => {
  const client = await signedInImap(t, server, await server.createAccount())
  const long = 'x'.repeat(65_537)
  const answer = await client.say(`SETMETADATA "" (/private/a "1" /private/b {${long.length}+}\r\n${long})`)
  assert.match(answer.tagged, /^NO \[METADATA MAXSIZE 65536\]/)
  assert.deepEqual(await client.ok('GETMETADATA "" /private/a'), ['METADATA "" ("/private/a" NIL)'])
  const hundred = (round: number): string =>
    Array.from({ length: 200 }, (_, number) => `/private/e${round}-${number} "1"`).join(' ')
  for (let round = 0; round < 5; round++) await client.ok(`SETMETADATA "" (${hundred(round)})`)
  assert.match((await client.say('SETMETADATA "" (/private/a "1")')).tagged, /^NO \[METADATA TOOMANY\]/)
  await client.ok('SETMETADATA "" (/private/e0-0 NIL /private/a "1")')
})

test('nobody reads what somebody else noted, and it is sealed on disk', async (t) => {
  const stranger = await signedInImap(t, server, await server.createAccount())
  await imap.ok('SETMETADATA INBOX (/shared/comment "visible to its owner")')
  assert.deepEqual(await stranger.ok('GETMETADATA INBOX /shared/comment'), ['METADATA "INBOX" ("/shared/comment" NIL)'])
  const { rows } = await server.storage.database.sql<{
    sealed: Buffer
  }>`select sealed from record where kind = 'annotations'`
  for (const { sealed } of rows) assert.ok(!sealed.includes('comment') && !sealed.includes('dmlzaWJsZ'))
})

const refused: Record<string, [command: string, answer: RegExp]> = {
  'a mailbox that is not there': ['GETMETADATA Nobody /private/comment', /^NO \[NONEXISTENT\]/],
  'a note about a mailbox that is not there': ['SETMETADATA Nobody (/private/comment "x")', /^NO \[NONEXISTENT\]/],
  'the contact of the operator, which is theirs': ['SETMETADATA "" (/shared/admin "mailto:me")', /^NO \[NOPERM\]/],
  'an entry that is neither private nor shared': ['SETMETADATA "" (/comment "x")', /^BAD/],
  'an entry without a slash': ['GETMETADATA "" private', /^BAD/],
  'an entry that ends with a slash': ['GETMETADATA "" /private/', /^BAD/],
  'two slashes': ['GETMETADATA "" /private//comment', /^BAD/],
  'a wildcard in a quoted name': ['GETMETADATA "" "/private/*"', /^BAD/],
  'a percent sign in a quoted name': ['GETMETADATA "" "/private/%"', /^BAD/],
  'a name outside ASCII': ['GETMETADATA "" "/private/\xe9"', /^BAD/],
  'a control character': ['GETMETADATA "" "/private/a\tb"', /^BAD/],
  'a value of the root itself': ['SETMETADATA "" (/private "x")', /^BAD/],
  'a value of all vendors': ['SETMETADATA "" (/shared/vendor "x")', /^BAD/],
  'a value of a vendor': ['SETMETADATA "" (/private/Vendor/test "x")', /^BAD/],
  'a value without quotes': ['SETMETADATA "" (/private/a x)', /^BAD/],
  'a NUL in a plain literal': ['SETMETADATA "" (/private/a {1+}\r\n\0)', /^BAD/],
  'no entries': ['GETMETADATA "" ()', /^BAD/],
  'no values': ['SETMETADATA "" ()', /^BAD/],
  'more entries than there may be': [
    `GETMETADATA "" (${Array.from({ length: 201 }, (_, at) => `/private/${at}`).join(' ')})`,
    /^BAD/,
  ],
  'a depth that is none': ['GETMETADATA (DEPTH 2) "" /private', /^BAD/],
  'an option that is none': ['GETMETADATA (__PROTO__ 1) "" /private', /^BAD/],
  'entries that LIST cannot return': ['LIST "" * RETURN (METADATA (/nothing))', /^BAD/],
}

for (const [what, [command, answer]] of Object.entries(refused))
  test(`refused: ${what}`, async () => assert.match((await imap.say(command)).tagged, answer))
