/** Mail for a closed account whose owner has had it forwarded: from the wire to the address outside. */
import assert from 'node:assert/strict'
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { after, test, type TestContext } from 'node:test'
import { dkimSign, type DKIMSignOptions } from 'mailauth'
import { endForwarding } from '#accounts'
import { addRecord } from '#items'
import { authenticate, openLookUp } from '#mail/authentication'
import { BLOCKED } from '#mail/senders'
import { nowMs, shiftClock } from '#system'
import { close, reopen } from '#trust/closing'
import { readJournal, type RecordedEntry } from '#trust/journal'
import { verifyChainsElsewhere } from '#test/dkim-verifier'
import { startNameServer } from '#test/name-server'
import { addRecovery, type Person } from '#test/people'
import { queueIsEmpty } from '#test/queue'
import { startServer } from '#test/server'
import { addSigningDomain } from '#test/signing-domain'
import { reply, startSink } from '#test/sink'
import { dialSmtp, type Dialogue } from '#test/smtp'
import { until } from '#test/until'

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const names = await startNameServer(
  { after },
  {
    'good.example': { TXT: ['v=spf1 ip4:127.0.0.1 -all'] },
    'k._domainkey.good.example': {
      TXT: [`v=DKIM1; k=rsa; p=${publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}`],
    },
    'strict.example': { TXT: ['v=spf1 -all'] },
    '_dmarc.strict.example': { TXT: ['v=DMARC1; p=reject'] },
  },
)
const sink = await startSink({ after })
const overrides = { routes: { 'outside.example': `127.0.0.1:${sink.port}` }, dns: { servers: [names.address] } }
const server = await startServer({ after }, overrides, ['smtp', 'http', 'queue'])
const { storage, config } = server
const { sql } = storage.database
const DAY_SECONDS = 86_400

// The domain that is written to signs.
await addSigningDomain(storage, config, names, 'zegel.test')

let number = 0

interface Choice {
  /** Null: refused. */
  forwardDays?: number | null
  outside?: string
  /** What its owner does before. */
  before?: (person: Person) => Promise<unknown>
}

/** Somebody whose account is closed, and where their mail goes. */
async function closed({ forwardDays = 30, outside = `outside-${++number}@outside.example`, before }: Choice = {}) {
  const person = await server.createAccount()
  await addRecovery(storage, person, outside)
  await before?.(person)
  await closeAgain(person, forwardDays ?? undefined)
  return { ...person, outside }
}

const closeAgain = async ({ id }: Pick<Person, 'id'>, forwardDays?: number): Promise<unknown> =>
  close(storage, config, await storage.openAccount(id), { closedBy: 'owner', forwardDays })

/** What came to an address outside, without what the service itself writes. */
const cameTo = (outside: string) =>
  sink.letters.filter(({ to, content }) => to.includes(outside) && !/^From: .*noreply@/m.test(content))

const letterOf = (from: string, fields = ''): string =>
  `${fields}From: ${from}\r\nDate: ${new Date().toUTCString()}\r\nMessage-ID: <${randomUUID()}@x.example>\r\nSubject: Tulips\r\n\r\nRed ones.\r\n`

/** With a DKIM-Signature by good.example that allows no change at all. */
async function signed(content: string): Promise<string> {
  const { signatures } = await dkimSign(Buffer.from(content), {
    canonicalization: 'simple/simple',
    signatureData: [{ signingDomain: 'good.example', selector: 'k', privateKey: pem }],
    // The types are those of an earlier way to call it.
  } as unknown as DKIMSignOptions)
  return signatures + content
}

async function verified(content: string): Promise<unknown> {
  const asked = { clientAddress: '192.0.2.1', heloName: 'zegel.test', mailFrom: '' }
  const lookUp = openLookUp([names.address]).forLetter()
  return (await authenticate(Buffer.from(content, 'latin1'), asked, 'elsewhere.example', lookUp)).dkim
}

/** @returns the reply to RCPT when it is a refusal, else that to the end of the letter */
async function bring(
  t: TestContext,
  to: string,
  { from = 'bea@good.example', content = letterOf(from), at = server.smtp } = {},
): Promise<string> {
  const smtp = await dialSmtp(t, at)
  await smtp.say(`MAIL FROM:<${from}>`)
  const taken = await smtp.say(`RCPT TO:<${to}>`)
  return taken.startsWith('250') ? endOf(smtp, content) : taken
}

