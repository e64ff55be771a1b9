/** Who is recorded in the journal, by which protocol ever they come. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openSession } from '#accounts'
import { nowMs } from '#system'
import { readJournal, type RecordedEntry } from '#trust/journal'
import { dialImap } from './imap.ts'
import { basicAuth, openJmapClient } from './jmap.ts'
import { letter, openMailReader } from './letters.ts'
import type { Person } from './people.ts'
import { dialSieve, plainOf } from './managesieve.ts'
import { dialPop3 } from './pop3.ts'
import { startServer } from './server.ts'
import { reply, startSink } from './sink.ts'
import { dialSmtp, type Dialogue } from './smtp.ts'

const sink = await startSink(
  { after },
  { script: { RCPT: (address) => (address.includes('full@') ? reply('550 5.2.2 Full') : undefined) } },
)
const server = await startServer(
  { after },
  { routes: { 'example.org': `${sink.host}:${sink.port}` }, smtp: { maxMessageMegabytes: 0.1 } },
  ['smtp', 'http', 'imap', 'pop3', 'managesieve', 'queue'],
)

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0'

/** What is recorded of an address, the oldest first, once there are so many entries. */
async function recorded(address: string, count: number): Promise<RecordedEntry[]> {
  for (;;) {
    const entries = await readJournal(server.storage, {
      from: new Date(nowMs() - 3_600_000),
      to: new Date(nowMs() + 3_600_000),
      addresses: [address],
      limit: 100,
    })
    if (entries.length >= count) {
      assert.equal(entries.length, count, JSON.stringify(entries))
      return entries.toReversed()
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const EMPTY = { messageId: null, sender: null, recipient: null, subject: null, browser: null, country: null }
const LOCAL = { ...EMPTY, ip: '127.0.0.1' }
const told = ({ time: _time, ...entry }: RecordedEntry): unknown => entry

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const plain = ({ address, password }: Person): string => base64(`\0${address}\0${password}`)

type Undo = { after(undo: () => void): void }

/** One way to sign in: whether one was let in. */
type Way = (t: Undo, person: Person) => Promise<boolean>

const signInPage: Way = async (_t, { address, password }) => {
  const response = await fetch(`${server.http}/en/sign-in`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'user-agent': FIREFOX },
    body: new URLSearchParams({ address, password }),
  })
  return response.headers.get('location') === '/app/'
}

const ways: Record<string, { way: Way; browser?: string }> = {
  'the sign-in page': { way: signInPage, browser: 'Firefox 145.0' },
  'a token for JMAP': {
    way: async (_t, { address, password }) => {
      const headers = { 'content-type': 'application/json' }
      const body = JSON.stringify({ address, password })
      return (await fetch(`${server.http}/jmap/token`, { method: 'POST', headers, body })).status === 201
    },
  },
  'JMAP with HTTP Basic': {
    way: async (_t, person) => {
      const headers = { authorization: basicAuth(person), 'user-agent': FIREFOX }
      const statuses = []
      for (let i = 0; i < 3; i++) statuses.push((await fetch(`${server.http}/jmap/session`, { headers })).status)
      return statuses.every((status) => status === 200)
    },
    browser: 'Firefox 145.0',
  },
  'IMAP, LOGIN': {
    way: async (t, { address, password }) =>
      (await (await dialImap(t, server.imaps, { tls: true })).say(`LOGIN ${address} ${password}`)).tagged.startsWith(
        'OK',
      ),
  },
  'IMAP, AUTHENTICATE': {
    way: async (t, person) =>
      (
        await (await dialImap(t, server.imaps, { tls: true })).say(`AUTHENTICATE PLAIN ${plain(person)}`)
      ).tagged.startsWith('OK'),
  },
  POP3: {
    way: async (t, { address, password }) => {
      const pop3 = await dialPop3(t, server.pop3s, { tls: true })
      await pop3.say(`USER ${address}`)
      return (await pop3.say(`PASS ${password}`)).startsWith('+OK')
    },
  },
  ManageSieve: {
    way: async (t, { address, password }) => {
      const sieve = await dialSieve(t, server.managesieve)
      await sieve.ok('STARTTLS')
      await sieve.startTls()
      return (await sieve.say(`AUTHENTICATE "PLAIN" "${plainOf(address, password)}"`)).startsWith('OK')
    },
  },
  submission: {
    way: async (t, person) =>
      (await (await dialSmtp(t, server.submissions, { tls: true })).say(`AUTH PLAIN ${plain(person)}`)).startsWith(
        '235',
      ),
  },
}
for (const [what, { way, browser = null }] of Object.entries(ways))
  test(`who signs in is recorded, and who is refused: ${what}`, async (t) => {
    const person = await server.createAccount()
    const entry = { ...LOCAL, sender: person.address, browser }
    assert.equal(await way(t, { ...person, address: person.address.toUpperCase() }), true)
    assert.deepEqual((await recorded(person.address, 1)).map(told), [entry])
    const stranger = await server.createAccount()
    assert.equal(await way(t, { ...stranger, password: 'wrong' }), false)
    assert.deepEqual((await recorded(stranger.address, 1)).map(told), [{ ...entry, sender: stranger.address }])
  })

test('a program that signs in by a token is recorded by the address of its account', async (t) => {
  const person = await server.createAccount()
  const { token } = await openSession(server.storage, { accountId: person.id, kind: 'bearer' })
  const imap = await dialImap(t, server.imaps, { tls: true })
  await imap.ok(`AUTHENTICATE OAUTHBEARER ${base64(`n,,\x01auth=Bearer ${token}\x01\x01`)}`)
  assert.deepEqual((await recorded(person.address, 1)).map(told), [{ ...LOCAL, sender: person.address }])
})

async function say(smtp: Dialogue, ...lines: string[]): Promise<string> {
  let last = ''
  for (const line of lines) last = await smtp.say(line)
  return last
}

const LETTER = [
  'From: Bea <bea@example.org>',
  'Message-ID: <lampion@example.org>',
  'Subject: =?utf-8?q?Lampions_f=C3=BCr_den_Garten?=',
  '',
  'Red ones.',
  '.',
].join('\r\n')

test('a letter that arrives is recorded for each recipient', async (t) => {
  const [anna, bert] = [await server.createAccount(), await server.createAccount()]
  const smtp = await dialSmtp(t, server.smtp)
  const detail = anna.address.replace('@', '+shop@')
  await say(smtp, 'MAIL FROM:<Bea@example.org>', `RCPT TO:<${detail}>`, `RCPT TO:<${bert.address}>`, 'DATA')
  assert.match(await smtp.say(LETTER), /^250/)
  for (const { address } of [anna, bert])
    assert.deepEqual((await recorded(address, 1)).map(told), [
      {
        ...LOCAL,
        messageId: 'lampion@example.org',
        sender: 'bea@example.org',
        recipient: address,
        subject: 'Lampions für den Garten',
      },
    ])
})

test('a letter refused after its content is recorded, and so is a recipient that nobody is', async (t) => {
  const anna = await server.createAccount()
  const smtp = await dialSmtp(t, server.smtp)
  await say(smtp, 'MAIL FROM:<>', `RCPT TO:<${anna.address}>`, 'DATA')
  assert.match(await smtp.say(LETTER.replace('Red ones.', 'x'.repeat(200_000))), /^552/)
  assert.deepEqual((await recorded(anna.address, 1)).map(told), [{ ...LOCAL, recipient: anna.address }])
  const around = 'Received: from a by b; date\r\n'.repeat(51)
  await say(smtp, 'MAIL FROM:<>', `RCPT TO:<${anna.address}>`, 'DATA')
  assert.match(await smtp.say(around + LETTER), /^554/)
  assert.equal((await recorded(anna.address, 2))[1]?.messageId, 'lampion@example.org')
  assert.match(await say(smtp, 'MAIL FROM:<eve@example.net>', 'RCPT TO:<nobody-17@zegel.test>'), /^550/)
  assert.deepEqual((await recorded('nobody-17@zegel.test', 1)).map(told), [
    { ...LOCAL, sender: 'eve@example.net', recipient: 'nobody-17@zegel.test' },
  ])
})

test('a letter submitted by a mail program is recorded, and each recipient’s end of it', async (t) => {
  const anna = await server.createAccount()
  const smtp = await dialSmtp(t, server.submissions, { tls: true })
  await say(smtp, `AUTH PLAIN ${plain(anna)}`)
  assert.match(await say(smtp, `MAIL FROM:<${anna.address}>`, 'RCPT TO:<nobody-18@zegel.test>'), /^550/)
  await say(smtp, 'RCPT TO:<full@example.org>', 'RCPT TO:<bea@example.org>', 'DATA')
  assert.match(await smtp.say(LETTER.replace(/From: .*/, `From: ${anna.address}`)), /^250/)
  const named = { messageId: 'lampion@example.org', subject: 'Lampions für den Garten', sender: anna.address }
  // Signing in, the refused recipient, two submissions, two ends, and the letter that came back to her.
  const entries = (await recorded(anna.address, 7)).map(told)
  assert.deepEqual(entries.slice(0, 4), [
    { ...LOCAL, sender: anna.address },
    { ...LOCAL, sender: anna.address, recipient: 'nobody-18@zegel.test' },
    { ...LOCAL, ...named, recipient: 'full@example.org' },
    { ...LOCAL, ...named, recipient: 'bea@example.org' },
  ])
  const ends = entries.slice(4).toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)))
  const expected = [
    { ...EMPTY, ip: null, ...named, recipient: 'full@example.org' },
    { ...EMPTY, ip: null, ...named, recipient: 'bea@example.org' },
    { ...EMPTY, ip: null, recipient: anna.address },
  ]
  for (const one of expected) assert.ok(ends.some((end) => JSON.stringify(sorted(end)) === JSON.stringify(sorted(one))))
})

