import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  accountState,
  confirmPassword,
  findClosure,
  findSession,
  openSession,
  readSettings,
  signInClient,
  stopAccount,
  writeSettings,
} from '#accounts'
import { readRecords } from '#items'
import { listQueue, showOwnLetter, type ShownLetter } from '#mail/outbound'
import { checkSubmission, SUBMISSION, submitRecorded, type SubmissionRecord } from '#mail/submission'
import { now, nowMs, shiftClock } from '#system'
import { openTestInspection } from '#test/inspection'
import { dialImap } from '#test/imap'
import { killWhen, someoneWaits } from '#test/killed'
import { basicAuth } from '#test/jmap'
import { addAppPassword, addPerson, addRecovery, type Person } from '#test/people'
import { signedInSieve } from '#test/managesieve'
import { signedInPop3 } from '#test/pop3'
import { queuedLetters } from '#test/queue'
import { startServer } from '#test/server'
import { dialSmtp } from '#test/smtp'
import { close, remindClosed, reopen } from './index.ts'

const server = await startServer({ after }, {}, ['smtp', 'http', 'imap', 'pop3', 'managesieve'])
const { storage, config } = server
const { sql } = storage.database
const tools = { storage, config, ...openTestInspection({ after }, config) }
const DAY_SECONDS = 86_400

const closeOf = async ({ id }: Person, passwordSetAt?: Date, forwardDays?: number) =>
  close(storage, config, await storage.openAccount(id), { closedBy: 'owner', passwordSetAt, forwardDays })

/** The service's letters to a domain. */
async function lettersTo(domain: string): Promise<ShownLetter[]> {
  const own = (await listQueue(storage)).filter(({ destinations }) => destinations.includes(domain))
  return Promise.all(own.map(({ id }) => showOwnLetter(storage, id)))
}

async function subjectsTo(domain: string): Promise<string[]> {
  const shown = await lettersTo(domain)
  return shown.flatMap(({ fields }) => fields.filter(({ name }) => name === 'Subject').map(({ value }) => value))
}

test('whoever is signed in is out at the moment of closing, in every protocol', async (t) => {
  const person = await server.createAccount()
  const { secret } = await addAppPassword(storage, person)
  const imap = await dialImap(t, server.imaps, { tls: true })
  await imap.ok(`LOGIN ${person.address} ${secret}`)
  await imap.ok('SELECT INBOX')
  imap.send('idle IDLE\r\n')
  assert.match(await imap.next(), /^\+/)
  const pop3 = await signedInPop3(t, server, person)
  const sieve = await signedInSieve(t, server, person)
  const smtp = await dialSmtp(t, server.submissions, { tls: true })
  const plain = Buffer.from(`\0${person.address}\0${person.password}`).toString('base64')
  assert.match(await smtp.say(`AUTH PLAIN ${plain}`), /^235/)
  const headers = { authorization: basicAuth(person) }
  const events = await fetch(`${server.http}/jmap/eventsource/?types=*&closeafter=no&ping=0`, { headers })
  assert.equal(events.status, 200)
  const { token } = await openSession(storage, { accountId: person.id, kind: 'cookie' })

  await closeOf(person)
  for (let said = await imap.next(); said !== 'closed'; said = await imap.next()) assert.match(said, /^(BYE|\* BYE)/)
  assert.equal(await pop3.next(), 'closed')
  assert.match(await sieve.next(), /^BYE /)
  assert.equal(await sieve.next(), 'closed')
  assert.match(await smtp.say(`MAIL FROM:<${person.address}>`), /^421/, 'nothing more can be sent')
  await Array.fromAsync(events.body ?? [])
  assert.equal(await findSession(storage, token), undefined)

  await reopen(storage, config, person.id)
  assert.equal(await findSession(storage, token), undefined, 'a session does not come back')
  const come = { address: person.address, network: '192.0.2.0/24', scope: 'mail' } as const
  assert.ok(await signInClient(storage, { ...come, password: secret }), 'an app password does')
})

