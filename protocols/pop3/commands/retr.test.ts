/** Reading a maildrop: STAT, LIST, UIDL, RETR, TOP. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { fileLetter, letter } from '#test/letters'
import { dialPop3, signedInPop3 } from '#test/pop3'
import { startServer } from '#test/server'
import { signedInImap } from '#test/imap'

const server = await startServer({ after }, {}, ['pop3', 'imap'])

const octets = (bytes: Buffer | string): number => Buffer.byteLength(bytes)

test('an empty maildrop', async (t) => {
  const pop3 = await signedInPop3(t, server, await server.createAccount())
  assert.equal(await pop3.ok('STAT'), '0 0')
  assert.deepEqual(await pop3.lines('LIST'), [])
  assert.deepEqual(await pop3.lines('UIDL'), [])
  assert.match(await pop3.say('RETR 1'), /^-ERR/)
})

test('messages are counted, measured, named and read, all alike', async (t) => {
  const person = await server.createAccount()
  const letters = [
    letter({ subject: 'Grüße', text: 'Ein Brief mit Äpfeln.' }),
    letter({ text: '.\n..\n.am Anfang\nam Ende.\n.' }),
    letter({ text: 'x'.repeat(900_000).replaceAll(/x{70}/g, '.$&\n') }),
  ]
  for (const content of letters) await fileLetter(server, person, content)
  const pop3 = await signedInPop3(t, server, person)
  assert.equal(await pop3.ok('STAT'), `3 ${letters.reduce((sum, one) => sum + octets(one), 0)}`)
  assert.deepEqual(
    await pop3.lines('LIST'),
    letters.map((one, index) => `${index + 1} ${octets(one)}`),
  )
  assert.equal(await pop3.ok('LIST 2'), `2 ${octets(letters[1] as Buffer)}`)
  const names = await pop3.lines('UIDL')
  for (const [index, line] of names.entries()) {
    assert.match(line, new RegExp(`^${index + 1} [\\x21-\\x7e]{1,70}$`))
    assert.equal(await pop3.ok(`uidl ${index + 1}`), line)
  }
  for (const [index, one] of letters.entries()) assert.ok((await pop3.message(`RETR ${index + 1}`)).equals(one))
  const again = await signedInPop3(t, server, person)
  assert.deepEqual(await again.lines('UIDL'), names)
})

test('TOP gives the header and some lines', async (t) => {
  const person = await server.createAccount()
  await fileLetter(server, person, { subject: 'Oben', text: 'eins\n.zwei\ndrei' })
  const pop3 = await signedInPop3(t, server, person)
  const header = await pop3.lines('TOP 1 0')
  assert.ok(header.includes('Subject: Oben'))
  assert.equal(header.at(-1), '')
  assert.deepEqual(await pop3.lines('TOP 1 2'), [...header, 'eins', '..zwei'])
  assert.deepEqual(await pop3.message('TOP 1 4000000000'), await pop3.message('RETR 1'))
})

test('a message without an end of its last line gets one, and one with LF alone ends where it should', async (t) => {
  const person = await server.createAccount()
  await fileLetter(server, person, Buffer.from('Subject: a\r\n\r\nText'))
  await fileLetter(server, person, Buffer.from('Subject: b\n\nText\n.\n+OK and more\n'))
  const pop3 = await signedInPop3(t, server, person)
  assert.equal((await pop3.message('RETR 1')).toString(), 'Subject: a\r\n\r\nText\r\n')
  assert.equal((await pop3.message('RETR 2')).toString(), 'Subject: b\r\n\r\nText\r\n.\r\n+OK and more\r\n')
  await pop3.ok('NOOP')
})

test('reading marks nothing as seen', async (t) => {
  const person = await server.createAccount()
  await fileLetter(server, person)
  const pop3 = await signedInPop3(t, server, person)
  await pop3.message('RETR 1')
  await pop3.ok('QUIT')
  const imap = await signedInImap(t, server, person, { select: 'INBOX' })
  assert.deepEqual(await imap.ok('FETCH 1 FLAGS'), ['1 FETCH (FLAGS ())'])
})

test('what comes during a session is there in the next', async (t) => {
  const person = await server.createAccount()
  await fileLetter(server, person)
  const pop3 = await signedInPop3(t, server, person)
  await fileLetter(server, person)
  assert.match(await pop3.ok('STAT'), /^1 /)
  assert.match(await (await signedInPop3(t, server, person)).ok('STAT'), /^2 /)
})

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Bytes that something still holds. */
function held(): number {
  collectGarbage()
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return arrayBuffers + heapUsed
}

test('a message of 30 MB comes whole, to a client that is slow, while another is served', async (t) => {
  const person = await server.createAccount()
  const body = randomBytes(22_000_000).toString('base64').replaceAll(/.{76}/g, '$&\r\n')
  const large = Buffer.from(`Subject: gross\r\n\r\n${body}\r\n`)
  await fileLetter(server, person, large)
  await fileLetter(server, person, { subject: 'klein' })
  const slow = await dialPop3(t, server.pop3)
  await slow.ok(`USER ${person.address}`)
  await slow.ok(`PASS ${person.password}`)
  const before = held()
  slow.pause()
  slow.send('RETR 1\r\n')
  const other = await signedInPop3(t, server, person)
  assert.ok((await other.lines('RETR 2')).includes('Subject: klein'))
  for (let round = 0; round < 50; round++) await other.ok('NOOP')
  const grown = held() - before
  assert.ok(grown < 10_000_000, `a message that nobody takes holds ${grown} bytes`)
  slow.send('NOOP\r\n')
  assert.match(await slow.next(), new RegExp(`^\\+OK ${large.length} octets`))
  assert.ok(Buffer.from(await slow.body(), 'latin1').equals(large))
  assert.match(await slow.next(), /^\+OK/)
})
