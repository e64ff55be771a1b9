/** Signing in by SASL, as IMAP carries it. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { endSession, openSession, revokeAppPassword } from '#accounts'
import { dialImap, type ImapDialogue } from '#test/imap'
import { addAppPassword } from '#test/people'
import { scramClient, type ScramChanges } from '#test/scram'
import { startServer } from '#test/server'

const server = await startServer({ after }, {}, ['imap'])
const person = await server.createAccount()

const base64 = (text: string): string => Buffer.from(text).toString('base64')
/** @returns the tagged response, and whether the server has proven itself */
async function scram(imap: ImapDialogue, password: string, changes: ScramChanges = {}): Promise<[string, boolean]> {
  const client = scramClient(person.address, password, changes)
  imap.send(`s AUTHENTICATE SCRAM-SHA-256 ${client.first}\r\n`)
  const challenge = await imap.next()
  if (!challenge.startsWith('+ ')) return [challenge, false]
  imap.send(`${client.final(challenge.slice(2))}\r\n`)
  const answer = await imap.next()
  if (!answer.startsWith('+ ')) return [answer, false]
  imap.send('\r\n')
  return [await imap.next(), client.isProof(answer.slice(2))]
}

const open = (t: { after(undo: () => void): void }): Promise<ImapDialogue> => dialImap(t, server.imaps, { tls: true })

test('SCRAM lets an app password in, and proves the server to it', async (t) => {
  const { secret } = await addAppPassword(server.storage, person)
  const imap = await open(t)
  const bare = secret.replace(/[^A-Za-z0-9]/g, '')
  for (const typed of [secret, bare]) {
    const other = await open(t)
    assert.match((await scram(other, typed))[0], /^s OK/, typed)
  }
  assert.deepEqual((await scram(imap, secret))[1], true)
  await imap.ok('SELECT INBOX')
})

const wrong: Record<string, { changes: ScramChanges; answer: RegExp }> = {
  'a proof of zeros': { changes: { proof: Buffer.alloc(32) }, answer: /^s NO \[AUTHENTICATIONFAILED\]/ },
  'a proof that is too short': { changes: { proof: Buffer.alloc(8) }, answer: /^s NO \[AUTHENTICATIONFAILED\]/ },
  'the nonce of somebody else': { changes: { nonce: () => 'other' }, answer: /^s BAD/ },
  'a nonce that goes on': { changes: { nonce: (nonce) => `${nonce}x` }, answer: /^s BAD/ },
  'another binding': { changes: { binding: base64('y,,') }, answer: /^s BAD/ },
  'channel binding that nobody offered': { changes: { gs2: 'p=tls-unique,,' }, answer: /^s BAD/ },
  'a name that is not escaped': { changes: { name: 'a=b' }, answer: /^s BAD/ },
  'somebody to act for': { changes: { gs2: 'n,a=other@zegel.test,' }, answer: /^s NO \[AUTHORIZATIONFAILED\]/ },
  'an address that nobody has': { changes: { name: 'nobody@zegel.test' }, answer: /^s NO \[AUTHENTICATIONFAILED\]/ },
}
for (const [what, { changes, answer }] of Object.entries(wrong))
  test(`SCRAM with ${what} lets nobody in`, async (t) => {
    const someone = await server.createAccount()
    const { secret } = await addAppPassword(server.storage, someone)
    const imap = await open(t)
    assert.match((await scram(imap, secret, { name: someone.address, ...changes }))[0], answer)
    assert.match((await imap.say('NOOP')).tagged, /^OK/)
  })

test('SCRAM knows no main password', async (t) => {
  const someone = await server.createAccount()
  const imap = await open(t)
  assert.match((await scram(imap, someone.password, { name: someone.address }))[0], /^s NO \[AUTHENTICATIONFAILED\]/)
})

test('a token of this server lets in, by OAUTHBEARER and XOAUTH2, until its session ends', async (t) => {
  const { token } = await openSession(server.storage, { accountId: person.id, kind: 'bearer' })
  const other = await server.createAccount()
  const ways: [initial: string, answer: RegExp][] = [
    [`OAUTHBEARER ${base64(`n,a=${person.address},\x01auth=Bearer ${token}\x01\x01`)}`, /^OK/],
    [`OAUTHBEARER ${base64(`n,,\x01host=localhost\x01auth=Bearer ${token}\x01\x01`)}`, /^OK/],
    [`XOAUTH2 ${base64(`user=${person.address}\x01auth=Bearer ${token}\x01\x01`)}`, /^OK/],
    [`XOAUTH2 ${base64(`user=${other.address}\x01auth=Bearer ${token}\x01\x01`)}`, /^NO \[AUTHENTICATIONFAILED\]/],
    [`OAUTHBEARER ${base64(`n,,\x01auth=Bearer ${'A'.repeat(43)}\x01\x01`)}`, /^NO \[AUTHENTICATIONFAILED\]/],
    [`OAUTHBEARER ${base64('n,,\x01auth=Basic AAAA\x01\x01')}`, /^BAD/],
  ]
  let last: ImapDialogue | undefined
  for (const [initial, answer] of ways) {
    const imap = await open(t)
    assert.match((await imap.say(`AUTHENTICATE ${initial}`, base64('\x01'))).tagged, answer, initial)
    if (answer.source === '^OK') last = imap
  }
  const { rows } = await server.storage.database.sql<{ token_key: Buffer }>`
    select token_key from session where account_id = ${person.id}`
  await endSession(server.storage, person.id, (rows[0] as { token_key: Buffer }).token_key.toString('base64url'))
  assert.match((await last?.next()) ?? '', /^\* BYE \[EXPIRED\]/)
})

test('an app password that only reads changes nothing; one for something else is not let in', async (t) => {
  const reading = await addAppPassword(server.storage, person, { readOnly: true })
  const imap = await open(t)
  await imap.ok(`LOGIN ${person.address} ${reading.secret}`)
  const { tagged } = await imap.say('SELECT INBOX')
  assert.match(tagged, /^OK \[READ-ONLY\]/)
  assert.match((await imap.say('STORE 1 +FLAGS (\\Seen)')).tagged, /^NO \[NOPERM\]/)
  const calendar = await addAppPassword(server.storage, person, { scopes: ['calendar'] })
  const other = await open(t)
  assert.match((await other.say(`LOGIN ${person.address} ${calendar.secret}`)).tagged, /^NO \[AUTHORIZATIONFAILED\]/)
})

test('who came by an app password is out the moment it is revoked, in IDLE too', async (t) => {
  const { id, secret } = await addAppPassword(server.storage, person)
  const [idle, other] = [await open(t), await open(t)]
  await idle.ok(`LOGIN ${person.address} ${secret}`)
  await other.ok(`LOGIN ${person.address} ${person.password}`)
  await idle.ok('SELECT INBOX')
  idle.send('i IDLE\r\n')
  assert.equal(await idle.next(), '+ idling')
  await revokeAppPassword(server.storage, person.id, id)
  assert.match(await idle.next(), /^\* BYE \[EXPIRED\]/)
  await other.ok('NOOP')
})