async function endOf(smtp: Dialogue, content: string): Promise<string> {
  await smtp.say('DATA')
  smtp.send(content)
  return smtp.say('.')
}

const itemsOf = async ({ id }: Pick<Person, 'id'>): Promise<number> =>
  (await sql`select from item where account_id = ${id}`).rowCount

test('a letter that wants proven TLS all the way does not go on where nothing is proven (RFC 8689 §4.2.1)', async (t) => {
  const anna = await closed()
  const smtp = await dialSmtp(t, server.smtp)
  await smtp.say('STARTTLS')
  await smtp.startTls()
  await smtp.say('EHLO peer.example')
  assert.match(await smtp.say('MAIL FROM:<bea@good.example> REQUIRETLS'), /^250/)
  assert.match(await smtp.say(`RCPT TO:<${anna.address}>`), /^250/)
  assert.match(await endOf(smtp, letterOf('bea@good.example')), /^250/)
  await queueIsEmpty(storage)
  assert.deepEqual(cameTo(anna.outside), [])
})

test('a letter for a closed account goes on to the address outside, signature and all, from an address of the domain it was written to', async (t) => {
  const anna = await closed()
  const content = await signed(letterOf('bea@good.example'))
  assert.match(await bring(t, anna.address, { content }), /^250/)
  await until('it has arrived', () => cameTo(anna.outside).length > 0)
  await queueIsEmpty(storage)
  const [came, ...others] = cameTo(anna.outside)
  assert.ok(came)
  assert.deepEqual(others, [])
  assert.match(came.from, /^SRS0=\w+=\w+=good\.example=bea@zegel\.test$/)
  assert.match(came.parameters[1] ?? '', /NOTIFY=FAILURE/)
  assert.ok(came.content.endsWith(content), 'byte for byte')
  assert.deepEqual(await verified(came.content), [{ result: 'pass', domain: 'good.example', selector: 'k' }])
  const [chain] = await verifyChainsElsewhere([came.content], names.address)
  assert.deepEqual([chain?.chain, chain?.sets], ['pass', 1], chain?.reason)
  const trace = came.content.slice(0, -content.length)
  assert.match(trace, /^ARC-Seal: i=1; a=rsa-sha256; t=\d+; cv=none;\r\n d=zegel\.test; /)
  assert.match(trace, /^ARC-Authentication-Results: i=1; zegel\.test;\r\n\t[^]*?dkim=pass [^]*?spf=pass /m)
  assert.match(trace, /\r\nDelivered-To: \S+\r\nReceived: by zegel\.test id \w+; [^\r]+\r\nAuthentication-Results: /)
  assert.ok(trace.includes(`\r\nDelivered-To: ${anna.address}\r\n`))
  assert.doesNotMatch(trace, /^Return-Path:/m)
  assert.equal(await itemsOf(anna), 0, 'nothing is filed')
  assert.equal((await sql`select from sending where account_id = ${anna.id}`).rowCount, 0, 'nothing counts as sent')
})

test('the journal has its arrival and its departure as those of any letter (promise 4)', async (t) => {
  const anna = await closed()
  const content = letterOf('bea@good.example')
  assert.match(await bring(t, anna.address, { content }), /^250/)
  const messageId = /^Message-ID: <(.*)>\r$/m.exec(content)?.[1]
  const recorded = async (address: string): Promise<RecordedEntry[]> => {
    const [from, to] = [new Date(nowMs() - 3_600_000), new Date(nowMs() + 3_600_000)]
    const entries = await readJournal(storage, { from, to, addresses: [address], limit: 100 })
    return entries.filter((entry) => entry.messageId === messageId)
  }
  await until('both are written', async () => (await recorded(anna.outside)).length > 0)
  const [departure, ...others] = await recorded(anna.outside)
  assert.deepEqual(others, [])
  assert.ok(departure)
  assert.match(departure.sender ?? '', /^srs0=/)
  assert.deepEqual([departure.recipient, departure.subject, departure.ip], [anna.outside, 'Tulips', null])
  const arrivals = await recorded(anna.address)
  assert.ok(arrivals.some(({ ip, sender }) => ip === '127.0.0.1' && sender === 'bea@good.example'))
  for (const { recipient } of arrivals) assert.equal(recipient, anna.address)
})

