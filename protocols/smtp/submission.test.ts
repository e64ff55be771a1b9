import { after, test } from 'node:test'
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { changePassword, letProgramsIn, listAppPasswords, revokeAppPassword } from '#accounts'
import { MECHANISMS } from '#protocols/sasl'
import { queuedLetters } from '#test/queue'
import { startServer } from '#test/server'
import { dialSmtp, type Dialogue } from '#test/smtp'
import { addAppPassword, type Person } from '#test/people'

const server = await startServer({ after }, { sending: { maxRecipients: 5 }, smtp: { maxMessageMegabytes: 1 } }, [
  'smtp',
])
const sender = await server.createAccount()
const other = await server.createAccount()

interface Undo {
  after(undo: () => void): void
}

const plain = ({ address, password }: Pick<Person, 'address' | 'password'>, authzid = ''): string =>
  Buffer.from(`${authzid}\0${address}\0${password}`).toString('base64')

/** Under TLS from the first byte, and signed in. */
async function signedIn(t: Undo, person: Person = sender): Promise<Dialogue> {
  const smtp = await dialSmtp(t, server.submissions, { tls: true })
  assert.match(await smtp.say(`AUTH PLAIN ${plain(person)}`), /^235 2\.7\.0/)
  return smtp
}

const letter = (from = sender.address, ...fields: string[]): string =>
  [`From: ${from}`, 'To: Bea <bea@example.org>', 'Subject: Tulips', ...fields, '', 'Red ones.', ''].join('\r\n')

/** Says lines and content until one is refused; gives the last reply. */
async function send(smtp: Dialogue, lines: string[], content?: string): Promise<string> {
  let reply = ''
  for (const line of lines) {
    reply = await smtp.say(line)
    if (!reply.startsWith('250')) return reply
  }
  if (content === undefined) return reply
  assert.match(await smtp.say('DATA'), /^354/)
  return smtp.say(`${content}.`)
}

const envelope = (from = sender.address, ...to: string[]): string[] => [
  `MAIL FROM:<${from}>`,
  ...(to.length === 0 ? ['bea@example.org'] : to).map((address) => `RCPT TO:<${address}>`),
]

const AUTH = `AUTH ${[...MECHANISMS.keys()].join(' ')}`

const features = (reply: string): string[] =>
  reply
    .split('\n')
    .slice(1)
    // How long letters may wait ends with a time.
    .map((line) => line.slice(4).replace(/^(FUTURERELEASE) 31536000 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, '$1'))
    .sort()

test('EHLO announces signing in under TLS only (RFC 4954 §4, RFC 8314 §3.3)', async (t) => {
  const common = ['8BITMIME', 'DSN', 'ENHANCEDSTATUSCODES', 'PIPELINING', 'SIZE 1000000', 'SMTPUTF8']
  const smtp = await dialSmtp(t, server.submission, { greet: false })
  assert.deepEqual(features(await smtp.say('EHLO peer.example')), [...common, 'STARTTLS'].sort())
  assert.match(await smtp.say('STARTTLS'), /^220/)
  await smtp.startTls()
  assert.deepEqual(
    features(await smtp.say('EHLO peer.example')),
    [AUTH, ...common, 'FUTURERELEASE', 'REQUIRETLS'].sort(),
  )
  const tls = await dialSmtp(t, server.submissions, { greet: false, tls: true })
  assert.deepEqual(
    features(await tls.say('EHLO peer.example')),
    [AUTH, ...common, 'FUTURERELEASE', 'REQUIRETLS'].sort(),
  )
})

test('a letter is in the queue, cleaned, the moment 250 names it', async (t) => {
  const smtp = await signedIn(t)
  const reply = await send(smtp, envelope(), letter(sender.address, 'Bcc: eva@example.org', 'X-Mailer: Client'))
  const [, id] = /^250 2\.0\.0 Queued as (\d+)$/.exec(reply) ?? []
  const [queued, ...others] = (await queuedLetters(server.storage, sender.id)).filter((one) => one.id === Number(id))
  assert.ok(queued !== undefined && others.length === 0, reply)
  assert.equal(queued.mailFrom, sender.address)
  assert.deepEqual(
    queued.recipients.map(({ address }) => address),
    ['bea@example.org'],
  )
  assert.doesNotMatch(queued.content, /eva@|X-Mailer|peer\.example|127\.0\.0\.1/)
  assert.match(queued.content, /^Received: by zegel\.test id /)
  assert.match(queued.content, /\r\nDate: .*\r\nMessage-ID: <\w+@zegel\.test>\r\n\r\nRed ones\.\r\n$/)
})

