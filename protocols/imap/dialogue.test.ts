/** What an IMAP port does with those who are no clients, not yet signed in, or up to something. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, test } from 'node:test'
import { dialImap, signedInImap } from '#test/imap'
import { fileLetter } from '#test/letters'
import { startServer } from '#test/server'

const server = await startServer({ after }, {}, ['imap'])
const strict = await startServer({ after }, { cleartextOnLoopback: false }, ['imap'])
const person = await server.createAccount()
await fileLetter(server, person, { subject: 'Apfelernte' })

test('the greeting tells what the server can, and sign-in tells it anew', async (t) => {
  const imap = await dialImap(t, server.imap)
  assert.match(imap.greeting, /^\* OK \[CAPABILITY IMAP4rev1 IMAP4rev2 [^\]]*\] /)
  const { tagged } = await imap.say(`LOGIN ${person.address} ${person.password}`)
  assert.match(tagged, /^OK \[CAPABILITY [^\]]* IDLE [^\]]*\]/)
})

test('in clear nobody signs in, and no program is led to try', async (t) => {
  const imap = await dialImap(t, strict.imap)
  assert.match(imap.greeting, / STARTTLS LOGINDISABLED\]/)
  assert.doesNotMatch(imap.greeting, /AUTH=/)
  assert.match((await imap.say(`LOGIN ${person.address} ${person.password}`)).tagged, /^NO \[PRIVACYREQUIRED\]/)
  assert.match((await imap.say('AUTHENTICATE PLAIN AAAA')).tagged, /^NO \[PRIVACYREQUIRED\]/)
})

test('STARTTLS leads to sign-in under TLS', async (t) => {
  const imap = await dialImap(t, strict.imap)
  await imap.ok('STARTTLS')
  await imap.startTls()
  const [line = ''] = await imap.ok('CAPABILITY')
  assert.match(line, /AUTH=PLAIN/)
  assert.doesNotMatch(line, /STARTTLS|LOGINDISABLED/)
  await imap.ok(`LOGIN ${person.address} ${person.password}`)
  assert.match((await imap.say('STARTTLS')).tagged, /^BAD/)
})

test('what is put behind STARTTLS in clear is not carried out', async (t) => {
  const imap = await dialImap(t, strict.imap)
  imap.send('a STARTTLS\r\nb CAPABILITY\r\n')
  assert.match(await imap.next(), /^a BAD/)
  assert.equal(await imap.next(), 'closed')
})

const signIns: Record<string, { say: string[]; answer: RegExp }> = {
  'a wrong password': { say: [`LOGIN ${person.address} wrong-password`], answer: /^NO \[AUTHENTICATIONFAILED\]/ },
  'an unknown address': { say: ['LOGIN nobody@zegel.test wrong-password'], answer: /^NO \[AUTHENTICATIONFAILED\]/ },
  'no base64': { say: ['AUTHENTICATE PLAIN ???'], answer: /^BAD/ },
  'two strings where three are wanted': {
    say: [`AUTHENTICATE PLAIN ${btoa('\0only')}`],
    answer: /^BAD/,
  },
  'somebody else to act for': {
    say: [`AUTHENTICATE PLAIN ${btoa(`other@zegel.test\0${person.address}\0${person.password}`)}`],
    answer: /^NO \[AUTHORIZATIONFAILED\]/,
  },
  'giving up': { say: ['AUTHENTICATE PLAIN', '*'], answer: /^BAD/ },
  'an unknown mechanism': { say: ['AUTHENTICATE CRAM-MD5'], answer: /^NO/ },
  'a password of 2 MB in a literal': { say: [`LOGIN ${person.address} {2000000}`], answer: /^NO \[TOOBIG\]/ },
}
for (const [what, { say, answer }] of Object.entries(signIns))
  test(`sign-in with ${what}`, async (t) => {
    const imap = await dialImap(t, server.imap)
    const [first = '', ...rest] = say
    assert.match((await imap.say(first, ...rest)).tagged, answer)
    assert.match((await imap.say('NOOP')).tagged, /^OK/)
  })

for (const [what, say] of Object.entries({
  'AUTHENTICATE PLAIN, the response later': ['AUTHENTICATE PLAIN', btoa(`\0${person.address}\0${person.password}`)],
  'AUTHENTICATE PLAIN at once': [`AUTHENTICATE PLAIN ${btoa(`\0${person.address}\0${person.password}`)}`],
  'AUTHENTICATE LOGIN': ['AUTHENTICATE LOGIN', btoa(person.address), btoa(person.password)],
  'LOGIN with literals': [
    `LOGIN {${person.address.length}}`,
    `${person.address} {${person.password.length}}`,
    person.password,
  ],
  'LOGIN with quoted strings': [`login "${person.address}" "${person.password}"`],
}))
  test(`sign-in by ${what}`, async (t) => {
    const imap = await dialImap(t, server.imap)
    const [first = '', ...rest] = say
    await imap.ok(first, ...rest)
    await imap.ok('SELECT inbox')
  })

/** What is sent after sign-in, and what the tagged answer is; the connection goes on. */
const mistakes: Record<string, { say: string; answer: RegExp }> = {
  'no such command': { say: 'FROBNICATE', answer: /^BAD/ },
  'a command without its arguments': { say: 'FETCH', answer: /^BAD/ },
  'arguments where there are none': { say: 'NOOP now', answer: /^BAD/ },
  'a quoted string without an end': { say: 'SELECT "inbox', answer: /^BAD/ },
  'a quoted string with a line in it': { say: 'SELECT "in\rbox"', answer: /^BAD/ },
  'a NUL': { say: 'SELECT in\0box', answer: /^BAD/ },
  'parentheses a thousand deep': { say: `FETCH 1 ${'('.repeat(1000)}`, answer: /^BAD/ },
  'message 0': { say: 'FETCH 0 FLAGS', answer: /^BAD/ },
  'message 4294967296': { say: 'FETCH 4294967296 FLAGS', answer: /^BAD/ },
  'a message that is not there': { say: 'FETCH 2 FLAGS', answer: /^BAD/ },
  'a UID that is not there': { say: 'UID FETCH 4294967295 FLAGS', answer: /^OK/ },
  'a set of nothing': { say: 'FETCH , FLAGS', answer: /^BAD/ },
  'a data item that is none': { say: 'FETCH 1 BODYSNATCHER', answer: /^BAD/ },
  'a section that is none': { say: 'FETCH 1 BODY[1.MIME.TEXT]', answer: /^BAD/ },
  'a section of a part that is not there': { say: 'FETCH 1 BODY.PEEK[7.3]', answer: /^OK/ },
  'a part number of 60 levels': { say: `FETCH 1 BODY.PEEK[${'1.'.repeat(60)}1]`, answer: /^OK/ },
  'a partial fetch beyond the end': { say: 'FETCH 1 BODY.PEEK[]<9007199254740991.1>', answer: /^OK/ },
  'a partial fetch of nothing': { say: 'FETCH 1 BODY.PEEK[]<0.0>', answer: /^BAD/ },
  'a system flag of its own': { say: 'STORE 1 +FLAGS (\\Recently)', answer: /^BAD/ },
  'a keyword with a bracket': { say: 'STORE 1 +FLAGS (a]b)', answer: /^BAD/ },
  'a literal announced within a string': { say: 'SELECT "a{5}"', answer: /^NO \[NONEXISTENT\]/ },
  'a literal that is announced and too large': { say: 'SELECT {99999999}', answer: /^NO \[TOOBIG\]/ },
  'a negative literal': { say: 'SELECT {-1}', answer: /^BAD/ },
  'a mailbox name that is not modified UTF-7': { say: 'SELECT "&AOQ"', answer: /^BAD/ },
  'a mailbox name of half a character': { say: 'SELECT "&2D0-"', answer: /^BAD/ },
}