test('a large letter goes on as well', async (t) => {
  const anna = await closed()
  const content = letterOf('bea@good.example') + `${randomUUID()} ${randomUUID()}\r\n`.repeat(20_000)
  assert.match(await bring(t, anna.address, { content }), /^250/)
  await until('it has arrived', () => cameTo(anna.outside).length > 0)
  assert.ok(cameTo(anna.outside)[0]?.content.endsWith(content))
})

test('mail is refused where the owner chose that, after the time, and when forwarding was ended early', async (t) => {
  t.after(() => shiftClock(0))
  assert.match(await bring(t, (await closed({ forwardDays: null })).address), /^550 5\.1\.6 /)
  const early = await closed()
  assert.match(await bring(t, early.address), /^250/)
  assert.equal(await endForwarding(sql, early.id), true)
  assert.match(await bring(t, early.address), /^550 5\.1\.6 /)
  assert.equal(await endForwarding(sql, early.id), false)
  const [month, quarter] = [await closed(), await closed({ forwardDays: 90 })]
  shiftClock(29.9 * DAY_SECONDS)
  assert.match(await bring(t, month.address), /^250/)
  shiftClock(30.1 * DAY_SECONDS)
  assert.match(await bring(t, month.address), /^550 5\.1\.6 /)
  assert.match(await bring(t, quarter.address), /^250/)
  shiftClock(90.1 * DAY_SECONDS)
  assert.match(await bring(t, quarter.address), /^550 5\.1\.6 /)
})

test('reopening ends it: mail is filed again, and after another closing refused', async (t) => {
  const anna = await closed()
  await reopen(storage, config, anna.id)
  const items = await itemsOf(anna)
  assert.match(await bring(t, anna.address), /^250/)
  assert.ok((await itemsOf(anna)) > items)
  await queueIsEmpty(storage)
  assert.deepEqual(cameTo(anna.outside), [])
  await closeAgain(anna)
  assert.match(await bring(t, anna.address), /^550 5\.1\.6 /)
})

const unwanted: Record<string, { from: string; fields?: string; reply: RegExp; before?: Choice['before'] }> = {
  'what would be junk': { from: 'bea@strict.example', reply: /^550 5\.7\.1 / },
  'what its owner blocks': {
    from: 'carl@good.example',
    reply: /^550 5\.7\.1 .*takes no messages from this sender/,
    before: async ({ id }) =>
      (await storage.openAccount(id)).write((tx) =>
        addRecord(tx, { kind: BLOCKED, value: { address: 'carl@good.example' }, lookup: 'carl@good.example' }),
      ),
  },
  'what has passed through too many servers (RFC 5321 §6.3)': {
    from: 'bea@good.example',
    fields: 'Received: by a.example\r\n'.repeat(51),
    reply: /^554 5\.4\.6 /,
  },
}
for (const [what, { from, fields, reply: expected, before }] of Object.entries(unwanted))
  test(`${what} is refused at its end, and does not go on`, async (t) => {
    const anna = await closed(before === undefined ? {} : { before })
    assert.match(await bring(t, anna.address, { from, content: letterOf(from, fields) }), expected)
    await queueIsEmpty(storage)
    assert.deepEqual(cameTo(anna.outside), [])
  })

test('what comes back from the address outside is stopped', async (t) => {
  const anna = await closed()
  assert.match(await bring(t, anna.address), /^250/)
  await until('it has arrived', () => cameTo(anna.outside).length > 0)
  const { content = '' } = cameTo(anna.outside)[0] ?? {}
  assert.match(await bring(t, anna.address.replace('@', '+detail@'), { content }), /^250/, 'another address of hers')
  assert.match(await bring(t, anna.address, { content }), /^554 5\.4\.6 /)
  await queueIsEmpty(storage)
  assert.equal(cameTo(anna.outside).length, 2)
})

test('a letter that is forwarded comes alone, so that its reply is its own (RFC 5321 §4.5.3.1.10)', async (t) => {
  const [anna, open] = [await closed(), await server.createAccount()]
  for (const [first, second] of [
    [anna, open],
    [open, anna],
    [anna, await closed()],
  ] as const) {
    const smtp = await dialSmtp(t, server.smtp)
    await smtp.say('MAIL FROM:<bea@good.example>')
    assert.match(await smtp.say(`RCPT TO:<${first.address}>`), /^250/)
    assert.match(await smtp.say(`RCPT TO:<${second.address}>`), /^452 4\.5\.3 /)
    assert.match(await endOf(smtp, letterOf('bea@good.example')), /^250/)
  }
})

