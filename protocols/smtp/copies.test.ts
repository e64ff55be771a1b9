/** What mail programs send by SMTP, as it stands in Sent and among what waits. */
import assert from 'node:assert/strict'
import { after, test, type TestContext } from 'node:test'
import { writeSettings } from '#accounts'
import { clockAtNoon } from '#test/clock'
import { signedInImap, type ImapDialogue } from '#test/imap'
import { openMailReader, type MailReader } from '#test/letters'
import { queuedLetters } from '#test/queue'
import { startServer } from '#test/server'
import { dialSmtp } from '#test/smtp'
import type { Person } from '#test/people'

type Json = Record<string, unknown>

const server = await startServer({ after }, {}, ['smtp', 'imap', 'http'])

interface Writer {
  person: Person
  reader: MailReader
  /** Sends by SMTP. @returns the reply to the content */
  send(content: string, choice?: { parameters?: string; to?: string[]; mailFrom?: string }): Promise<string>
  /** What is in a mailbox, the newest first. */
  inMailbox(role: string): Promise<Json[]>
  submissions(): Promise<Json[]>
}

async function openWriter(t: TestContext, copySent: boolean): Promise<Writer> {
  const reader = await openMailReader(server)
  const { person } = reader
  if (copySent) await writeSettings(reader.account, { copySent })
  const list = async (name: string, args: Json = {}): Promise<Json[]> =>
    (await reader.call(name, args))['list'] as Json[]
  return {
    person,
    reader,
    async send(content, { parameters = '', to = ['bea@example.org'], mailFrom = person.address } = {}) {
      const smtp = await dialSmtp(t, server.submissions, { tls: true })
      await smtp.say(`AUTH PLAIN ${Buffer.from(`\0${person.address}\0${person.password}`).toString('base64')}`)
      assert.match(await smtp.say(`MAIL FROM:<${mailFrom}> ${parameters}`), /^250/)
      for (const address of to) assert.match(await smtp.say(`RCPT TO:<${address}>`), /^250/)
      await smtp.say('DATA')
      return smtp.say(`${content}.`)
    },
    async inMailbox(role) {
      const { ids } = await reader.call('Email/query', { filter: { inMailbox: await reader.mailbox(role) } })
      const properties = ['id', 'subject', 'messageId', 'keywords', 'sentAt', 'to', 'bcc', 'header:X-Mailer:asText']
      return list('Email/get', { ids, properties })
    },
    submissions: () => list('EmailSubmission/get'),
  }
}

const letterOf = ({ address }: Person, messageId: string | undefined, ...fields: string[]): string =>
  [
    `From: ${address}`,
    'To: Bea <bea@example.org>',
    'Subject: Tulips',
    ...(messageId === undefined ? [] : [`Message-ID: <${messageId}>`]),
    ...fields,
    '',
    'Red ones.',
    '',
  ].join('\r\n')

const append = (imap: ImapDialogue, mailbox: string, content: string): Promise<string[]> =>
  imap.ok(`APPEND ${mailbox} (\\Seen \\Flagged) {${Buffer.byteLength(content)}+}\r\n${content}`)

test('nothing is kept in Sent unless its owner wishes so', async (t) => {
  const { person, send, inMailbox, submissions } = await openWriter(t, false)
  assert.match(await send(letterOf(person, '1@x.example')), /^250/)
  assert.deepEqual([await inMailbox('sent'), await submissions()], [[], []])
})

test('with the setting on, the copy has what the sender knows, and how it goes is told', async (t) => {
  const { person, send, inMailbox, submissions } = await openWriter(t, true)
  const to = ['bea@example.org', 'eva@example.org']
  assert.match(await send(letterOf(person, undefined, 'X-Mailer: Client 1.0'), { to }), /^250/)
  const [copy, ...others] = await inMailbox('sent')
  assert.ok(copy !== undefined && others.length === 0)
  assert.deepEqual(copy['keywords'], { $seen: true })
  assert.deepEqual(copy['bcc'], [{ name: null, email: 'eva@example.org' }], 'whom the header does not name')
  assert.equal(copy['header:X-Mailer:asText'], 'Client 1.0', 'it is the sender’s own')
  assert.ok(typeof copy['sentAt'] === 'string')
  const [left] = await queuedLetters(server.storage, person.id)
  assert.match(left?.content ?? '', new RegExp(`^Message-ID: <${(copy['messageId'] as string[])[0]}>\r$`, 'm'))
  assert.doesNotMatch(left?.content ?? '', /eva@|X-Mailer/)
  const [submission] = await submissions()
  assert.equal(submission?.['emailId'], copy['id'])
  assert.equal(submission?.['undoStatus'], 'pending')
  assert.deepEqual(Object.keys(submission?.['deliveryStatus'] as Json), to)
})

test('what a program sends by itself is not kept (RFC 8098 §3)', async (t) => {
  const { person, send, inMailbox } = await openWriter(t, true)
  assert.match(await send(letterOf(person, '1@x.example'), { mailFrom: '', parameters: 'HOLDFOR=60' }), /^250/)
  assert.deepEqual(await inMailbox('sent'), [])
})

