/** Getting in: USER and PASS, AUTH, and what is announced where. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createStandardMailboxes } from '#mail'
import { fileLetter } from '#test/letters'
import { addPerson } from '#test/people'
import { dialPop3, signedInPop3 } from '#test/pop3'
import { startServer } from '#test/server'

const server = await startServer({ after }, {}, ['pop3'])
/** The same, but that nobody signs in in clear. */
const strict = await startServer({ after }, { cleartextOnLoopback: false }, ['pop3'])

const base64 = (text: string): string => Buffer.from(text).toString('base64')

test('a password may have spaces and letters of any kind', async (t) => {
  const password = ' ein Kennwort, Äpfel & Birnen '
  const person = await addPerson(server.storage, { password }, createStandardMailboxes)
  const pop3 = await dialPop3(t, server.pop3s, { tls: true })
  await pop3.ok(`USER ${person.address.toUpperCase()}`)
  pop3.send(`PASS ${Buffer.from(password).toString('latin1')}\r\n`)
  assert.match(await pop3.next(), /^\+OK/)
  assert.equal(await pop3.ok('STAT'), '0 0')
})

test('AUTH signs in with either mechanism, with an initial response and without', async (t) => {
  const { address, password } = await server.createAccount()
  const whole = base64(`\0${address}\0${password}`)
  const ways: [command: string, ...responses: string[]][] = [
    [`AUTH PLAIN ${whole}`],
    ['AUTH PLAIN', whole],
    [`auth plain ${base64(`${address}\0${address}\0${password}`)}`],
    ['AUTH LOGIN', base64(address), base64(password)],
    [`AUTH LOGIN ${base64(address)}`, base64(password)],
  ]
  for (const [command, ...responses] of ways) {
    const pop3 = await dialPop3(t, server.pop3s, { tls: true })
    let reply = await pop3.say(command)
    for (const response of responses) {
      assert.match(reply, /^\+ /)
      reply = await pop3.say(response)
    }
    assert.match(reply, /^\+OK/, command)
    await pop3.ok('STAT')
  }
})

test('an exchange is given up with *, and another way is open then', async (t) => {
  const { address, password } = await server.createAccount()
  const pop3 = await dialPop3(t, server.pop3s, { tls: true })
  assert.equal(await pop3.say('AUTH PLAIN'), '+ ')
  assert.match(await pop3.say('*'), /^-ERR/)
  assert.match(await pop3.say(`AUTH PLAIN ${base64(`boss@zegel.test\0${address}\0${password}`)}`), /^-ERR \[AUTH\]/)
  assert.match(await pop3.say('AUTH PLAIN ='), /^-ERR/)
  assert.match(await pop3.say('AUTH NTLM'), /^-ERR/)
  assert.match(await pop3.say(`PASS ${password}`), /^-ERR/)
  await pop3.ok(`USER ${address}`)
  await pop3.ok(`PASS ${password}`)
})

test('a wrong password and an unknown address get the same answer, and too many ask for time', async (t) => {
  const { address } = await server.createAccount()
  const pop3 = await dialPop3(t, server.pop3s, { tls: true })
  const attempt = async (name: string): Promise<string[]> => [
    await pop3.say(`USER ${name}`),
    await pop3.say('PASS a wrong password'),
  ]
  const known = await attempt(address)
  assert.match(known[1] as string, /^-ERR \[AUTH\]/)
  assert.deepEqual(await attempt('nobody@zegel.test'), known)
  let last = ''
  for (let tries = 0; tries < 8 && !last.includes('SYS/TEMP'); tries++) last = (await attempt(address))[1] as string
  assert.match(last, /^-ERR \[SYS\/TEMP\]/)
})

const everywhere = ['TOP', 'UIDL', 'RESP-CODES', 'AUTH-RESP-CODE', 'PIPELINING', 'UTF8 USER', 'EXPIRE NEVER']
const ways = ['USER', 'SASL PLAIN LOGIN SCRAM-SHA-256 OAUTHBEARER XOAUTH2']

test('what is announced depends on how one has come', async (t) => {
  const person = await server.createAccount()
  const announced = async (pop3: Awaited<ReturnType<typeof dialPop3>>): Promise<string[]> =>
    (await pop3.lines('CAPA')).filter((line) => !line.startsWith('IMPLEMENTATION ')).toSorted()
  const expect = (...more: string[]): string[] => [...everywhere, ...more].toSorted()
  assert.deepEqual(await announced(await dialPop3(t, server.pop3)), expect('STLS', ...ways))
  assert.deepEqual(await announced(await dialPop3(t, server.pop3s, { tls: true })), expect(...ways))
  assert.deepEqual(await announced(await signedInPop3(t, server, person)), expect(...ways))
  const pop3 = await dialPop3(t, strict.pop3)
  assert.deepEqual(await announced(pop3), expect('STLS'))
  await pop3.ok('STLS')
  await pop3.startTls()
  assert.deepEqual(await announced(pop3), expect(...ways))
})

test('in clear nobody signs in where that is not allowed, under TLS everybody', async (t) => {
  const person = await server.createAccount()
  await fileLetter(strict, person)
  const pop3 = await dialPop3(t, strict.pop3)
  for (const command of [`USER ${person.address}`, `PASS ${person.password}`, 'AUTH PLAIN', 'AUTH LOGIN'])
    assert.match(await pop3.say(command), /^-ERR/, command)
  await pop3.ok('STLS')
  await pop3.startTls()
  await pop3.ok('UTF8')
  await pop3.ok(`USER ${person.address}`)
  await pop3.ok(`PASS ${person.password}`)
  assert.match(await pop3.ok('STAT'), /^1 /)
  assert.match(await pop3.say('STLS'), /^-ERR/)
})

test('a name said before TLS is forgotten', async (t) => {
  const person = await server.createAccount()
  const pop3 = await dialPop3(t, server.pop3)
  await pop3.ok('USER somebody@zegel.test')
  await pop3.ok('STLS')
  await pop3.startTls()
  assert.match(await pop3.say(`PASS ${person.password}`), /^-ERR/)
})