test('mistakes are named, and the dialogue goes on', async (t) => {
  for (const [what, { say, answer }] of Object.entries(mistakes)) {
    const imap = await signedInImap(t, server, person, { select: 'INBOX' })
    assert.match((await imap.say(say)).tagged, answer, what)
    assert.match((await imap.say('NOOP')).tagged, /^OK/, what)
    imap.close()
  }
})

test('a literal that comes unasked and is too large is passed over, and what follows is understood', async (t) => {
  const imap = await signedInImap(t, server, person)
  imap.send(`a SELECT {2000000+}\r\n${'x'.repeat(2_000_000)}\r\nb NOOP\r\n`)
  assert.match(await imap.next(), /^a NO \[TOOBIG\]/)
  assert.match(await imap.next(), /^b OK/)
})

test('commands sent ahead are answered in their order, each in the state that the ones before it left', async (t) => {
  const imap = await dialImap(t, server.imap)
  imap.send(
    `a SELECT INBOX\r\nb LOGIN ${person.address} ${person.password}\r\nc SELECT INBOX\r\nd FETCH 1 UID\r\ne UNSELECT\r\nf FETCH 1 UID\r\n`,
  )
  const tagged: string[] = []
  while (tagged.length < 6) {
    const line = await imap.next()
    if (!line.startsWith('*')) tagged.push(line.split(' ', 2).join(' '))
  }
  assert.deepEqual(tagged, ['a BAD', 'b OK', 'c OK', 'd OK', 'e OK', 'f BAD'])
})

