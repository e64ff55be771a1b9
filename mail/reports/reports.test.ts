import assert from 'node:assert/strict'
import { after, before, test, type TestContext } from 'node:test'
import { createDomain, findAddressee } from '#accounts'
import { createStandardMailboxes } from '#mail'
import { now } from '#system'
import { addPerson, type Person } from '#test/people'
import { startServer } from '#test/server'
import { dialSmtp } from '#test/smtp'
import { countReports, listReports } from './index.ts'

const server = await startServer({ after }, {}, ['smtp'])
const { storage } = server

let operator: Person
before(async () => {
  operator = await addPerson(storage, { name: 'runs-it', isOperator: true }, createStandardMailboxes)
  await addPerson(storage, { name: 'later', isOperator: true }, createStandardMailboxes)
})

let count = 0
const complaint = (
  from: string,
  messageId = `${++count}@zegel.test`,
  rcpt = 'bea@example.org',
  type = 'abuse',
): string =>
  [
    'From: abusedesk@example.com',
    'To: abuse@zegel.test',
    `Message-ID: <report-${++count}@example.com>`,
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=feedback-report; boundary=b',
    '',
    '--b',
    'Content-Type: text/plain',
    '',
    'This is an abuse report.',
    '--b',
    'Content-Type: message/feedback-report',
    '',
    `Feedback-Type: ${type}`,
    'User-Agent: SomeGenerator/1.0',
    'Version: 1',
    `Original-Rcpt-To: <${rcpt}>`,
    '',
    '--b',
    'Content-Type: message/rfc822',
    '',
    `From: ${from}`,
    `Message-ID: <${messageId}>`,
    'Subject: Tulips',
    '',
    'Buy tulips.',
    '--b--',
    '',
  ].join('\r\n')

/** Brings a letter by SMTP; gives the last reply. */
async function bring(t: TestContext, to: string, content: string): Promise<string> {
  const smtp = await dialSmtp(t, server.smtp)
  assert.match(await smtp.say('MAIL FROM:<abusedesk@example.com>'), /^250/)
  const reply = await smtp.say(`RCPT TO:<${to}>`)
  if (!reply.startsWith('250')) return reply
  assert.match(await smtp.say('DATA'), /^354/)
  return smtp.say(`${content}.`)
}

const reportsOf = async ({ id }: Person) => (await listReports(storage)).filter(({ accountId }) => accountId === id)

test('abuse@ and postmaster@ of a served domain reach whoever runs the service (RFC 2142, RFC 5321 §4.5.1)', async (t) => {
  for (const address of ['abuse@zegel.test', 'POSTMASTER@ZEGEL.TEST', 'abuse+x@zegel.test'])
    assert.equal(await findAddressee(storage, address), operator.id, address)
  for (const address of ['abuse@example.org', 'hostmaster@zegel.test', 'abusex@zegel.test', 'abuse@sub.zegel.test'])
    assert.equal(await findAddressee(storage, address), undefined, address)
  // The one address that needs no domain.
  assert.match(await bring(t, 'Postmaster', 'From: a@example.org\r\nSubject: x\r\n\r\nText\r\n'), /^250/)
  assert.match(await bring(t, 'postmaster@zegel.test', 'From: a@example.org\r\nSubject: x\r\n\r\nText\r\n'), /^250/)
})

test('where somebody has such an address, it is theirs', async () => {
  await createDomain(storage, 'own.test')
  const { id } = await addPerson(storage, { address: 'abuse@own.test' })
  assert.equal(await findAddressee(storage, 'abuse@own.test'), id)
  assert.equal(await findAddressee(storage, 'postmaster@own.test'), operator.id)
})

test('a complaint to abuse@ counts for the account that sent the letter, once, and the operator sees whose it is', async (t) => {
  const sender = await server.createAccount()
  for (const [messageId, rcpt] of [
    ['a@zegel.test', 'bea@example.org'],
    ['a@zegel.test', 'BEA@example.org'],
    ['a@zegel.test', 'carl@example.org'],
    ['b@zegel.test', 'bea@example.org'],
  ] as const)
    assert.match(await bring(t, 'abuse@zegel.test', complaint(`Anna <${sender.address}>`, messageId, rcpt)), /^250/)
  const [entry, ...others] = await reportsOf(sender)
  assert.deepEqual([entry?.type, entry?.address, entry?.count, others], ['abuse', sender.address, 3, []])
  assert.equal(await countReports(await storage.openAccount(sender.id), new Date(+now() - 60_000)), 3)
})

test('of a letter that nobody here sent, the operator sees from whom it was', async (t) => {
  await bring(t, 'abuse@zegel.test', complaint('stranger@example.net', undefined, undefined, 'fraud'))
  const found = (await listReports(storage)).find(({ type }) => type === 'fraud')
  assert.deepEqual([found?.accountId, found?.address, found?.count], [null, 'stranger@example.net', 1])
})

test('what comes to somebody else is a letter like any other', async (t) => {
  const [sender, reader] = [await server.createAccount(), await server.createAccount()]
  assert.match(await bring(t, reader.address, complaint(sender.address)), /^250/)
  assert.deepEqual(await reportsOf(sender), [])
})

test('nobody fills the table with complaints about one account', async (t) => {
  const sender = await server.createAccount()
  await storage.database.sql`
    insert into feedback_report (account_id, report_key, sealed, at)
    select ${sender.id}, decode(lpad(to_hex(n), 8, '0'), 'hex'), '', now() - interval '31 days' from generate_series(1, 200) as n`
  assert.match(await bring(t, 'abuse@zegel.test', complaint(sender.address)), /^250/)
  const { rowCount } = await storage.database.sql`select from feedback_report where account_id = ${sender.id}`
  assert.equal(rowCount, 200)
  await storage.database.sql`delete from feedback_report where account_id = ${sender.id}`
})

test('neither whose letter it was nor from whom can be read in the table', async (t) => {
  const sender = await server.createAccount()
  await bring(t, 'abuse@zegel.test', complaint(sender.address))
  const { rows } = await storage.database.sql<{ text: string }>`
    select encode(report_key, 'escape') || encode(sealed, 'escape') as text from feedback_report`
  for (const { text } of rows) assert.doesNotMatch(text, /zegel|person-|abuse|sender/)
})
