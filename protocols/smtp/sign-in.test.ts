/** Signing in by SASL, as submission carries it (RFC 4954). */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { endSession, openSession } from '#accounts'
import { MECHANISMS } from '#protocols/sasl'
import { dialImap } from '#test/imap'
import { addAppPassword } from '#test/people'
import { dialPop3 } from '#test/pop3'
import { scramClient, type ScramChanges } from '#test/scram'
import { startServer } from '#test/server'
import { dialSmtp, type Dialogue } from '#test/smtp'

const server = await startServer({ after }, {}, ['smtp', 'imap', 'pop3'])
const person = await server.createAccount()

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const open = (t: { after(undo: () => void): void }): Promise<Dialogue> => dialSmtp(t, server.submissions, { tls: true })

test('whatever a program speaks, it is offered the same ways in', async (t) => {
  const smtp = await open(t)
  const [, bySmtp = ''] = /^250[- ]AUTH (.*)$/m.exec(await smtp.say('EHLO peer.example')) ?? []
  const imap = await dialImap(t, server.imaps, { tls: true })
  const [capability = ''] = await imap.ok('CAPABILITY')
  const pop3 = await dialPop3(t, server.pop3s, { tls: true })
  const sasl = (await pop3.lines('CAPA')).find((line) => line.startsWith('SASL '))
  const known = [...MECHANISMS.keys()]
  assert.deepEqual(bySmtp.split(' '), known)
  assert.deepEqual(
    [...capability.matchAll(/ AUTH=(\S+)/g)].map(([, name]) => name),
    known,
  )
  assert.deepEqual(sasl?.split(' ').slice(1), known)
})

/** @returns the last reply, and whether the server has proven itself */
async function scram(smtp: Dialogue, password: string, changes: ScramChanges = {}): Promise<[string, boolean]> {
  const client = scramClient(person.address, password, changes)
  const challenge = await smtp.say(`AUTH SCRAM-SHA-256 ${client.first}`)
  if (!challenge.startsWith('334 ')) return [challenge, false]
  const answer = await smtp.say(client.final(challenge.slice(4)))
  if (!answer.startsWith('334 ')) return [answer, false]
  return [await smtp.say(''), client.isProof(answer.slice(4))]
}

test('SCRAM lets an app password in, and proves the server to it; the main password is told where it belongs', async (t) => {
  const { secret } = await addAppPassword(server.storage, person)
  const smtp = await open(t)
  assert.match((await scram(smtp, person.password))[0], /^535 5\.7\.8 SCRAM knows app passwords only/)
  const [reply, isProven] = await scram(smtp, secret)
  assert.match(reply, /^235 2\.7\.0/)
  assert.ok(isProven)
  assert.match(await smtp.say(`MAIL FROM:<${person.address}>`), /^250/)
})

const wrong: [what: string, changes: ScramChanges, reply: RegExp][] = [
  ['a proof of zeros', { proof: Buffer.alloc(32) }, /^535 5\.7\.8/],
  ['the nonce of somebody else', { nonce: () => 'other' }, /^501 5\.5\.2/],
  ['another binding', { binding: base64('y,,') }, /^501 5\.5\.2/],
  ['channel binding that nobody offered', { gs2: 'p=tls-unique,,' }, /^501 5\.5\.2/],
  ['somebody to act for', { gs2: 'n,a=other@zegel.test,' }, /^535 5\.7\.0/],
]
for (const [what, changes, reply] of wrong)
  test(`SCRAM with ${what} lets nobody in, and the dialogue goes on`, async (t) => {
    const someone = await server.createAccount()
    const { secret } = await addAppPassword(server.storage, someone)
    const smtp = await open(t)
    assert.match((await scram(smtp, secret, { name: someone.address, ...changes }))[0], reply)
    assert.match(await smtp.say(`MAIL FROM:<${someone.address}>`), /^530/)
  })

test('a token lets in by OAUTHBEARER and XOAUTH2, and ends with its session (RFC 7628)', async (t) => {
  const { token } = await openSession(server.storage, { accountId: person.id, kind: 'bearer' })
  const bearer = base64(`n,a=${person.address},\x01auth=Bearer ${token}\x01\x01`)
  const google = await open(t)
  assert.match(
    await google.say(`AUTH XOAUTH2 ${base64(`user=${person.address}\x01auth=Bearer ${token}\x01\x01`)}`),
    /^235/,
  )
  const smtp = await open(t)
  assert.match(await smtp.say(`AUTH OAUTHBEARER ${bearer}`), /^235/)
  const { rows } = await server.storage.database.sql<{ token_key: Buffer }>`
    select token_key from session where account_id = ${person.id}`
  await endSession(server.storage, person.id, (rows[0] as { token_key: Buffer }).token_key.toString('base64url'))
  assert.match(await smtp.say(`MAIL FROM:<${person.address}>`), /^421 4\.7\.0/)

  const late = await open(t)
  const told = await late.say(`AUTH OAUTHBEARER ${bearer}`)
  const reason = JSON.parse(Buffer.from(told.slice(4), 'base64').toString()) as { status: string }
  assert.deepEqual([told.slice(0, 4), reason.status], ['334 ', 'invalid_token'], 'RFC 7628 §3.2.3')
  assert.match(await late.say(base64('\x01')), /^535 5\.7\.8/)
})

/** What no program should say: each line, and the reply to the last. */
const hostile: [what: string, lines: string[], reply: RegExp][] = [
  ['what is no base64', ['AUTH PLAIN', '!!!'], /^501 5\.5\.2/],
  ['base64 that breaks off', ['AUTH PLAIN', 'AGFubmE'], /^501 5\.5\.2/],
  ['an exchange that is given up (RFC 4954 §4)', ['AUTH PLAIN', '*'], /^501 5\.5\.2/],
  ['LOGIN given up at the password', ['AUTH LOGIN', base64('anna@zegel.test'), '*'], /^501 5\.5\.2/],
  ['PLAIN without its parts', [`AUTH PLAIN ${base64('anna')}`], /^501 5\.5\.2/],
  ['PLAIN with four parts', [`AUTH PLAIN ${base64('a\0b\0c\0d')}`], /^501 5\.5\.2/],
  ['an empty response', ['AUTH PLAIN ='], /^501 5\.5\.2/],
  ['two responses at once', ['AUTH PLAIN AAAA AAAA'], /^501 5\.5\.4/],
  ['no mechanism', ['AUTH'], /^504/],
  ['a mechanism of old', ['AUTH CRAM-MD5'], /^504/],
  ['a name with a line end in it', [`AUTH PLAIN ${base64('\0a\r\nb@zegel.test\0x')}`], /^535 5\.7\.8/],
]
for (const [what, lines, reply] of hostile)
  test(`AUTH refuses ${what}, and the next attempt is heard`, async (t) => {
    const smtp = await open(t)
    let last = ''
    for (const line of lines) last = await smtp.say(line)
    assert.match(last, reply)
    assert.match(await smtp.say(`AUTH PLAIN ${base64(`\0${person.address}\0${person.password}`)}`), /^235/)
    assert.match(await smtp.say('AUTH PLAIN'), /^503/, 'nobody becomes somebody else (RFC 4954 §4)')
  })

test('a response longer than any ends the connection', async (t) => {
  const smtp = await open(t)
  assert.match(await smtp.say('AUTH PLAIN'), /^334 $/)
  smtp.send(`${'A'.repeat(100_000)}\r\n`)
  assert.match(await smtp.next(), /^421/)
})
