/** What no client sends, and some do. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { revokeAppPassword } from '#accounts'
import { MOST_SCRIPT_BYTES, readScripts } from '#mail/scripts'
import { dialSieve, literalOf, signedInSieve, type SieveDialogue } from '#test/managesieve'
import { addAppPassword } from '#test/people'
import { startServer } from '#test/server'

const MOST = 20
const server = await startServer({ after }, { managesieve: { maxConnectionsPerNetwork: MOST } }, ['managesieve'])
const person = await server.createAccount()

const unknown = (t: { after(undo: () => void): void }): Promise<SieveDialogue> => dialSieve(t, server.managesieve)
const known = (t: { after(undo: () => void): void }): Promise<SieveDialogue> => signedInSieve(t, server, person)

async function closed(sieve: SieveDialogue): Promise<string[]> {
  const said: string[] = []
  for (let one; (one = await sieve.next()) !== 'closed';) said.push(one)
  return said
}

const names = async (): Promise<string[]> =>
  (await readScripts(await server.storage.openAccount(person.id))).map(({ name }) => name)

test('commands in a state that is not theirs', async (t) => {
  const sieve = await unknown(t)
  for (const command of [
    'LISTSCRIPTS',
    'HAVESPACE "a" 1',
    'PUTSCRIPT "a" {5+}\r\nkeep;',
    'GETSCRIPT "a"',
    'SETACTIVE ""',
    'DELETESCRIPT "a"',
    'RENAMESCRIPT "a" "b"',
    'CHECKSCRIPT "keep;"',
    'UNAUTHENTICATE',
  ])
    assert.equal(await sieve.say(command), 'NO "Sign in first"', command)
  const other = await known(t)
  for (const command of ['AUTHENTICATE "PLAIN"', 'STARTTLS'])
    assert.equal(await other.say(command), 'NO "Not while signed in"', command)
  assert.deepEqual(await names(), [])
})

const refused: Record<string, string | Buffer> = {
  nothing: '',
  'a space': ' ',
  'a NUL': 'NOOP\0',
  'a NUL in a string': 'NOOP "\0"',
  'a CR within a string': 'NOOP "a\rLOGOUT"',
  'a terminal sequence': '\x1b[2J',
  'a name of another protocol': 'GET / HTTP/1.1',
  'bytes above ASCII': Buffer.from([0xff, 0xfe, 0x80]),
  'a tag as IMAP has them': 'a1 NOOP',
  'half a string': 'NOOP "abc',
  'half an escape': 'NOOP "abc\\"',
  'an escape that is none': String.raw`NOOP "a\n"`,
  'a string behind a string': 'NOOP "a""b"',
  'a string of 30 KB': `NOOP "${'x'.repeat(30_000)}"`,
  'a string of 15,000 escapes': `PUTSCRIPT "${'\\\\'.repeat(15_000)}" "keep;"`,
  'two spaces': 'NOOP  "a"',
  'a tabulator': 'NOOP\t"a"',
  'more than there should be': 'NOOP "a" "b"',
  'more than any command has': `NOOP${' "a"'.repeat(50)}`,
  'a string without quotes': 'GETSCRIPT a',
  'a number for a string': 'GETSCRIPT 17',
  'a string for a number': 'HAVESPACE "a" "1"',
  'a number below nothing': 'HAVESPACE "a" -1',
  'a number with a leading zero': 'HAVESPACE "a" 01',
  'a number of 33 bits': 'HAVESPACE "a" 4294967296',
  'a number of 400 digits': `HAVESPACE "a" ${'9'.repeat(400)}`,
  'no argument': 'PUTSCRIPT',
  'one argument of two': 'PUTSCRIPT "a"',
  'a name that is no UTF-8': Buffer.from('PUTSCRIPT "\xff" "keep;"', 'latin1'),
  'a surrogate in UTF-8': Buffer.from('PUTSCRIPT "\xed\xa0\x80" "keep;"', 'latin1'),
  'a name without a character': 'PUTSCRIPT "" "keep;"',
  'a name of spaces': 'PUTSCRIPT "   " "keep;"',
  'a name with a line end': `PUTSCRIPT ${literalOf('a\r\nb')} "keep;"`,
  'a name with a separator of lines': 'PUTSCRIPT "a\u2028b" "keep;"',
  'a name that is too long': `PUTSCRIPT "${'ü'.repeat(257)}" "keep;"`,
  'a script that is no UTF-8': Buffer.from('PUTSCRIPT "a" {12+}\r\nkeep;\r\n#a\xff\xfe', 'latin1'),
  'a NUL in a script': `PUTSCRIPT "a" ${literalOf('keep;\0')}`,
  'a script that is too large': `PUTSCRIPT "a" ${literalOf(`#${'x'.repeat(MOST_SCRIPT_BYTES)}`)}`,
  'two strings that are too large together': `PUTSCRIPT ${literalOf('x'.repeat(MOST_SCRIPT_BYTES))} {5+}\r\nkeep;`,
  'a thousand blocks within one another': `PUTSCRIPT "a" ${literalOf(`${'if true {'.repeat(1000)}keep;${'}'.repeat(1000)}`)}`,
  'a thousand tests within one another': `CHECKSCRIPT ${literalOf(`if ${'not '.repeat(1000)}true {}`)}`,
  'a thousand brackets': `CHECKSCRIPT ${literalOf(`require ${'['.repeat(1000)}`)}`,
  'a comment without an end': `CHECKSCRIPT ${literalOf('/*'.repeat(50_000))}`,
  'a text without an end': `CHECKSCRIPT ${literalOf('redirect text:\r\nabc')}`,
}
for (const [what, command] of Object.entries(refused))
  test(`what is refused, and the next is served: ${what}`, async (t) => {
    const sieve = await known(t)
    assert.match(await sieve.say(command), /^NO /)
    await sieve.ok('NOOP')
    assert.deepEqual(await names(), [])
    sieve.close()
  })

test('a script that is no UTF-8 is told by its place', async (t) => {
  const sieve = await known(t)
  assert.equal(
    await sieve.say(Buffer.from('CHECKSCRIPT {15+}\r\nkeep;\r\n# \xc3\xa4\xff\xfe\r\n', 'latin1')),
    'NO "line 2, column 4: This is no text in UTF-8."',
  )
  assert.equal(
    await sieve.say(Buffer.from('CHECKSCRIPT {10+}\r\n# \xef\xbf\xbd \xc3\xa4\xe2\x82', 'latin1')),
    'NO "line 1, column 6: This is no text in UTF-8."',
  )
})

const ends: Record<string, string> = {
  'a literal of 4 GB': 'PUTSCRIPT "a" {4294967295+}\r\nkeep;',
  'a literal of more digits than there are': `PUTSCRIPT "a" {${'9'.repeat(30)}+}\r\nkeep;`,
  'literals that are too large together': `PUTSCRIPT {${9 * 1024 * 1024}+}\r\n${'x'.repeat(9 * 1024 * 1024)} {${9 * 1024 * 1024}+}\r\n`,
  'a literal that waits for an answer': 'PUTSCRIPT "a" {5}\r\nkeep;\r\n',
  'a literal behind what cannot be read': 'PUTSCRIPT a {16+}\r\nDELETESCRIPT "a"\r\n',
  'a literal without its size': 'NOOP {+}\r\n',
  'a line that is too long': `NOOP "${'x'.repeat(40_000)}"\r\n`,
  'a line without an end': 'x'.repeat(100_000),
  'one mistake after the other': 'EHLO\r\n'.repeat(25),
}
for (const [what, bytes] of Object.entries(ends))
  test(`what ends the dialogue: ${what}`, async (t) => {
    const sieve = await known(t)
    sieve.send(bytes)
    const replies = await closed(sieve)
    assert.match(replies.at(-1) ?? '', /^BYE "/)
    assert.ok(!replies.some((reply) => reply.startsWith('OK')))
    assert.deepEqual(await names(), [])
  })

const endsUnknown: Record<string, string> = {
  'a literal of 100 KB': 'AUTHENTICATE "PLAIN" {100000+}\r\n',
  'a response of 100 KB': 'AUTHENTICATE "PLAIN"\r\n{100000+}\r\n',
  'a handshake of TLS in clear, which has no line': `\x16\x03\x01\x02\x00${'\x01'.repeat(40_000)}`,
  'commands behind STARTTLS in clear': 'STARTTLS\r\nNOOP "injected"\r\n',
  'guessing, however politely it is done': 'AUTHENTICATE "PLAIN" "AGEAYg=="\r\n'.repeat(25),
}
for (const [what, bytes] of Object.entries(endsUnknown))
  test(`what ends the dialogue before sign-in: ${what}`, async (t) => {
    const sieve = await unknown(t)
    sieve.send(bytes)
    const replies = await closed(sieve)
    assert.match(replies.at(-1) ?? '', /^(?:""\r\n)?BYE "/)
    assert.ok(replies.length <= 21 && !replies.some((reply) => reply.includes('injected')))
  })

test('half a line, half a literal: whoever goes leaves nothing', async (t) => {
  for (const bytes of ['PUTSCRIPT "a" "keep;"', 'PUTSCRIPT "a" {100+}\r\nkeep;', 'PUTSCRIPT "a" {5+}\r\nkeep;']) {
    const sieve = await known(t)
    sieve.send(bytes)
    sieve.close()
  }
  const sieve = await known(t)
  await sieve.ok('NOOP')
  assert.deepEqual(await names(), [])
})

test('commands that come together are answered one by one', async (t) => {
  const sieve = await known(t)
  sieve.send('NOOP "1"\r\nPUTSCRIPT "p" {5+}\r\nkeep;\r\nGETSCRIPT "p"\r\nDELETESCRIPT "p"\r\nNOPE\r\nNOOP "2"\r\n')
  const replies: string[] = []
  while (replies.length < 6) replies.push(await sieve.next())
  assert.deepEqual(
    replies.map((one) => one.replace(/ "[^"]*"$/, '')),
    ['OK (TAG "1")', 'OK', '{5}\r\nkeep;\r\nOK', 'OK', 'NO', 'OK (TAG "2")'],
  )
})

/** What commands are made of, and what only looks like it. */
const TOKENS = [
  'NOOP',
  'PUTSCRIPT',
  'CHECKSCRIPT',
  'HAVESPACE',
  'GETSCRIPT',
  'RENAMESCRIPT',
  'SETACTIVE',
  'LISTSCRIPTS',
  ' ',
  '  ',
  '"',
  '""',
  '"a"',
  String.raw`"\"`,
  String.raw`\"`,
  '{0+}\r\n',
  '{3+}\r\nkee',
  '{5+}\r\nkeep;',
  '{1}',
  '{+}',
  '0',
  '17',
  '4294967296',
  'keep;',
  '\r',
  '\n',
  '\r\n',
  '\0',
  '\x7f',
  'ü',
  '(',
  ')',
  '*',
  '+',
  '{',
  '}',
]

