import { after, test } from 'node:test'
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readSummary } from '#mail'
import { findFolderByRole, pageOfFolder, readItems } from '#items'
import { startServer } from '#test/server'
import { dialSmtp, type DialOptions } from '#test/smtp'

const server = await startServer({ after }, { smtp: { maxMessageMegabytes: 1, maxRecipients: 3 } }, ['smtp'])
const dial = (t: { after(undo: () => void): void }, options?: DialOptions) => dialSmtp(t, server.smtp, options)

/** What stands in an account's inbox, newest first. */
async function inbox(accountId: number) {
  const account = await server.storage.openAccount(accountId)
  const folderId = (await findFolderByRole(account, 'mail', 'inbox')) as number
  const ids = await pageOfFolder(account, { folderId, collapseThreads: false, offset: 0, limit: 100 })
  const items = await readItems(account, 'mail', ids)
  return Promise.all(
    items.map(async (item) => {
      const summary = readSummary(item.summary)
      return {
        item,
        summary,
        content: (await account.blobs.read(account.sql, account.id, summary.blob)).toString('latin1'),
      }
    }),
  )
}

const letter = (subject = 'Hello', body = 'Text.') =>
  `From: Mareike <mareike@example.org>\r\nSubject: ${subject}\r\nMessage-ID: <${randomBytes(6).toString('hex')}@example.org>\r\n\r\n${body}\r\n`

test('EHLO announces what is kept, and nothing else (RFC 5321 §4.1.1.1)', async (t) => {
  const smtp = await dial(t, { greet: false })
  assert.match(smtp.banner, /^220 zegel\.test ESMTP/)
  const features = (await smtp.say('EHLO peer.example'))
    .split('\n')
    .slice(1)
    .map((line) => line.slice(4))
  assert.deepEqual(features.sort(), [
    '8BITMIME',
    'ENHANCEDSTATUSCODES',
    'PIPELINING',
    'SIZE 1000000',
    'SMTPUTF8',
    'STARTTLS',
  ])
})

test('a letter is in the inbox, whole and with its trace, the moment 250 is said', async (t) => {
  const { id, address } = await server.createAccount()
  const smtp = await dial(t)
  assert.match(await smtp.say('MAIL FROM:<mareike@example.org>'), /^250 2\.1\.0/)
  assert.match(await smtp.say(`RCPT TO:<${address}>`), /^250 2\.1\.5/)
  assert.match(await smtp.say('DATA'), /^354/)
  const content = letter('Probenplan', '..dots stay\r\n.\r\n'.replace('\r\n.\r\n', '\r\n..\r\n'))
  assert.match(await smtp.say(`${content}.`), /^250 2\.6\.0/)
  const [mail] = await inbox(id)
  assert.equal(mail?.summary.subject, 'Probenplan')
  assert.equal(mail?.summary.deliveredTo, address)
  assert.match(
    mail?.content ?? '',
    new RegExp(
      `^Return-Path: <mareike@example.org>\r\nAuthentication-Results: zegel.test;\r\n\tdkim=none .*\r\n\tspf=\\w+ (?:.*\r\n\t)+iprev=\\w+ policy.iprev=127.0.0.1\r\nReceived: from peer.example \\(\\[127.0.0.1\\]\\)\r\n\tby zegel.test with ESMTP id \\w+\r\n\tfor <${address}>;\r\n`,
    ),
  )
  assert.ok(mail?.content.endsWith('\r\n\r\n.dots stay\r\n.\r\n\r\n'), 'dots are unstuffed')
})

test('a pipelined transaction over STARTTLS is ESMTPS in the trace (RFC 3207, RFC 2920)', async (t) => {
  const { id, address } = await server.createAccount()
  const smtp = await dial(t)
  assert.match(await smtp.say('STARTTLS'), /^220/)
  await smtp.startTls()
  assert.ok(!(await smtp.say('EHLO peer.example')).includes('STARTTLS'))
  smtp.send(`MAIL FROM:<> BODY=8BITMIME\r\nRCPT TO:<${address}>\r\nDATA\r\n`)
  for (const code of ['250', '250', '354']) assert.ok((await smtp.next()).startsWith(code))
  assert.match(await smtp.say(`${letter('Grüße')}.`), /^250/)
  const [mail] = await inbox(id)
  assert.equal(mail?.summary.subject, 'Grüße')
  assert.match(mail?.content ?? '', /^Return-Path: <>\r\n.*with ESMTPS id/s)
})

test('what was said in clear before STARTTLS does not count after it (RFC 3207 §4.2)', async (t) => {
  const smtp = await dial(t)
  await smtp.say('MAIL FROM:<mareike@example.org>')
  smtp.send('STARTTLS\r\nMAIL FROM:<injected@example.org>\r\n')
  assert.match(await smtp.next(), /^220/)
  await smtp.startTls()
  await smtp.say('EHLO peer.example')
  const { address } = await server.createAccount()
  assert.match(await smtp.say(`RCPT TO:<${address}>`), /^503/)
})

test('REQUIRETLS is offered and taken under TLS alone (RFC 8689 §4.1)', async (t) => {
  const smtp = await dial(t)
  assert.match(await smtp.say('MAIL FROM:<mareike@example.org> REQUIRETLS'), /^530/)
  await smtp.say('STARTTLS')
  await smtp.startTls()
  assert.match(await smtp.say('EHLO peer.example'), /^250[ -]REQUIRETLS$/m)
  const { id, address } = await server.createAccount()
  assert.match(await smtp.say('MAIL FROM:<mareike@example.org> REQUIRETLS'), /^250/)
  assert.match(await smtp.say(`RCPT TO:<${address}>`), /^250/)
  await smtp.say('DATA')
  assert.match(await smtp.say(`${letter()}.`), /^250/)
  assert.equal((await inbox(id)).length, 1)
})

