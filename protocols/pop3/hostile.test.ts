/** What no client sends, and some do. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { fileLetter } from '#test/letters'
import { dialPop3, signedInPop3, type Pop3Dialogue } from '#test/pop3'
import { startServer } from '#test/server'

const MOST = 20
const server = await startServer({ after }, { pop3: { maxConnectionsPerNetwork: MOST } }, ['pop3'])
const person = await server.createAccount()
await fileLetter(server, person, { subject: 'One' })
await fileLetter(server, person, { subject: 'Two' })

async function closed(pop3: Pop3Dialogue): Promise<string[]> {
  const lines: string[] = []
  for (let line; (line = await pop3.next()) !== 'closed';) lines.push(line)
  return lines
}

const unknown = (t: { after(undo: () => void): void }): Promise<Pop3Dialogue> => dialPop3(t, server.pop3)
const known = (t: { after(undo: () => void): void }): Promise<Pop3Dialogue> => signedInPop3(t, server, person)

test('commands in a state that is not theirs', async (t) => {
  const pop3 = await unknown(t)
  for (const command of ['STAT', 'LIST', 'UIDL', 'RETR 1', 'TOP 1 0', 'DELE 1', 'RSET', 'NOOP'])
    assert.match(await pop3.say(command), /^-ERR/, command)
  pop3.close()
  const other = await known(t)
  for (const command of [`USER ${person.address}`, `PASS ${person.password}`, 'AUTH PLAIN', 'STLS', 'UTF8'])
    assert.match(await other.say(command), /^-ERR/, command)
  assert.match(await other.ok('STAT'), /^2 /)
  other.close()
})

test('numbers that are none, and messages that there are none of', async (t) => {
  const pop3 = await known(t)
  const numbers = [
    '',
    ' ',
    '0',
    '3',
    '-1',
    '+1',
    '2147483648',
    '9'.repeat(11),
    '9'.repeat(400),
    '1e0',
    '0x1',
    '1.',
    'NaN',
  ]
  for (const command of ['RETR', 'DELE', 'LIST', 'UIDL', 'TOP'])
    for (const number of numbers) {
      if (number.trim() === '' && (command === 'LIST' || command === 'UIDL')) continue
      const rest = command === 'TOP' ? ' 1' : ''
      assert.match(await pop3.say(`${command} ${number}${rest}`), /^-ERR/, `${command} ${number.slice(0, 20)}`)
      await pop3.ok('NOOP')
    }
  for (const command of [
    'RETR 1 2',
    'DELE 1 2',
    'STAT 1',
    'RETR1',
    'TOP 1',
    'TOP 1 -1',
    'TOP 1 1 1',
    'RETR  1',
    'RETR\t1',
  ])
    assert.match(await pop3.say(command), /^-ERR/, command)
  assert.match(await pop3.ok('STAT'), /^2 /)
  pop3.close()
})

const lines: Record<string, string> = {
  nothing: '',
  'a space': ' ',
  'a NUL': 'NOOP\0',
  'a NUL in an argument': 'RETR 1\0',
  'a CR within': 'NOOP\rDELE 1',
  'a terminal sequence': '\x1b[2J',
  'a name of another protocol': 'GET / HTTP/1.1',
  'bytes above ASCII': '\xff\xfe\x80',
  'all that a line may have': `NOOP ${'x'.repeat(505)}`,
}
for (const [what, line] of Object.entries(lines))
  test(`a line that is refused, and the next is served: ${what}`, async (t) => {
    const pop3 = await known(t)
    assert.match(await pop3.say(line), /^-ERR/)
    await pop3.ok('NOOP')
    pop3.close()
  })

const ends: Record<string, string> = {
  'a line that is too long': `NOOP ${'x'.repeat(600)}\r\n`,
  'a line without an end': 'x'.repeat(100_000),
  'a TLS handshake in clear, which has no line': `\x16\x03\x01\x02\x00${'\x01'.repeat(512)}`,
  'one mistake after the other': 'EHLO\r\n'.repeat(25),
  'a response that is too long': `AUTH PLAIN\r\n${'A'.repeat(20_000)}\r\n`,
}
for (const [what, bytes] of Object.entries(ends))
  test(`what ends the dialogue: ${what}`, async (t) => {
    const pop3 = await unknown(t)
    pop3.send(bytes)
    const replies = await closed(pop3)
    assert.match(replies.at(-1) ?? '', /^-ERR/)
  })

test('guessing ends the dialogue, however politely it is done', async (t) => {
  const pop3 = await unknown(t)
  pop3.send('USER nobody@zegel.test\r\nPASS guessed\r\n'.repeat(40))
  const replies = await closed(pop3)
  assert.ok(replies.filter((reply) => reply.startsWith('-ERR')).length <= 21, `${replies.length} replies`)
})

test('commands that come together are answered one by one, and nothing after QUIT', async (t) => {
  const pop3 = await unknown(t)
  const commands = [
    `USER ${person.address}`,
    `PASS ${person.password}`,
    'NOOP',
    'LIST 1',
    'RETR 2',
    'DELE 9',
    'QUIT',
    'NOOP',
  ]
  // LF alone ends a command, as it does for whoever types by hand.
  pop3.send(commands.join('\n') + '\n')
  const replies = await closed(pop3)
  const text = replies.join('\n')
  assert.match(
    text,
    /^\+OK.*\n\+OK Welcome\n\+OK.*\n\+OK 1 \d+\n\+OK \d+ octets\n[^]*\nSubject: Two\n[^]*\n\.\n-ERR.*\n\+OK Goodbye$/,
  )
})

test('what is sent along with STLS in clear is not heard', async (t) => {
  const pop3 = await unknown(t)
  pop3.send('STLS\r\nUSER somebody@zegel.test\r\n')
  assert.deepEqual(
    (await closed(pop3)).map((line) => line.slice(0, 4)),
    ['-ERR'],
  )
  // Nor what follows its reply.
  const other = await unknown(t)
  await other.ok('STLS')
  other.send('USER somebody@zegel.test\r\nCAPA\r\n')
  assert.deepEqual(
    (await closed(other)).filter((line) => /^(?:\+OK|-ERR)/.test(line)),
    [],
  )
})

test('a client that asks for everything again and again and takes nothing is not served ahead', async (t) => {
  const pop3 = await known(t)
  pop3.pause()
  pop3.send('RETR 1\r\n'.repeat(20_000))
  const other = await known(t)
  const before = process.memoryUsage().arrayBuffers
  for (let round = 0; round < 200; round++) await other.ok('STAT')
  assert.ok(process.memoryUsage().arrayBuffers - before < 20_000_000)
  pop3.close()
  other.close()
})

test('who has not signed in within three minutes is disconnected, and nothing is said (RFC 1939 §3)', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const pop3 = await unknown(t)
  await pop3.ok('CAPA')
  t.mock.timers.tick(3 * 60_000)
  const said = await closed(pop3)
  assert.deepEqual(
    said.filter((line) => /^(?:\+OK|-ERR)/.test(line)),
    [],
  )
})

test('connections of one network are bounded, and those that leave make room', async (t) => {
  const dialogues = await Promise.all(Array.from({ length: 400 }, () => unknown(t)))
  const greeted = dialogues.filter(({ greeting }) => greeting.startsWith('+OK'))
  assert.ok(greeted.length <= MOST && greeted.length > 0, `${greeted.length} were let in`)
  const refused = dialogues.filter(({ greeting }) => greeting.startsWith('-ERR [SYS/TEMP]'))
  assert.equal(refused.length + greeted.length, dialogues.length)
  for (const pop3 of greeted) {
    await pop3.ok('QUIT')
    await closed(pop3)
  }
  await (await known(t)).ok('STAT')
})