test('AUTH LOGIN signs in too, and with a wrong password neither does (RFC 4954 §4)', async (t) => {
  const smtp = await dialSmtp(t, server.submissions, { tls: true })
  const base64 = (text: string): string => Buffer.from(text).toString('base64')
  assert.match(await smtp.say('AUTH LOGIN'), /^334/)
  assert.match(await smtp.say(base64(sender.address)), /^334/)
  assert.match(await smtp.say(base64('wrong')), /^535 5\.7\.8/)
  assert.match(await smtp.say(`AUTH PLAIN ${plain({ ...sender, password: 'wrong' })}`), /^535 5\.7\.8/)
  assert.match(await smtp.say(`AUTH PLAIN ${plain(sender, other.address)}`), /^535/, 'nobody acts for another')
  await smtp.say('AUTH LOGIN')
  await smtp.say(base64(sender.address))
  assert.match(await smtp.say(base64(sender.password)), /^235/)
})

test('whoever guesses is made to wait, and told for how long', async (t) => {
  const guessed = await server.createAccount()
  let reply = ''
  for (let guess = 0; guess < 9 && !reply.startsWith('454'); guess++) {
    const smtp = await dialSmtp(t, server.submissions, { tls: true })
    reply = await smtp.say(`AUTH PLAIN ${plain({ ...guessed, password: `guess ${guess}` })}`)
  }
  assert.match(reply, /^454 4\.7\.0 .* \d+ seconds$/)
})

test('DSN parameters go with the letter (RFC 3461 §4)', async (t) => {
  const smtp = await signedIn(t)
  const reply = await send(
    smtp,
    [
      `MAIL FROM:<${sender.address}> RET=HDRS ENVID=QQ+2B1 BODY=8BITMIME SIZE=200`,
      'RCPT TO:<bea@example.org> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;Bea+40example.org',
      'RCPT TO:<carl@example.org> NOTIFY=NEVER',
    ],
    letter(),
  )
  const queued = (await queuedLetters(server.storage, sender.id)).at(-1)
  assert.match(reply, /^250/)
  assert.deepEqual([queued?.ret, queued?.envid], ['HDRS', 'QQ+1'])
  assert.deepEqual(
    queued?.recipients.map(({ notify, orcpt }) => [notify, orcpt]),
    [
      [['SUCCESS', 'DELAY'], 'rfc822;Bea@example.org'],
      [['NEVER'], undefined],
    ],
  )
})

test('a letter can be left to wait (RFC 4865 §4)', async (t) => {
  const smtp = await signedIn(t)
  const waiting = [`MAIL FROM:<${sender.address}> HOLDFOR=3600`, 'RCPT TO:<bea@example.org>']
  assert.match(await send(smtp, waiting, letter()), /^250/)
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString()
  const until = [`MAIL FROM:<${sender.address}> HOLDUNTIL=${tomorrow}`, 'RCPT TO:<bea@example.org>']
  assert.match(await send(smtp, until, letter()), /^250/)
  const [first, second] = (await queuedLetters(server.storage, sender.id)).slice(-2)
  assert.ok((first?.sendAt.getTime() ?? 0) > Date.now())
  assert.equal(second?.sendAt.toISOString(), tomorrow)
})

test('a letter may ask for proven TLS all the way (RFC 8689 §4.1)', async (t) => {
  const smtp = await signedIn(t)
  const rcpt = 'RCPT TO:<bea@example.org>'
  assert.match(await send(smtp, [`MAIL FROM:<${sender.address}> REQUIRETLS`, rcpt], letter()), /^250/)
  assert.match(await send(smtp, [`MAIL FROM:<${sender.address}>`, rcpt], letter()), /^250/)
  const queued = (await queuedLetters(server.storage, sender.id)).slice(-2)
  assert.deepEqual(
    queued.map(({ care }) => care),
    ['proven', undefined],
  )
  assert.match(await smtp.say(`MAIL FROM:<${sender.address}> REQUIRETLS=yes`), /^501/)
})