test('by two addresses of one account it goes on once', async (t) => {
  const anna = await closed()
  const smtp = await dialSmtp(t, server.smtp)
  await smtp.say('MAIL FROM:<bea@good.example>')
  await smtp.say(`RCPT TO:<${anna.address}>`)
  assert.match(await smtp.say(`RCPT TO:<${anna.address.replace('@', '+shop@')}>`), /^250/)
  assert.match(await endOf(smtp, letterOf('bea@good.example')), /^250/)
  await queueIsEmpty(storage)
  assert.equal(cameTo(anna.outside).length, 1)
})

/** Who writes to a closed account, and the address by which a letter that went on leads back to them. */
async function passedOn(t: TestContext): Promise<{ author: string; back: string; to: string; outside: string }> {
  const author = `author-${++number}@outside.example`
  const { address: to, outside } = await closed()
  assert.match(await bring(t, to, { from: author, content: letterOf(author) }), /^250/)
  await until('it has arrived', () => cameTo(outside).length > 0)
  return { author, back: cameTo(outside)[0]?.from ?? '', to, outside }
}

const noticesTo = (author: string) => sink.letters.filter(({ to }) => to.includes(author))

/** A notification as other servers write them. */
const notification = (outside: string, action = 'failed', more = ''): string =>
  `From: MAILER-DAEMON@outside.example\r\nSubject: Undelivered\r\nDate: ${new Date().toUTCString()}\r\n` +
  `Message-ID: <${randomUUID()}@outside.example>\r\nMIME-Version: 1.0\r\n` +
  `Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n` +
  `--b\r\n\r\n${outside} has moved. Buy tulips.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n` +
  `Reporting-MTA: dns; outside.example\r\n\r\nFinal-Recipient: rfc822; ${outside}\r\nAction: ${action}\r\nStatus: 5.2.2\r\n\r\n` +
  `--b\r\nContent-Type: text/rfc822-headers\r\n\r\nSubject: Tulips\r\n${more}\r\n--b--\r\n`

const returnTo = (t: TestContext, back: string, content: string): Promise<string> =>
  bring(t, back, { from: '', content })

test('what the other server refuses is told to its author, who learns that it was not taken and not where it went', async (t) => {
  const author = `author-${++number}@outside.example`
  const anna = await closed()
  await queueIsEmpty(storage)
  sink.script = { RCPT: (address) => (address.includes(anna.outside) ? reply('550 5.2.2 Full') : undefined) }
  t.after(() => void (sink.script = {}))
  assert.match(await bring(t, anna.address, { from: author, content: letterOf(author) }), /^250/)
  await until('the author hears of it', () => noticesTo(author).length > 0)
  await queueIsEmpty(storage)
  const [notice, ...others] = noticesTo(author)
  assert.deepEqual([notice?.from, others], ['', []])
  assert.match(
    notice?.content ?? '',
    new RegExp(`^Final-Recipient: rfc822; ${anna.address}\r\nAction: failed\r\nStatus: 5\\.2\\.2\r$`, 'm'),
  )
  assert.match(notice?.content ?? '', /^Subject: Not delivered: Tulips\r$/m)
  assert.ok(!notice?.content.includes(anna.outside))
})

test('a notification that comes back is told to the author in our words', async (t) => {
  const { author, back, to, outside } = await passedOn(t)
  assert.match(await returnTo(t, back, notification(outside, 'failed', `Delivered-To: ${to}\r\n`)), /^250/)
  await until('the author hears of it', () => noticesTo(author).length > 0)
  await queueIsEmpty(storage)
  const [notice, ...others] = noticesTo(author)
  assert.deepEqual([notice?.from, others], ['', []])
  assert.match(notice?.content ?? '', new RegExp(`^Final-Recipient: rfc822; ${to}\r$`, 'm'))
  assert.ok(!notice?.content.includes(outside))
  assert.doesNotMatch(notice?.content ?? '', /Buy tulips/)
})