test('whatever is said is answered in the words of the protocol', async (t) => {
  const command = fc.oneof(
    { weight: 9, arbitrary: fc.array(fc.constantFrom(...TOKENS), { maxLength: 8 }).map((tokens) => tokens.join('')) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  )
  let sieve = await known(t)
  await fc.assert(
    fc.asyncProperty(command, async (text) => {
      // A literal may still wait for its end: what ends the line ends it as well.
      sieve.send(`${text}\r\n\r\n\r\n\r\nNOOP "end"\r\n`)
      for (let said = ''; !said.endsWith('(TAG "end") "Still here"');) {
        said = await sieve.next()
        assert.doesNotMatch(said, /Something went wrong/)
        if (!/^(?:BYE|closed)/.test(said)) continue
        sieve.close()
        sieve = await known(t)
        return
      }
    }),
    { seed: 5, numRuns: 300 },
  )
})

test('who has not signed in within three minutes is told so, and disconnected', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const sieve = await unknown(t)
  assert.match(await sieve.ok('NOOP'), /^OK/)
  t.mock.timers.tick(3 * 60_000 - 1)
  sieve.send('NO')
  t.mock.timers.tick(1)
  assert.deepEqual(await closed(sieve), ['BYE "Nothing was heard for too long"'])
})

test('who makes too many mistakes is told so, signed in or not, and what comes after them is not done', async (t) => {
  for (const dial of [unknown, known]) {
    const sieve = await dial(t)
    sieve.send(`${'NONE\r\n'.repeat(20)}PUTSCRIPT "late" "keep;"\r\n`)
    const said = await closed(sieve)
    assert.deepEqual([said.length, said.at(-1)], [21, 'BYE "Too many mistakes"'])
  }
  assert.ok(!(await names()).includes('late'))
})

test('who came by an app password hears that it is good no more, and is out', async (t) => {
  const { id, secret } = await addAppPassword(server.storage, person)
  const sieve = await signedInSieve(t, server, { ...person, password: secret })
  await revokeAppPassword(server.storage, person.id, id)
  assert.deepEqual(await closed(sieve), ['BYE "What you signed in with is no longer good"'])
})

test('one network has so many connections, one account so many sessions', async (t) => {
  const open: SieveDialogue[] = []
  for (let count = 0; count < 16; count++) open.push(await known(t))
  await assert.rejects(known(t), /NO \(TRYLATER\)/)
  for (let count = 17; count < MOST; count++) open.push(await unknown(t))
  const busy = await unknown(t)
  assert.equal(busy.greeting, 'BYE (TRYLATER) "Too many connections, please try again later"')
  for (const one of open) one.close()
})