test('whoever changes the password ends what was signed in with the old one', async (t) => {
  const person = await server.createAccount()
  const smtp = await signedIn(t, person)
  await changePassword(server.storage, person.id, 'a new password of mine')
  assert.match(await smtp.say(`MAIL FROM:<${person.address}>`), /^421 4\.7\.0/)
  assert.equal(await smtp.next(), 'closed')
  await signedIn(t, { ...person, password: 'a new password of mine' })
})

test('an app password sends, until it is revoked', async (t) => {
  const person = await server.createAccount()
  const { id, secret } = await addAppPassword(server.storage, person)
  const smtp = await signedIn(t, { ...person, password: secret.replaceAll('-', ' ').toUpperCase() })
  assert.match(await send(smtp, envelope(person.address), letter(person.address)), /^250/)
  const [used] = await listAppPasswords(server.storage, await server.storage.openAccount(person.id))
  assert.ok(used?.lastUsedAt)
  await revokeAppPassword(server.storage, person.id, id)
  assert.match(await smtp.say(`MAIL FROM:<${person.address}>`), /^421 4\.7\.0 .* no longer good/)
  assert.equal(await smtp.next(), 'closed')
  const again = await dialSmtp(t, server.submissions, { tls: true })
  assert.match(await again.say(`AUTH PLAIN ${plain({ ...person, password: secret })}`), /^535 5\.7\.8/)
})

for (const [what, choice, reply] of [
  ['to read only', { readOnly: true }, /^535 5\.7\.0 .* only read, not send/],
  ['for contacts', { scopes: ['contacts'] }, /^535 5\.7\.0 .* not for mail/],
] as const)
  test(`an app password that is ${what} does not send, and is told why`, async (t) => {
    const person = await server.createAccount()
    const { secret: password } = await addAppPassword(server.storage, person, choice)
    const smtp = await dialSmtp(t, server.submissions, { tls: true })
    assert.match(await smtp.say(`AUTH PLAIN ${plain({ ...person, password })}`), reply)
    assert.match(await smtp.say(`MAIL FROM:<${person.address}>`), /^530/)
  })

test('the main password can be forbidden to mail programs', async (t) => {
  const person = await server.createAccount()
  const smtp = await signedIn(t, person)
  await letProgramsIn(server.storage, person.id, false)
  assert.match(await smtp.say(`MAIL FROM:<${person.address}>`), /^421 4\.7\.0/)
  const again = await dialSmtp(t, server.submissions, { tls: true })
  assert.match(await again.say(`AUTH PLAIN ${plain(person)}`), /^535 5\.7\.8/)
})

test('the null sender is for what a mail program sends by itself; its From is checked all the same (RFC 8098 §3)', async (t) => {
  const smtp = await signedIn(t)
  assert.match(await send(smtp, envelope(''), letter()), /^250/)
  assert.match(await send(smtp, envelope(''), letter(other.address)), /^550 5\.7\.1/)
})

test('an address with a detail is its owner’s, in whatever case', async (t) => {
  const smtp = await signedIn(t)
  const detailed = sender.address.toUpperCase().replace('@', '+Lists@')
  assert.match(await send(smtp, envelope(detailed), letter(detailed)), /^250/)
})

/** Before TLS, and before signing in. */
const tooSoon: [name: string, tls: boolean, line: string, reply: RegExp][] = [
  ['AUTH PLAIN in clear', false, `AUTH PLAIN ${plain(sender)}`, /^538 5\.7\.0/],
  ['AUTH LOGIN in clear', false, 'AUTH LOGIN', /^538 5\.7\.0/],
  ['a letter in clear', false, `MAIL FROM:<${sender.address}>`, /^530 5\.7\.0/],
  ['a letter before signing in', true, `MAIL FROM:<${sender.address}>`, /^530 5\.7\.0/],
  ['a recipient before signing in', true, `RCPT TO:<${other.address}>`, /^530 5\.7\.0/],
  ['a mechanism that is not offered', true, 'AUTH CRAM-MD5', /^504/],
]
for (const [name, tls, line, reply] of tooSoon)
  test(`refused: ${name}`, async (t) => {
    const smtp = await dialSmtp(t, tls ? server.submissions : server.submission, { tls })
    assert.match(await smtp.say(line), reply)
  })

