/** Masked addresses from the wire: made, written to, written from, switched off, given up. */
import assert from 'node:assert/strict'
import { after, afterEach, test } from 'node:test'
import { createDomain, findHolder } from '#accounts'
import { shiftClock } from '#system'
import { openJmapClient, type JmapClient } from '#test/jmap'
import { letter, openMailReader, type MailReader } from '#test/letters'
import type { Person } from '#test/people'
import { queuedLetters } from '#test/queue'
import { startServer } from '#test/server'
import { dialSmtp } from '#test/smtp'

type Json = Record<string, unknown>

const server = await startServer({ after }, { masked: { most: 4, mostPerDay: 6 } }, ['smtp', 'http'])
afterEach(() => shiftClock(0))

interface Masked extends Json {
  id: string
  email: string
  name: string
  isOn: boolean
  letters: number
  lastLetterAt: string | null
}

interface Owner {
  person: Person
  jmap: JmapClient
  make(given?: Json): Promise<Masked>
  refusal(given: Json): Promise<Json>
  set(args: Json): Promise<Json>
  all(): Promise<Masked[]>
}

async function owner(): Promise<Owner> {
  const person = await server.createAccount()
  const jmap = await openJmapClient(server, person)
  const set = (args: Json): Promise<Json> => jmap.call('MaskedAddress/set', args)
  return {
    person,
    jmap,
    set,
    async make(given = {}) {
      const { created, notCreated } = await set({ create: { k: given } })
      assert.equal(notCreated, null, JSON.stringify(notCreated))
      return (created as { k: Masked }).k
    },
    async refusal(given) {
      const { created, notCreated } = await set({ create: { k: given } })
      assert.equal(created, null)
      return (notCreated as { k: Json }).k
    },
    all: async () => (await jmap.call('MaskedAddress/get', { ids: null }))['list'] as Masked[],
  }
}

interface Undo {
  after(undo: () => void): void
}

/** What the server says to a letter for an address: to RCPT where it refuses there, else to the letter. */
async function deliver(t: Undo, to: string): Promise<string> {
  const smtp = await dialSmtp(t, server.smtp)
  await smtp.say('MAIL FROM:<shop@example.org>')
  const reply = await smtp.say(`RCPT TO:<${to}>`)
  if (!reply.startsWith('250')) return reply
  await smtp.say('DATA')
  const id = crypto.randomUUID()
  return smtp.say(
    `From: shop@example.org\r\nTo: ${to}\r\nDate: ${new Date().toUTCString()}\r\nMessage-ID: <${id}@example.org>\r\nSubject: Parcel\r\n\r\nOn its way.\r\n.`,
  )
}

test('a masked address is made with words and digits that nobody guesses, or begins as its owner wants', async () => {
  const { make, all, person } = await owner()
  const first = await make({ name: 'Shop X' })
  assert.match(first.email, /^[a-z]+\.[a-z]+\.\d{7}@zegel\.test$/)
  const second = await make({ name: 'Zeitung', prefix: 'News', domain: 'zegel.test' })
  assert.match(second.email, /^news\.[a-z]+\.[a-z]+\.\d{7}@zegel\.test$/)
  assert.deepEqual(
    (await all()).map(({ name, isOn, letters, lastLetterAt }) => [name, isOn, letters, lastLetterAt]),
    [
      ['Shop X', true, 0, null],
      ['Zeitung', true, 0, null],
    ],
  )
  assert.ok(!first.email.includes(person.address.split('@')[0] as string))
})

const hostile: Record<string, [given: Json, property: string]> = {
  'a prefix that names another domain': [{ prefix: 'a@evil.example' }, 'prefix'],
  'a prefix with a detail': [{ prefix: 'anna+' }, 'prefix'],
  'a prefix of another alphabet': [{ prefix: 'аnna' }, 'prefix'],
  'an empty prefix': [{ prefix: '' }, 'prefix'],
  'a prefix that begins with a dot': [{ prefix: '.a' }, 'prefix'],
  'a prefix that breaks the line': [{ prefix: 'a\r\nRCPT' }, 'prefix'],
  'a prefix of 25 letters': [{ prefix: 'a'.repeat(25) }, 'prefix'],
  'a domain that is not served': [{ domain: 'example.org' }, 'domain'],
  'a name of two lines': [{ name: 'a\nb' }, 'name'],
  'a name of 201 letters': [{ name: 'a'.repeat(201) }, 'name'],
  'an address of its own choice': [{ email: 'anna@zegel.test' }, 'email'],
  'a counter of its own': [{ letters: 7 }, 'letters'],
}
for (const [what, [given, property]] of Object.entries(hostile))
  test(`refused: ${what}`, async () => {
    const { refusal, all } = await owner()
    assert.deepEqual(await refusal(given), { type: 'invalidProperties', properties: [property] })
    assert.deepEqual(await all(), [])
  })