test('who speaks something else is sent away', async (t) => {
  const imap = await dialImap(t, server.imap)
  for (let line = 0; line < 30; line++) imap.send('GET / HTTP/1.1\r\n')
  let last = ''
  for (let next = await imap.next(); next !== 'closed'; next = await imap.next()) last = next
  assert.match(last, /^\* BYE/)
})

test('a line without an end is cut off', async (t) => {
  const imap = await dialImap(t, server.imap)
  imap.send('a'.repeat(100_000))
  assert.match(await imap.next(), /^\* BYE/)
  assert.equal(await imap.next(), 'closed')
})

test('many who never sign in leave room for others', async (t) => {
  const small = await startServer(t, { imap: { ...server.config.imap, maxConnectionsPerNetwork: 5 } }, ['imap'])
  const idle = await Promise.all(Array.from({ length: 5 }, () => dialImap(t, small.imap)))
  const refused = await dialImap(t, small.imap)
  assert.match(refused.greeting, /^\* BYE \[UNAVAILABLE\]/)
  for (const one of idle) one.close()
  for (let tries = 0; tries < 100; tries++) {
    if ((await dialImap(t, small.imap)).greeting.startsWith('* OK')) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  assert.fail('there is no room again')
})

test('handshakes that never come count as connections, and leave room when they are given up', async (t) => {
  const small = await startServer(t, { imap: { ...server.config.imap, maxConnectionsPerNetwork: 5 } }, ['imap'])
  const silent = Array.from({ length: 5 }, () => connect(small.imaps.port, '127.0.0.1'))
  t.after(() => silent.forEach((socket) => socket.destroy()))
  await Promise.all(silent.map((socket) => once(socket, 'connect')))
  const greeted = () =>
    dialImap(t, small.imaps, { tls: true }).then(
      ({ greeting }) => greeting,
      () => 'closed',
    )
  assert.equal(await greeted(), 'closed')
  for (const socket of silent) socket.write('this is no handshake\r\n')
  await Promise.all(silent.map((socket) => once(socket.resume(), 'close')))
  for (let tries = 0; tries < 100; tries++) {
    if ((await greeted()).startsWith('* OK')) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  assert.fail('there is no room again')
})

test('compressed, the dialogue goes on', async (t) => {
  const imap = await signedInImap(t, server, person)
  assert.match((await imap.say('COMPRESS LZ4')).tagged, /^NO/)
  await imap.ok('COMPRESS DEFLATE')
})

test('who has not signed in within a minute is told so, and disconnected (RFC 9051 §7.1.5)', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const imap = await dialImap(t, server.imap)
  await imap.ok('NOOP')
  t.mock.timers.tick(60_000)
  assert.equal(await imap.next(), '* BYE Nothing was heard for too long')
  assert.equal(await imap.next(), 'closed')
})