test('a program that brings its own copy by IMAP has it, and ours makes room without a trace', async (t) => {
  const { person, reader, send, inMailbox, submissions } = await openWriter(t, true)
  assert.match(await send(letterOf(person, '1@x.example')), /^250/)
  const [ours] = await inMailbox('sent')
  const imap = await signedInImap(t, server, person)
  await append(imap, 'Drafts', letterOf(person, '1@x.example'))
  await append(imap, 'Sent', letterOf(person, 'other@x.example'))
  assert.equal((await inMailbox('sent')).length, 2, 'another letter, and another place, leave it alone')
  await append(imap, 'Sent', letterOf(person, '1@x.example', 'X-Mailer: Theirs'))
  const [theirs, ...others] = (await inMailbox('sent')).filter(({ messageId }) => String(messageId) === '1@x.example')
  assert.ok(theirs !== undefined && others.length === 0)
  assert.equal(theirs['header:X-Mailer:asText'], 'Theirs')
  assert.deepEqual(theirs['keywords'], { $seen: true, $flagged: true })
  assert.notEqual(theirs['id'], ours?.['id'])
  const [submission] = await submissions()
  assert.equal(submission?.['emailId'], theirs['id'], 'how it went is told of the copy that stays')
  const { rows } = await server.storage.database.sql`
    select from item where account_id = ${person.id} and deleted_at is not null and not is_replaced`
  assert.equal(rows.length, 0, 'nothing can be brought back that nobody has deleted')
  await append(imap, 'Sent', letterOf(person, '1@x.example'))
  assert.equal((await inMailbox('sent')).length, 3, 'a second one is the program’s affair')
  assert.ok(reader.accountId)
})

test('a program that brings its copy by JMAP has it likewise', async (t) => {
  const { person, reader, send, inMailbox } = await openWriter(t, true)
  assert.match(await send(letterOf(person, '1@x.example')), /^250/)
  const [ours] = await inMailbox('sent')
  const upload = await fetch(`${server.http}/jmap/upload/${reader.accountId}/`, {
    method: 'POST',
    headers: { ...reader.headers, 'content-type': 'message/rfc822' },
    body: letterOf(person, '1@x.example'),
  })
  const { blobId } = (await upload.json()) as { blobId: string }
  const mailboxIds = { [await reader.mailbox('sent')]: true }
  await reader.call('Email/import', { emails: { e: { blobId, mailboxIds } } })
  const [theirs, ...others] = await inMailbox('sent')
  assert.ok(theirs !== undefined && others.length === 0 && theirs['id'] !== ours?.['id'])
})

test('a program that brings its copy before it sends gets no second one', async (t) => {
  const { person, send, inMailbox, submissions } = await openWriter(t, true)
  const imap = await signedInImap(t, server, person)
  await append(imap, 'Sent', letterOf(person, '1@x.example'))
  assert.match(await send(letterOf(person, '1@x.example')), /^250/)
  const [theirs, ...others] = await inMailbox('sent')
  assert.ok(theirs !== undefined && others.length === 0)
  assert.equal((await submissions())[0]?.['emailId'], theirs['id'])
  await append(imap, 'Sent', letterOf(person, '1@x.example'))
  assert.equal((await inMailbox('sent')).length, 2, 'what a program has brought is never taken away')
})

test('the same letter sent twice is kept once, and a copy that comes hours later is a letter of its own', async (t) => {
  const pass = clockAtNoon(t)
  const { person, send, inMailbox, submissions } = await openWriter(t, true)
  for (let time = 0; time < 2; time++) assert.match(await send(letterOf(person, '1@x.example')), /^250/)
  assert.deepEqual([(await inMailbox('sent')).length, (await submissions()).length], [1, 2])
  pass(3700)
  const imap = await signedInImap(t, server, person)
  await append(imap, 'Sent', letterOf(person, '1@x.example'))
  assert.equal((await inMailbox('sent')).length, 2)
})

test('a letter that waits is seen and stopped in the app, whatever the setting says (RFC 4865)', async (t) => {
  const { person, reader, send, inMailbox } = await openWriter(t, false)
  assert.match(await send(letterOf(person, '1@x.example'), { parameters: 'HOLDFOR=3600' }), /^250/)
  const query = await reader.call('EmailSubmission/query', { filter: { undoStatus: 'pending' } })
  const [id = ''] = query['ids'] as string[]
  const [waiting] = (await reader.call('EmailSubmission/get', { ids: [id] }))['list'] as Json[]
  const [copy] = await inMailbox('sent')
  assert.deepEqual([waiting?.['emailId'], copy?.['subject']], [copy?.['id'], 'Tulips'])
  assert.ok(Date.parse(String(waiting?.['sendAt'])) > Date.now() + 3_500_000)
  assert.deepEqual(waiting?.['envelope'], {
    mailFrom: { email: person.address, parameters: { HOLDFOR: '3600' } },
    rcptTo: [{ email: 'bea@example.org', parameters: null }],
  })
  // The program’s own copy comes a moment later, and is the one that the app shows.
  const imap = await signedInImap(t, server, person)
  await append(imap, 'Sent', letterOf(person, '1@x.example'))
  const [theirs, ...others] = await inMailbox('sent')
  assert.ok(theirs !== undefined && others.length === 0)
  const { notUpdated } = await reader.call('EmailSubmission/set', { update: { [id]: { undoStatus: 'canceled' } } })
  assert.equal(notUpdated, null)
  assert.deepEqual(await queuedLetters(server.storage, person.id), [])
})

test('who has no Sent any more finds what waits in the inbox', async (t) => {
  const { person, reader, send, inMailbox } = await openWriter(t, false)
  const destroy = [await reader.mailbox('sent')]
  assert.deepEqual((await reader.call('Mailbox/set', { destroy }))['destroyed'], destroy)
  assert.match(await send(letterOf(person, '1@x.example'), { parameters: 'HOLDFOR=3600' }), /^250/)
  assert.equal((await inMailbox('inbox')).length, 1)
})