test('what is sent behind STARTTLS in clear is not heard under TLS (RFC 3207 §4.2)', async (t) => {
  const smtp = await dialSmtp(t, server.submission)
  smtp.send(`STARTTLS\r\nEHLO injected.example\r\nAUTH PLAIN ${plain(sender)}\r\n`)
  assert.match(await smtp.next(), /^220/)
  await smtp.startTls()
  assert.match(await smtp.say('NOOP'), /^250/, 'the next reply is to what was said under TLS')
  await smtp.say('EHLO peer.example')
  assert.match(await smtp.say(`MAIL FROM:<${sender.address}>`), /^530/)
})

test('AUTH that is pipelined before TLS is refused, and signs nobody in', async (t) => {
  const smtp = await dialSmtp(t, server.submission)
  smtp.send(`AUTH PLAIN ${plain(sender)}\r\nMAIL FROM:<${sender.address}>\r\n`)
  assert.match(await smtp.next(), /^538/)
  assert.match(await smtp.next(), /^530/)
})

const foreign = (address: string): [string[], string] => [envelope(), letter(address)]
const refused: [name: string, lines: string[], content: string | undefined, reply: RegExp][] = [
  ["somebody else's address here as sender", envelope(other.address), undefined, /^550 5\.7\.1/],
  ['an address elsewhere as sender', envelope('anna@example.org'), undefined, /^550 5\.7\.1/],
  [
    'a homograph of the own domain as sender',
    envelope(sender.address.replace('zegel', 'zegеl')),
    undefined,
    /^550 5\.7\.1/,
  ],
  ['a recipient here that nobody is', envelope(sender.address, 'nobody@zegel.test'), undefined, /^550 5\.1\.1/],
  ['a recipient that is a machine', envelope(sender.address, 'bea@[192.0.2.1]'), undefined, /^501 5\.1\.3/],
  [
    'a percent-hack to a recipient here',
    envelope(sender.address, 'bea%example.org@zegel.test'),
    undefined,
    /^550 5\.1\.1/,
  ],
  ['a recipient without a domain', envelope(sender.address, 'bea'), undefined, /^501/],
  ['a parameter that nothing here acts on', [`MAIL FROM:<${sender.address}> MAGIC=60`], undefined, /^555 5\.5\.4/],
  ['a hold of 366 days', [`MAIL FROM:<${sender.address}> HOLDFOR=${366 * 86_400}`], undefined, /^501 5\.5\.4/],
  ['a hold until no time', [`MAIL FROM:<${sender.address}> HOLDUNTIL=tomorrow`], undefined, /^501 5\.5\.4/],
  ['a size announced above the limit', [`MAIL FROM:<${sender.address}> SIZE=1000001`], undefined, /^552/],
  [
    'NOTIFY that contradicts itself',
    [`MAIL FROM:<${sender.address}>`, 'RCPT TO:<b@example.org> NOTIFY=NEVER,DELAY'],
    undefined,
    /^501/,
  ],
  ['a command hidden in ENVID', [`MAIL FROM:<${sender.address}> ENVID=a+0D+0ARSET`], undefined, /^501/],
  ['From somebody else here', ...foreign(other.address), /^550 5\.7\.1 The From field/],
  ['From oneself and somebody else', ...foreign(`${sender.address}, ${other.address}`), /^550 5\.7\.1 The From field/],
  ['From with a homograph', ...foreign(sender.address.replace('person', 'pеrson')), /^550 5\.7\.1 The From field/],
  ['From twice', envelope(), letter(sender.address, `From: ${other.address}`), /^554 5\.6\.0/],
  ['From hidden behind white space', envelope(), letter(sender.address, `From : ${other.address}`), /^554 5\.6\.0/],
  [
    'somebody else as Sender',
    envelope(),
    letter(sender.address, `Sender: ${other.address}`),
    /^550 5\.7\.1 The Sender field/,
  ],
  ['no From at all', envelope(), 'Subject: x\r\n\r\nText\r\n', /^554 5\.6\.0 The From field/],
  ['a NUL in the body', envelope(), `${letter()}\0\r\n`, /^554 5\.6\.0/],
  ['a bare LF in the body', envelope(), `${letter()}a\nb\r\n`, /^554 5\.6\.0/],
  ['a line too long to be sent', envelope(), `${letter()}${'x'.repeat(2000)}\r\n`, /^554 5\.6\.0/],
  ['a message above the limit', envelope(), `${letter()}${`${'x'.repeat(70)}\r\n`.repeat(16_000)}`, /^552 5\.3\.4/],
]
for (const [name, lines, content, reply] of refused)
  test(`refused, and nothing is queued: ${name}`, async (t) => {
    const before = (await queuedLetters(server.storage, sender.id)).length
    const smtp = await signedIn(t)
    assert.match(await send(smtp, lines, content), reply)
    assert.match(await smtp.say('RSET'), /^250/, 'the connection goes on')
    assert.equal((await queuedLetters(server.storage, sender.id)).length, before)
  })