test('a letter that was to leave later stays, and its sender sees that after reopening', async () => {
  const person = await server.createAccount()
  const account = await storage.openAccount(person.id)
  const checkedAt = async (sendAt: Date) => {
    const content = Buffer.from(`From: ${person.address}\r\nTo: bea@example.org\r\n\r\nText\r\n`)
    const letter = { mailFrom: person.address, recipients: [{ address: 'bea@example.org' }], content, isRecorded: true }
    const checked = await checkSubmission(tools, account, { ...letter, sendAt })
    const submission = { identityId: 1, emailId: 1, threadId: 1, sendAt: sendAt.toISOString() }
    const envelope = { mailFrom: { email: person.address, parameters: null }, rcptTo: [] }
    return account.write((tx) => submitRecorded(tx, checked, { ...submission, envelope }))
  }
  const leaving = await checkedAt(now())
  const later = await checkedAt(new Date(nowMs() + 3_600_000))
  assert.equal((await queuedLetters(storage, person.id)).length, 2)
  await closeOf(person)
  assert.equal((await queuedLetters(storage, person.id)).length, 1, 'what was sent before is on its way')
  await reopen(storage, config, person.id)
  const records = await readRecords<SubmissionRecord>(account, SUBMISSION, [leaving.id, later.id])
  assert.deepEqual(records.map(({ value }) => value.undoStatus).toSorted(), ['canceled', 'pending'])
})