test('one letter to several accounts, and to one account twice by a detail address, comes once to each', async (t) => {
  const [a, b] = [await server.createAccount(), await server.createAccount()]
  const smtp = await dial(t)
  await smtp.say('MAIL FROM:<mareike@example.org>')
  for (const address of [a.address, b.address, a.address.replace('@', '+choir@')])
    assert.match(await smtp.say(`RCPT TO:<${address}>`), /^250/)
  assert.match(await smtp.say(`RCPT TO:<${b.address.replace('@', '+x@')}>`), /^452 4\.5\.3/, 'too many recipients')
  await smtp.say('DATA')
  assert.match(await smtp.say(`${letter('To two')}.`), /^250/)
  assert.equal((await inbox(a.id)).length, 1)
  const [mail] = await inbox(b.id)
  assert.ok(!mail?.content.slice(0, 400).includes(a.address), 'nobody learns of the other recipients')
})

const refused: [name: string, commands: string[], reply: RegExp][] = [
  ['an unknown recipient', ['MAIL FROM:<a@example.org>', 'RCPT TO:<nobody@zegel.test>'], /^550 5\.1\.1/],
  ['a domain that is not ours: no relaying', ['MAIL FROM:<a@example.org>', 'RCPT TO:<someone@example.net>'], /^550 /],
  ['a recipient without a domain', ['MAIL FROM:<a@example.org>', 'RCPT TO:<someone>'], /^501 /],
  ['a source route', ['MAIL FROM:<a@example.org>', 'RCPT TO:<@evil.example:someone@zegel.test>'], /^5\d\d /],
  ['a percent-hack relay', ['MAIL FROM:<a@example.org>', 'RCPT TO:<someone%example.net@zegel.test>'], /^550 /],
  ['a sender that is no address', ['MAIL FROM:<a b@@>'], /^5\d\d /],
  ['RCPT before MAIL', ['RCPT TO:<a@zegel.test>'], /^503 /],
  ['DATA without recipients', ['MAIL FROM:<a@example.org>', 'DATA'], /^503 /],
  ['a size announced above the limit (RFC 1870)', ['MAIL FROM:<a@example.org> SIZE=1000001'], /^552 5\.3\.4/],
  ['BODY=BINARYMIME without CHUNKING', ['MAIL FROM:<a@example.org> BODY=BINARYMIME'], /^501 /],
  ['AUTH where nobody signs in', ['AUTH PLAIN AGEAYg=='], /^50\d /],
  ['an unknown command', ['FROBNICATE'], /^500 /],
  ['a NUL in a command', ['MAIL FROM:<a\0@example.org>'], /^5\d\d /],
]
for (const [name, commands, reply] of refused)
  test(`refused: ${name}`, async (t) => {
    const smtp = await dial(t)
    let last = ''
    for (const command of commands) last = await smtp.say(command)
    assert.match(last, reply)
    assert.match(await smtp.say('NOOP'), /^250/, 'the connection goes on')
  })

/** Ways to end DATA that some server takes for an end and another does not (SMTP smuggling). */
const smuggled = ['\n.\n', '\n.\r\n', '\r.\r', '\r\n.\n', '\r\n.\r', '\r.\r\n', '\n\n.\r\n']
for (const end of smuggled)
  test(`a second letter behind ${JSON.stringify(end)} is not smuggled in`, async (t) => {
    const { id, address } = await server.createAccount()
    const smtp = await dial(t)
    await smtp.say('MAIL FROM:<a@example.org>')
    await smtp.say(`RCPT TO:<${address}>`)
    await smtp.say('DATA')
    smtp.send(
      `${letter('first')}${end}MAIL FROM:<admin@zegel.test>\r\nRCPT TO:<${address}>\r\nDATA\r\n${letter('smuggled')}\r\n.\r\n`,
    )
    await smtp.next()
    await smtp.say('NOOP')
    assert.ok((await inbox(id)).every(({ summary }) => summary.subject !== 'smuggled'))
  })

test('a message above the limit is refused after its end, and the next one is taken', async (t) => {
  const { id, address } = await server.createAccount()
  const smtp = await dial(t)
  for (const [body, reply] of [
    ['x'.repeat(70).concat('\r\n').repeat(16_000), /^552 5\.3\.4/],
    ['short', /^250/],
  ] as const) {
    await smtp.say('MAIL FROM:<a@example.org>')
    await smtp.say(`RCPT TO:<${address}>`)
    await smtp.say('DATA')
    assert.match(await smtp.say(`${letter('size', body)}.`), reply)
  }
  assert.equal((await inbox(id)).length, 1)
})

test('a connection cut in the middle of DATA leaves nothing', async (t) => {
  const { id, address } = await server.createAccount()
  const smtp = await dial(t)
  await smtp.say('MAIL FROM:<a@example.org>')
  await smtp.say(`RCPT TO:<${address}>`)
  await smtp.say('DATA')
  smtp.send(letter('cut').slice(0, -2))
  const other = await dial(t)
  await other.say('QUIT')
  assert.deepEqual(await inbox(id), [])
})
