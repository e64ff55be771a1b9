import assert from 'node:assert/strict'
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { dkimSign, type DKIMSignOptions } from 'mailauth'
import { enquiryPlace } from '#mail/enquiries'
import { receiveEnquiry } from '#mail/inbound'
import { enqueue, listQueue, prepareLetter, showOwnLetter, wakeQueue, type ShownLetter } from '#mail/outbound'
import { ownTickets, textsOf, listTickets, type Ticket } from '#trust/tickets'
import { clockAtNoon } from '#test/clock'
import { startNameServer } from '#test/name-server'
import { addRecovery, type Person } from '#test/people'
import { startServer } from '#test/server'
import { dialSmtp } from '#test/smtp'
import { takeEnquiries } from './take.ts'

const SUPPORT = 'support@zegel.test'
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const key = publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
const names = await startNameServer(
  { after },
  {
    'proven.example': { TXT: ['v=spf1 -all'] },
    '_dmarc.proven.example': { TXT: ['v=DMARC1; p=none'] },
    'k._domainkey.proven.example': { TXT: [`v=DKIM1; k=rsa; p=${key}`] },
    'strict.example': { TXT: ['v=spf1 -all'] },
    '_dmarc.strict.example': { TXT: ['v=DMARC1; p=reject'] },
  },
)
const server = await startServer({ after }, { dns: { servers: [names.address] }, support: { address: SUPPORT } }, [
  'smtp',
  'http',
])
const { storage, config } = server

let number = 0

/** Somebody with an address outside, at a domain that signs. */
async function known(outside = `anna-${++number}@proven.example`): Promise<Person & { outside: string }> {
  const person = await server.createAccount()
  await addRecovery(storage, person, outside)
  return { ...person, outside }
}

interface Said {
  from: string
  subject?: string
  text?: string
  fields?: string
  /** Body with its header fields, in place of `text`. */
  body?: string
  mailFrom?: string
  isSigned?: boolean
}

async function letterOf({ from, subject = 'Hilfe', text = 'Ich komme nicht mehr hinein.', ...more }: Said) {
  const head =
    `From: ${from}\r\nTo: ${SUPPORT}\r\nDate: ${new Date().toUTCString()}\r\nMessage-ID: <${randomUUID()}@x.example>\r\n` +
    `Subject: ${subject}\r\n${more.fields ?? ''}`
  const letter = `${head}${more.body ?? `MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${text}\r\n`}`
  if (more.isSigned !== true) return letter
  const { signatures } = await dkimSign(letter, {
    signatureData: [{ signingDomain: 'proven.example', selector: 'k', privateKey: pem }],
    headerList: ['From', 'Subject', 'Date', 'Message-ID'],
  } as unknown as DKIMSignOptions)
  return `${signatures}${letter}`
}

/** Brings a letter, and lets the worker come round. @returns the reply to DATA */
async function bring(t: { after(undo: () => void): void }, said: Said): Promise<string> {
  const smtp = await dialSmtp(t, server.smtp)
  await smtp.say(`MAIL FROM:<${said.mailFrom ?? said.from}>`)
  assert.match(await smtp.say(`RCPT TO:<${SUPPORT}>`), /^250/)
  await smtp.say('DATA')
  const reply = await smtp.say(`${await letterOf(said)}.`)
  await takeEnquiries(storage, config)
  return reply
}

const strangers = async (): Promise<Ticket[]> =>
  (await listTickets(storage, 'open')).filter(({ accountId }) => accountId === 0)

const ticketsOf = async ({ id }: Person): Promise<Ticket[]> => ownTickets(storage, await storage.openAccount(id))

const fieldOf = ({ fields }: ShownLetter, wanted: string): string =>
  fields.find(({ name }) => name === wanted)?.value ?? ''