test('nothing else comes by an address that leads back: it is no way to write to others', async (t) => {
  const { author, back, outside } = await passedOn(t)
  const other = await server.createAccount()
  const attempts: [what: string, answer: Promise<string>, expected: RegExp][] = [
    ['a letter of somebody', bring(t, back), /^550 5\.7\.1 /],
    ['a letter that is no notification', returnTo(t, back, letterOf('bea@good.example')), /^550 5\.7\.1 /],
    [
      'a notification without end',
      returnTo(t, back, notification(outside) + `${'x'.repeat(70)}\r\n`.repeat(16_000)),
      /^550 5\.7\.1 /,
    ],
    ['another author', returnTo(t, back.replace('author', 'victim'), notification(outside)), /^550 5\.1\.1 /],
    ['another hash', returnTo(t, back.replace(/^SRS0=\w{6}/, 'SRS0=AAAAAA'), notification(outside)), /^550 5\.1\.1 /],
    ['no author', returnTo(t, 'SRS0=@zegel.test', notification(outside)), /^550 5\.1\.1 /],
  ]
  for (const [what, answer, expected] of attempts) assert.match(await answer, expected, what)
  shiftClock(22 * DAY_SECONDS)
  t.after(() => shiftClock(0))
  assert.match(await returnTo(t, back, notification(outside)), /^550 5\.1\.1 /)
  shiftClock(0)
  const smtp = await dialSmtp(t, server.smtp)
  await smtp.say('MAIL FROM:<>')
  assert.match(await smtp.say(`RCPT TO:<${back}>`), /^250/)
  for (const [company] of [[other.address], [back.toLowerCase()]] as const)
    assert.match(await smtp.say(`RCPT TO:<${company}>`), /^452 4\.5\.3 /)
  await queueIsEmpty(storage)
  assert.deepEqual(noticesTo(author), [])
})

test('a delay is told to nobody, and failures by one address only five times a day', async (t) => {
  const { author, back, outside } = await passedOn(t)
  assert.match(await returnTo(t, back, notification(outside, 'delayed')), /^250/)
  await queueIsEmpty(storage)
  assert.deepEqual(noticesTo(author), [])
  for (let i = 0; i < 7; i++) assert.match(await returnTo(t, back, notification(outside)), /^250/)
  await queueIsEmpty(storage)
  assert.equal(noticesTo(author).length, 5)
})

test('what has no author comes back to nobody', async (t) => {
  const anna = await closed()
  await queueIsEmpty(storage)
  const before = sink.count
  sink.script = { RCPT: (address) => (address.includes(anna.outside) ? reply('550 5.1.1 Nobody') : undefined) }
  t.after(() => void (sink.script = {}))
  assert.match(await bring(t, anna.address, { from: '' }), /^250/)
  await queueIsEmpty(storage)
  assert.equal(sink.count, before)
})

test('250 means that it is in the queue: when who took it is gone, another process sends it on', async (t) => {
  const taker = await startServer(t, overrides, ['smtp'])
  const anna = await closed()
  assert.match(await bring(t, anna.address, { at: taker.smtp }), /^250/)
  await taker.close()
  await until('it has arrived', () => cameTo(anna.outside).length > 0)
})

/** As writeRecovery, which is asked only for what is hosted elsewhere: the domain came here later. */
async function leadHere({ id }: Person, address: string): Promise<void> {
  const directory = await storage.keys.serviceKey('directory')
  await sql`update recovery set sealed = ${directory.seal(`recovery/${id}`, address)} where account_id = ${id}`
}

test('an address outside that has come to be hosted here gets it in its inbox', async (t) => {
  const bea = await server.createAccount()
  const anna = await closed({ before: (person) => leadHere(person, bea.address) })
  const before = await itemsOf(bea)
  assert.match(await bring(t, anna.address), /^250/)
  await until('it is filed', async () => (await itemsOf(bea)) > before)
})

test('two closed accounts that lead to each other do not send a letter round and round', async (t) => {
  const people = [await server.createAccount(), await server.createAccount()] as const
  for (const [i, person] of people.entries()) {
    await addRecovery(storage, person, `circle-${i}@outside.example`)
    await leadHere(person, people[1 - i]?.address ?? '')
  }
  for (const person of people) {
    await closeAgain(person, 30)
    await queueIsEmpty(storage)
  }
  const { rows: before } = await sql<{ count: number }>`select count(*)::int as count from item`
  assert.match(await bring(t, people[0].address), /^250/)
  await queueIsEmpty(storage)
  const { rows: then } = await sql<{ count: number }>`select count(*)::int as count from item`
  assert.deepEqual(then, before)
})

test('an account without an address outside is not closed so', async () => {
  const person = await server.createAccount()
  await assert.rejects(closeAgain(person, 30), { reason: 'invalid', fields: ['forwardDays'] })
  await addRecovery(storage, person, 'days@outside.example')
  await assert.rejects(closeAgain(person, 365), { reason: 'invalid', fields: ['forwardDays'] })
})