const sorted = (entry: unknown): unknown => Object.entries(entry as object).toSorted(([a], [b]) => a.localeCompare(b))

test('a letter refused at submission is recorded', async (t) => {
  const anna = await server.createAccount()
  const smtp = await dialSmtp(t, server.submissions, { tls: true })
  await say(smtp, `AUTH PLAIN ${plain(anna)}`, `MAIL FROM:<${anna.address}>`, 'RCPT TO:<bea@example.org>', 'DATA')
  assert.match(await smtp.say(LETTER), /^550 5\.7\.1/)
  assert.deepEqual((await recorded(anna.address, 2)).map(told)[1], {
    ...LOCAL,
    sender: anna.address,
    recipient: 'bea@example.org',
  })
})

test('a letter sent in the browser is recorded with the browser', async () => {
  const anna = await openMailReader(server)
  anna.headers['user-agent'] = FIREFOX
  const [identity] = (await anna.call('Identity/get'))['list'] as { id: string; email: string }[]
  const { id: identityId = '', email = '' } = identity ?? {}
  const content = letter({ from: email, to: 'bea@example.org', subject: 'Dahlias', messageId: 'd1@zegel.test' })
  const emailId = await anna.file('drafts', content, { keywords: ['$draft'] })
  const { created } = await anna.call('EmailSubmission/set', { create: { s: { identityId, emailId } } })
  assert.ok((created as { s?: object }).s)
  const named = { messageId: 'd1@zegel.test', subject: 'Dahlias', sender: email, recipient: 'bea@example.org' }
  const entries = (await recorded(email, 3)).map(told)
  assert.deepEqual(entries[1], { ...LOCAL, ...named, browser: 'Firefox 145.0' })
  assert.deepEqual(entries[2], { ...EMPTY, ip: null, ...named })
})

test('of an account that is not mentioned nothing is found', async () => {
  const [anna, bert] = [await server.createAccount(), await server.createAccount()]
  await openJmapClient(server, anna)
  await recorded(anna.address, 1)
  await recorded(bert.address, 0)
})