/** What was mailed to somebody about tickets. */
async function mailedTo(address: string): Promise<ShownLetter[]> {
  const own = (await listQueue(storage)).filter(({ isOwn }) => isOwn)
  const shown = await Promise.all(own.map(({ id }) => showOwnLetter(storage, id)))
  return shown.filter((one) => fieldOf(one, 'To') === address && /\[#\d+\]/.test(fieldOf(one, 'Subject')))
}

test('a letter from the proven address becomes a ticket of its account, and is confirmed once, in its own language', async (t) => {
  const person = await known()
  assert.match(await bring(t, { from: person.outside, isSigned: true }), /^250/)
  const [ticket] = await ticketsOf(person)
  assert.deepEqual([ticket?.subject, ticket?.from?.address, ticket?.from?.isProven], ['Hilfe', person.outside, true])
  const mailed = await mailedTo(person.outside)
  assert.equal(mailed.length, 1)
  const [confirmed] = mailed as [ShownLetter]
  assert.equal(fieldOf(confirmed, 'Auto-Submitted'), 'auto-replied')
  assert.equal(fieldOf(confirmed, 'Subject'), `Ihr Brief ist angekommen: Hilfe [#${ticket?.number}]`)
  assert.match(fieldOf(confirmed, 'From'), /support@zegel\.test/)
})

test('whether an account exists shows in nothing that a sender gets', async (t) => {
  const person = await known()
  const stranger = `nobody-${++number}@proven.example`
  const got: unknown[] = []
  for (const from of [person.outside, stranger]) {
    const reply = await bring(t, { from, isSigned: true })
    const [mailed] = await mailedTo(from)
    assert.ok(mailed)
    got.push([
      reply.replace(/Filed as \S+/, ''),
      mailed.text.replace(/\d{4,}/g, 'N'),
      fieldOf(mailed, 'Subject').replace(/\d+/g, 'N'),
      mailed.fields.map(({ name }) => name),
    ])
  }
  assert.deepEqual(got[1], got[0])
  assert.equal((await ticketsOf(person)).length, 1)
  assert.ok((await strangers()).some(({ from }) => from?.address === stranger))
})

const FORGED: [attack: string, said: (victim: Person & { outside: string }) => Partial<Said>][] = [
  ['without a signature', () => ({})],
  [
    'with the signature of another domain',
    ({ outside }) => ({ from: outside.replace('proven', 'other'), isSigned: true }),
  ],
  [
    'with a second author',
    ({ outside }) => ({ from: `${outside}, mallory@proven.example`, isSigned: true, mailFrom: outside }),
  ],
  ['from another address of that domain', () => ({ from: 'mallory@proven.example', isSigned: true })],
  [
    'with the name of the victim',
    ({ outside }) => ({
      from: `"${outside}" <mallory@proven.example>`,
      isSigned: true,
      mailFrom: 'mallory@proven.example',
    }),
  ],
]
for (const [attack, said] of FORGED)
  test(`a letter forged ${attack} is tied to no account, and confirmed to nobody else`, async (t) => {
    const victim = await known()
    await bring(t, { from: victim.outside, ...said(victim) })
    assert.deepEqual(await ticketsOf(victim), [])
    assert.deepEqual(await mailedTo(victim.outside), [])
  })

test('a letter that its domain wants refused is refused', async (t) => {
  const before = (await strangers()).length
  assert.match(await bring(t, { from: 'anna@strict.example' }), /^5/)
  assert.equal((await strangers()).length, before)
})

test('an answer finds its ticket from the proven address alone; a forged one becomes a ticket of its own', async (t) => {
  const person = await known()
  await bring(t, { from: person.outside, isSigned: true })
  const [ticket] = (await ticketsOf(person)) as [Ticket]
  const subject = `Re: Ihr Brief [#${ticket.number}]`
  const texts = async (): Promise<string[]> => (await textsOf(storage, ticket)).map(({ text }) => text)
  await bring(t, { from: person.outside, isSigned: true, subject, text: 'Es ist das Konto von früher.' })
  assert.deepEqual(await texts(), ['Ich komme nicht mehr hinein.', 'Es ist das Konto von früher.'])
  assert.equal((await mailedTo(person.outside)).length, 1, 'one confirmation at most')
  const before = (await strangers()).length
  await bring(t, { from: person.outside, subject, text: 'Forged.' })
  await bring(t, { from: 'mallory@proven.example', isSigned: true, subject, text: 'Another one.' })
  assert.equal((await texts()).length, 2)
  assert.equal((await strangers()).length, before + 2)
})

const AUTOMATIC: [what: string, said: Partial<Said>][] = [
  ['a bounce', { mailFrom: '' }],
  ['an automatic answer', { fields: 'Auto-Submitted: auto-replied\r\n' }],
  ['a list', { fields: 'List-Id: <all.proven.example>\r\n' }],
  ['bulk', { fields: 'Precedence: bulk\r\n' }],
  ['our own confirmation, come back', { fields: 'Auto-Submitted: auto-replied (confirmation)\r\n' }],
]
for (const [what, said] of AUTOMATIC)
  test(`${what} makes no ticket and is not answered`, async (t) => {
    const person = await known()
    assert.match(await bring(t, { from: person.outside, isSigned: true, ...said }), /^250/)
    assert.deepEqual(await ticketsOf(person), [])
    assert.deepEqual(await mailedTo(person.outside), [])
  })

const mixed = (type: string, name: string, content: string): string =>
  `MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nIch sende Ihnen ein Bild.\r\n` +
  `--b\r\nContent-Type: ${type}; name="${name}"\r\nContent-Disposition: attachment; filename="${name}"\r\nContent-Transfer-Encoding: base64\r\n\r\n` +
  `${Buffer.from(content).toString('base64')}\r\n--b--\r\n`

test('of what is attached kind and size are told, and nothing is kept', async (t) => {
  const person = await known()
  await bring(t, {
    from: person.outside,
    isSigned: true,
    body: mixed('image/png', 'geheim.png', 'Grauwacke'.repeat(300)),
  })
  const [ticket] = (await ticketsOf(person)) as [Ticket]
  const [said] = await textsOf(storage, ticket)
  assert.match(said?.text ?? '', /^Ich sende Ihnen ein Bild\.\n\[image\/png, \d kB\]$/)
  assert.doesNotMatch(said?.text ?? '', /Grauwacke|geheim/)
})

test('a program that is attached does not come in: its words are read, and nothing else', async (t) => {
  const person = await known()
  const body = mixed('application/x-msdownload', 'rechnung.exe', `MZ${'\0'.repeat(64)}Grauwacke`)
  assert.match(await bring(t, { from: person.outside, isSigned: true, body }), /^250/)
  const [ticket] = (await ticketsOf(person)) as [Ticket]
  const [said] = await textsOf(storage, ticket)
  assert.doesNotMatch(said?.text ?? '', /Grauwacke|rechnung/)
})

test('a letter with a virus is refused, whoever it is from', async () => {
  const arrival = {
    mailFrom: 'anna@proven.example',
    findings: [{ name: 'dmarcPass', values: { domain: 'proven.example' } }, { name: 'virus' }],
    features: new Uint32Array(),
    trace: Buffer.alloc(0),
    content: Buffer.from(await letterOf({ from: 'anna@proven.example' })),
    recipients: [{ accountId: 0, address: SUPPORT }],
  } as const
  const refusal = await receiveEnquiry(storage, { ...arrival, recipients: [...arrival.recipients] }, 0)
  assert.equal(refusal?.reason, 'refused')
  assert.equal((await storage.database.sql`select from support_letter`).rowCount, 0)
})

test('one address opens so many in a day, and the next are not read', async (t) => {
  clockAtNoon(t)
  const person = await known()
  for (let i = 0; i < 12; i++) await bring(t, { from: person.outside, isSigned: true, subject: `Frage ${i}` })
  assert.equal((await ticketsOf(person)).length, 10)
  assert.equal((await storage.database.sql`select from support_letter`).rowCount, 0)
})

test('an address that leads into two accounts means the one that the letter names', async (t) => {
  const outside = `both-${++number}@proven.example`
  const [one, two] = [await known(outside), await known(outside)]
  await bring(t, { from: outside, isSigned: true, text: `Es geht um ${two.address}.` })
  assert.deepEqual([(await ticketsOf(one)).length, (await ticketsOf(two)).length], [0, 1])
  await bring(t, { from: outside, isSigned: true })
  assert.deepEqual([(await ticketsOf(one)).length, (await ticketsOf(two)).length], [0, 1])
})

test('who writes from their account here is known by that, and answered in the app', async (t) => {
  const person = await server.createAccount()
  const sending = await startServer(t, { support: { address: SUPPORT } }, ['queue'])
  const content = Buffer.from(await letterOf({ from: person.address, text: 'Ich habe eine Frage.' }))
  const letter = await prepareLetter(storage, {
    accountId: person.id,
    mailFrom: person.address,
    recipients: [{ address: SUPPORT }],
    content,
  })
  await storage.database.transaction((sql) => enqueue(sql, letter))
  wakeQueue(sending.storage)
  const lastLookMs = performance.now() + 60_000
  while ((await ticketsOf(person)).length === 0 && performance.now() < lastLookMs) {
    await takeEnquiries(storage, config)
    await wait(50)
  }
  const [ticket] = await ticketsOf(person)
  assert.deepEqual([ticket?.subject, ticket?.from], ['Hilfe', undefined])
  assert.deepEqual(await mailedTo(person.address), [])
})

test('a letter whose account is gone by then holds up no other', async (t) => {
  const support = await storage.keys.serviceKey('support')
  const gone = {
    accountId: 4711,
    from: 'gone@zegel.test',
    isProven: true,
    isAutomatic: false,
    subject: 'x',
    text: 'x',
    messageId: null,
  }
  await storage.database.sql`
    insert into support_letter (letter_id, at, sealed)
    values (1, now(), ${support.seal(enquiryPlace(1), JSON.stringify(gone))})`
  const person = await known()
  await bring(t, { from: person.outside, isSigned: true })
  assert.equal((await ticketsOf(person)).length, 1)
  assert.equal((await storage.database.sql`select from support_letter`).rowCount, 0)
})

test('customer service is a recipient of its own, and nobody where it has no address', async (t) => {
  const person = await server.createAccount()
  const smtp = await dialSmtp(t, server.smtp)
  await smtp.say('MAIL FROM:<bea@proven.example>')
  assert.match(await smtp.say(`RCPT TO:<${person.address}>`), /^250/)
  assert.match(await smtp.say(`RCPT TO:<${SUPPORT}>`), /^452/)
  const without = await startServer(t, { support: {} }, ['smtp'])
  const other = await dialSmtp(t, without.smtp)
  await other.say('MAIL FROM:<bea@proven.example>')
  assert.match(await other.say(`RCPT TO:<${SUPPORT}>`), /^550/)
})