test('of 10,000 recipients none gets the letter, and the dialogue stays short', async (t) => {
  const smtp = await signedIn(t)
  assert.match(await smtp.say(`MAIL FROM:<${sender.address}>`), /^250/)
  smtp.send(Array.from({ length: 10_000 }, (_, i) => `RCPT TO:<p${i}@example.org>\r\n`).join(''))
  for (let i = 0; i < 10_000; i++) assert.match(await smtp.next(), i < 5 ? /^250/ : /^552 5\.5\.3/)
  assert.match(await smtp.say('DATA'), /^503/)
  assert.match(await send(smtp, ['RSET', ...envelope()], letter()), /^250/, 'the next letter is taken')
})

test('a suspended account signs in and sends nothing', async (t) => {
  const person = await server.createAccount()
  const smtp = await signedIn(t, person)
  await server.storage.database.sql`update account set state = 'suspended' where account_id = ${person.id}`
  assert.match(await smtp.say(`MAIL FROM:<${person.address}>`), /^550 5\.7\.1 This account may not send/)
})

/** Runs swaks, a program that people test submission with. Gives its exit code and what was said. */
function swaks(...args: string[]): Promise<{ code: number; said: string }> {
  const common = [
    '--from',
    sender.address,
    '--to',
    'bea@example.org',
    '--header',
    'Subject: by swaks',
    '--h-From',
    sender.address,
  ]
  return new Promise((resolve) => {
    execFile('swaks', [...common, ...args], { timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, said: stdout + stderr }),
    )
  })
}

const at = ({ host, port }: { host: string; port: number }): string[] => ['--server', host, '--port', String(port)]
const auth = ['--auth', 'PLAIN', '--auth-user', sender.address, '--auth-password', sender.password]
/** As one argument, of which Linux takes 128 KiB. */
const crowd = Array.from({ length: 10_000 }, (_, i) => `p${i}@a.test`).join()
const AUTH_FAILED = 28
const TLS_OR_AUTH_MISSING = [28, 29]

const runs: [name: string, args: string[], codes: number[], said: RegExp][] = [
  ['STARTTLS', [...at(server.submission), '--tls', ...auth], [0], /250 2\.0\.0 Queued as \d+/],
  ['TLS from the first byte', [...at(server.submissions), '--tlsc', ...auth], [0], /250 2\.0\.0 Queued as \d+/],
  ['AUTH LOGIN', [...at(server.submissions), '--tlsc', ...auth, '--auth', 'LOGIN'], [0], /250 2\.0\.0 Queued as \d+/],
  [
    'a wrong password',
    [...at(server.submissions), '--tlsc', ...auth, '--auth-password', 'wrong'],
    [AUTH_FAILED],
    /535 5\.7\.8/,
  ],
  ['no TLS', [...at(server.submission), ...auth], TLS_OR_AUTH_MISSING, /Host did not advertise authentication/],
  ['a foreign sender', [...at(server.submissions), '--tlsc', ...auth, '--from', other.address], [23], /550 5\.7\.1/],
  [
    'a recipient here that nobody is',
    [...at(server.submissions), '--tlsc', ...auth, '--to', 'nobody@zegel.test'],
    [24],
    /550 5\.1\.1 There is no such mailbox here/,
  ],
  [
    '10,000 recipients',
    [...at(server.submissions), '--tlsc', ...auth, '--pipeline', '--to', crowd],
    [24, 25],
    /552 5\.5\.3/,
  ],
  ['no sign-in', [...at(server.submissions), '--tlsc'], [23], /530 5\.7\.0/],
]
for (const [name, args, codes, said] of runs)
  test(`swaks: ${name}`, async () => {
    const run = await swaks(...args)
    assert.match(run.said, said)
    assert.ok(codes.includes(run.code), `exit code ${run.code}`)
  })