test('no address is made in a domain where its owner has none', async () => {
  const { refusal } = await owner()
  await createDomain(server.storage, 'others.example')
  assert.deepEqual(await refusal({ domain: 'others.example' }), { type: 'invalidProperties', properties: ['domain'] })
})

test('letters reach the owner, with a detail and in capitals too, and are counted and told of', async (t) => {
  const { make, all, jmap } = await owner()
  const { email } = await make({ name: 'Shop X' })
  const { state } = await jmap.call('MaskedAddress/get', { ids: [] })
  assert.match(await deliver(t, email.replace('@', '+order@')), /^250/)
  assert.match(await deliver(t, email.toUpperCase()), /^250/)
  const [one] = await all()
  assert.equal(one?.letters, 2)
  assert.ok(Date.parse(one?.lastLetterAt as string) > 0)
  const changes = await jmap.call('MaskedAddress/changes', { sinceState: state })
  assert.deepEqual(changes['updated'], [one?.id])
  const { ids } = await jmap.call('Email/query', {})
  const { list } = await jmap.call('Email/get', { ids, properties: ['deliveredTo'] })
  assert.deepEqual(
    new Set((list as { deliveredTo: string }[]).map(({ deliveredTo }) => deliveredTo.toLowerCase())),
    new Set([email, email.replace('@', '+order@')]),
  )
})

test('switched off it is answered like an address that nobody has, and again letters come when it is on', async (t) => {
  const { make, set, all } = await owner()
  const { id, email } = await make()
  const unknown = (await deliver(t, 'nobody.at.all.0000000@zegel.test')).replaceAll('nobody.at.all.0000000', '')
  await set({ update: { [id]: { isOn: false } } })
  for (const address of [email, email.replace('@', '+order@'), email.toUpperCase()]) {
    const reply = await deliver(t, address)
    assert.match(reply, /^550 5\.1\.1/)
    assert.equal(reply.replaceAll(address.split('@')[0] as string, ''), unknown)
  }
  assert.equal((await all())[0]?.letters, 0)
  await set({ update: { [id]: { isOn: true } } })
  assert.match(await deliver(t, email), /^250/)
})

test('given up it is nobody’s for ever, and its owner is still known to be its holder', async (t) => {
  const { make, set, all, person, jmap } = await owner()
  const { id, email } = await make()
  await set({ destroy: [id] })
  assert.match(await deliver(t, email), /^550 5\.1\.1/)
  assert.deepEqual(await all(), [])
  assert.equal(await findHolder(server.storage, email), person.id)
  const { list } = await jmap.call('Identity/get', { ids: null })
  assert.ok(!(list as Masked[]).some((one) => one.email === email))
  const { notUpdated } = await set({ update: { [id]: { isOn: true } } })
  assert.deepEqual(notUpdated, { [id]: { type: 'notFound' } })
})

test('nobody changes what is not theirs, nor what the server says', async () => {
  const [anna, bea] = [await owner(), await owner()]
  const { id } = await anna.make({ name: 'Shop X' })
  const { notUpdated, notDestroyed } = await bea.set({ update: { [id]: { isOn: false } }, destroy: ['X1'] })
  assert.deepEqual([notUpdated, notDestroyed], [{ [id]: { type: 'notFound' } }, { X1: { type: 'notFound' } }])
  for (const patch of [{ email: 'a@zegel.test' }, { letters: 5 }, { createdAt: 'x' }, { isOn: 'no' }, { colour: 1 }]) {
    const { updated } = await anna.set({ update: { [id]: patch } })
    assert.equal(updated, null, JSON.stringify(patch))
  }
  assert.equal((await anna.all())[0]?.isOn, true)
})

test('there are so many at most, and so many new ones in a day', async () => {
  const { make, refusal, set, all } = await owner()
  for (let made = 0; made < 4; made++) await make()
  assert.deepEqual(await refusal({}), { type: 'overQuota' })
  await set({ destroy: (await all()).map(({ id }) => id) })
  for (let made = 0; made < 2; made++) await make()
  assert.equal((await refusal({}))['type'], 'rateLimit')
  shiftClock(86_401)
  await make()
})

test('nobody signs in with one: not to pages and JMAP, not to hand mail in', async (t) => {
  const { make, person } = await owner()
  const { email } = await make()
  const authorization = `Basic ${Buffer.from(`${email}:${person.password}`).toString('base64')}`
  const response = await fetch(`${server.http}/.well-known/jmap`, { headers: { authorization } })
  assert.equal(response.status, 401)
  const smtp = await dialSmtp(t, server.submissions, { tls: true })
  const plain = Buffer.from(`\0${email}\0${person.password}`).toString('base64')
  assert.match(await smtp.say(`AUTH PLAIN ${plain}`), /^535/)
})