test('an account is closed once, by whoever is first, and told of once', async () => {
  const person = await server.createAccount()
  await addRecovery(storage, person, 'once@once.example')
  const both = await Promise.allSettled([closeOf(person), closeOf(person)])
  assert.deepEqual(both.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
  await assert.rejects(closeOf(person), { reason: 'notFound' })
  assert.deepEqual(await subjectsTo('once.example'), ['Your account is closed'])
  await assert.rejects(confirmPassword(storage, person.id, person.password), { reason: 'badCredentials' })
})

test('a password that was replaced meanwhile closes nothing, and reopens nothing', async () => {
  const person = await server.createAccount()
  const long = new Date(nowMs() - DAY_SECONDS * 1000)
  await assert.rejects(closeOf(person, long), { reason: 'badCredentials' })
  assert.equal(await accountState(sql, person.id), 'open')
  await closeOf(person)
  await assert.rejects(reopen(storage, config, person.id, { passwordSetAt: long }), { reason: 'badCredentials' })
  assert.equal(await accountState(sql, person.id), 'closed')
})

test('the last operator cannot close, and of two that try at once one stays', async () => {
  const [first, second] = await Promise.all([
    addPerson(storage, { isOperator: true }),
    addPerson(storage, { isOperator: true }),
  ])
  const both = await Promise.allSettled([closeOf(first), closeOf(second)])
  assert.deepEqual(both.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
  const [{ reason }] = both.filter((one) => one.status === 'rejected') as [PromiseRejectedResult]
  assert.deepEqual([reason.reason, reason.fields], ['forbidden', ['lastOperator']])
})

test('a suspended account is reopened as a suspended one', async () => {
  const person = await server.createAccount()
  await stopAccount(storage, person.id, ['burst'], async () => undefined)
  await closeOf(person)
  await reopen(storage, config, person.id)
  assert.equal(await accountState(sql, person.id), 'suspended')
})

test('nothing is written into a closed account, not even what was begun before', async (t) => {
  const person = await server.createAccount()
  const account = await storage.openAccount(person.id)
  const smtp = await dialSmtp(t, server.smtp)
  await smtp.say('MAIL FROM:<a@peer.example>')
  assert.match(await smtp.say(`RCPT TO:<${person.address}>`), /^250/)
  await closeOf(person)
  await smtp.say('DATA')
  assert.match(
    await smtp.say('From: <a@peer.example>\r\n\r\nx\r\n.'),
    /^451/,
    'the other server comes again, and hears 550',
  )
  await assert.rejects(writeSettings(account, { theme: 'dark' }), { reason: 'notFound' })
})

test('of reminders that were missed only the last is sent, in the language of the account', async (t) => {
  t.after(() => shiftClock(0))
  const person = await addPerson(storage, { language: 'fr' })
  await addRecovery(storage, person, 'late@late.example')
  await closeOf(person)
  shiftClock(360 * DAY_SECONDS)
  await Promise.all([remindClosed(storage, config), remindClosed(storage, config)])
  assert.deepEqual((await subjectsTo('late.example')).toSorted(), [
    'Votre compte est fermé',
    'Votre compte fermé ne pourra bientôt plus être rouvert',
  ])
})

test('the letters say until when mail goes on, and from then on that it goes back', async (t) => {
  t.after(() => shiftClock(0))
  const person = await server.createAccount()
  await addRecovery(storage, person, 'on@onward.example')
  await closeOf(person, undefined, 90)
  // Their day, which in the evening is another one than that of UTC.
  const { timeZone } = await readSettings(await storage.openAccount(person.id))
  const until = new Intl.DateTimeFormat('en', { dateStyle: 'long', timeZone })
  const { forwardUntil } = (await findClosure(sql, person.id)) ?? {}
  assert.ok(forwardUntil)
  assert.match(
    (await lettersTo('onward.example'))[0]?.text ?? '',
    new RegExp(`Until ${until.format(forwardUntil)} letters to it go on to this address\\.`),
  )
  shiftClock(340 * DAY_SECONDS)
  await remindClosed(storage, config)
  const [, reminder] = await lettersTo('onward.example')
  assert.match(reminder?.text ?? '', /Letters to it go back to their senders\./)
})

test('an account without an address outside is closed and reminded of nothing', async (t) => {
  t.after(() => shiftClock(0))
  const person = await server.createAccount()
  await closeOf(person)
  const before = (await listQueue(storage)).length
  shiftClock(340 * DAY_SECONDS)
  assert.ok((await remindClosed(storage, config)) >= 1)
  assert.equal((await listQueue(storage)).length, before)
})

test('an open account is not reopened, nor one whose time is over', async (t) => {
  t.after(() => shiftClock(0))
  const person = await server.createAccount()
  await assert.rejects(reopen(storage, config, person.id), { reason: 'notFound' })
  await closeOf(person)
  shiftClock(366 * DAY_SECONDS)
  await assert.rejects(reopen(storage, config, person.id), { reason: 'expired' })
})

test('settings that change later move none of the days that were told', async (t) => {
  t.after(() => shiftClock(0))
  const person = await server.createAccount()
  const { reopenUntil } = await closeOf(person)
  assert.equal(Math.round((reopenUntil.getTime() - nowMs()) / 86_400_000), 365)
  const { rows } = await sql<{ reopen_until: Date }>`select reopen_until from closure where account_id = ${person.id}`
  assert.deepEqual(rows[0]?.reopen_until, reopenUntil)
})

test('a closing that is killed in its last step has closed nothing and told nobody; the next closes it, and tells once', async () => {
  const person = await server.createAccount()
  const domain = 'killed-closing.example'
  await addRecovery(storage, person, `${person.id}@${domain}`)
  const { token } = await openSession(storage, { accountId: person.id, kind: 'cookie' })
  const letters = async (): Promise<number> => (await subjectsTo(domain)).length
  const before = await letters()
  await storage.database.transaction(async (held) => {
    // Sessions are the last that it touches.
    await held`select from session where account_id = ${person.id} for update`
    await killWhen(
      `
      import { close } from './trust/closing/index.ts'
      await close(storage, config, await storage.openAccount(${person.id}), { closedBy: 'owner' })`,
      () => someoneWaits(storage),
    )
  })
  assert.equal(await accountState(sql, person.id), 'open')
  assert.equal((await sql`select from closure where account_id = ${person.id}`).rowCount, 0)
  assert.ok(await findSession(storage, token))
  assert.equal(await letters(), before)
  await closeOf(person)
  assert.equal(await accountState(sql, person.id), 'closed')
  assert.equal(await findSession(storage, token), undefined)
  assert.equal(await letters(), before + 1)
})