async function submitBySmtp(t: Undo, { address, password }: Person, from: string): Promise<string> {
  const smtp = await dialSmtp(t, server.submissions, { tls: true })
  await smtp.say(`AUTH PLAIN ${Buffer.from(`\0${address}\0${password}`).toString('base64')}`)
  const reply = await smtp.say(`MAIL FROM:<${from}>`)
  if (!reply.startsWith('250')) return reply
  await smtp.say('RCPT TO:<shop@example.org>')
  await smtp.say('DATA')
  return smtp.say(
    `From: ${from}\r\nTo: shop@example.org\r\nSubject: Parcel\r\nX-Sender: ${address}\r\nX-Identity-Key: 1\r\n\r\nWhere is it?\r\n.`,
  )
}

async function submitByJmap(reader: MailReader, from: string): Promise<Json> {
  const { list } = await reader.call('Identity/get', { ids: null })
  const identityId = (list as Masked[]).find(({ email }) => email === from)?.id
  const { created } = await reader.call('Email/set', {
    create: {
      k: {
        mailboxIds: { [await draftsOf(reader)]: true },
        from: [{ name: null, email: from }],
        to: [{ name: null, email: 'shop@example.org' }],
        subject: 'Parcel',
        textBody: [{ partId: '1', type: 'text/plain' }],
        bodyValues: { 1: { value: 'Where is it?' } },
      },
    },
  })
  const emailId = (created as { k: { id: string } }).k.id
  return reader.call('EmailSubmission/set', { create: { s: { identityId, emailId } } })
}

async function draftsOf(reader: MailReader): Promise<string> {
  const { list } = await reader.call('Mailbox/get', { ids: null })
  return (list as { id: string; role: string }[]).find(({ role }) => role === 'drafts')?.id as string
}

/** Nothing of what leaves names its writer's account: envelope, header and all. */
function assertSilent(sent: { mailFrom: string; content: string }, person: Person, email: string): void {
  const name = person.address.split('@')[0] as string
  assert.equal(sent.mailFrom, email)
  assert.ok(!sent.content.toLowerCase().includes(name.toLowerCase()), 'the account is named in what leaves')
  assert.match(sent.content, new RegExp(`^From: ${email}\\r$`, 'm'))
  assert.doesNotMatch(sent.content, /^(?:Sender|Return-Path|Reply-To):/im)
  assert.match(sent.content, /^Message-ID: <[^@>]+@zegel\.test>\r$/im)
}

test('what is handed in by SMTP from one says nothing of the account', async (t) => {
  const { make, person } = await owner()
  const { email } = await make({ name: 'Shop X' })
  assert.match(await submitBySmtp(t, person, email), /^250/)
  const [sent] = await queuedLetters(server.storage, person.id)
  assert.ok(sent)
  assertSilent(sent, person, email)
  assert.ok(!sent.content.includes('Shop X'))
})

test('what is sent by JMAP from one says nothing of the account', async () => {
  const reader = await openMailReader(server)
  const { created } = await reader.call('MaskedAddress/set', { create: { k: { name: 'Shop X' } } })
  const { email } = (created as { k: Masked }).k
  const { notCreated } = await submitByJmap(reader, email)
  assert.equal(notCreated, null, JSON.stringify(notCreated))
  const [sent] = await queuedLetters(server.storage, reader.account.id)
  assert.ok(sent)
  const { list } = await reader.call('Identity/get', { ids: null })
  const own = (list as Masked[]).find((one) => one.email !== email)
  assertSilent(sent, { id: reader.account.id, address: own?.email as string, password: '' }, email)
})

test('nothing can be from one that is off or given up, nor from one of somebody else', async (t) => {
  const [{ make, set, person }, other] = [await owner(), await owner()]
  const { id, email } = await make()
  assert.match(await submitBySmtp(t, other.person, email), /^5/)
  await set({ update: { [id]: { isOn: false } } })
  assert.match(await submitBySmtp(t, person, email), /^5/)
  await set({ destroy: [id] })
  assert.match(await submitBySmtp(t, person, email), /^5/)
})

test('a letter from here to one that is off is refused to whoever writes it', async (t) => {
  const [{ make, set }, writer] = [await owner(), await owner()]
  const { id, email } = await make()
  await set({ update: { [id]: { isOn: false } } })
  const smtp = await dialSmtp(t, server.submissions, { tls: true })
  const { address, password } = writer.person
  await smtp.say(`AUTH PLAIN ${Buffer.from(`\0${address}\0${password}`).toString('base64')}`)
  await smtp.say(`MAIL FROM:<${address}>`)
  let reply = await smtp.say(`RCPT TO:<${email}>`)
  if (reply.startsWith('250')) {
    await smtp.say('DATA')
    reply = await smtp.say(`${letter({ from: address, to: email }).toString()}\r\n.`)
  }
  assert.match(reply, /^550 5\.1\.1/)
})
