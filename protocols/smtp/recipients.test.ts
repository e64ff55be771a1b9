/** Recipients at our own domains: what the sender is told while still writing, by SMTP and by JMAP alike. */
import assert from 'node:assert/strict'
import { after, test, type TestContext } from 'node:test'
import type { Posting } from '#accounts'
import { addToList, createList } from '#mail/lists'
import { changeMasked, listMasked, makeMasked, removeMaskedAddress } from '#mail/masked'
import { listQueue } from '#mail/outbound'
import { close } from '#trust/closing'
import { openJmapClient } from '#test/jmap'
import { addRecovery, type Person } from '#test/people'
import { startServer } from '#test/server'
import { dialSmtp, type Dialogue } from '#test/smtp'

const server = await startServer({ after }, { support: { address: 'help@zegel.test' } }, ['smtp', 'http'])
const { storage, config } = server
const [anna, bert] = [await server.createAccount(), await server.createAccount()]

let number = 0
const listOf = async (owner: Person, posting: Posting): Promise<string> => {
  const account = await storage.openAccount(owner.id)
  const address = `circle-${++number}@zegel.test`
  const list = await createList(storage, account, { address, name: 'Circle', posting })
  await addToList(storage, config, list, [owner.address])
  return address
}

async function closed(forwardDays?: number): Promise<string> {
  const person = await server.createAccount()
  await addRecovery(storage, person, `outside-${++number}@outside.example`)
  await close(storage, config, await storage.openAccount(person.id), { closedBy: 'owner', forwardDays })
  return person.address
}

async function suspended(): Promise<string> {
  const person = await server.createAccount()
  await storage.database.sql`update account set state = 'suspended' where account_id = ${person.id}`
  return person.address
}

async function masked(then: 'on' | 'off' | 'removed'): Promise<string> {
  const account = await storage.openAccount(bert.id)
  const id = await makeMasked(storage, account, config.masked, { name: 'shop', prefix: undefined, domain: undefined })
  const [made] = await listMasked(storage, account, [id])
  if (then === 'off') await changeMasked(storage, account, id, { isOn: false })
  if (then === 'removed') await removeMaskedAddress(storage, account, id)
  return made?.email ?? ''
}

const UNKNOWN = /^550 5\.1\.1 There is no such mailbox here$/
const REFUSED = /^550 5\.7\.2 This list or address takes no letters from this sender$/
const TAKEN = /^250/

/** Who it goes to, what RCPT says, and the reason that JMAP gives. */
const cases: [what: string, address: () => Promise<string>, reply: RegExp, reason?: string][] = [
  ['an address that nobody has', async () => 'nobody@zegel.test', UNKNOWN, 'addressUnknown'],
  ['one with a detail that nobody has', async () => 'nobody+x@zegel.test', UNKNOWN, 'addressUnknown'],
  ['somebody with a detail', async () => bert.address.replace('@', '+x@'), TAKEN],
  ['oneself', async () => anna.address, TAKEN],
  ['customer service', async () => 'help@zegel.test', TAKEN],
  ['an account that is suspended, which goes on to receive', suspended, TAKEN],
  ['a closed account', () => closed(), /^550 5\.1\.6 This mailbox is closed/, 'addressClosed'],
  ['a closed account whose mail goes on', () => closed(30), TAKEN],
  ['a masked address', () => masked('on'), TAKEN],
  ['a masked address that is switched off', () => masked('off'), UNKNOWN, 'addressUnknown'],
  ['a masked address that was removed', () => masked('removed'), UNKNOWN, 'addressUnknown'],
  ["somebody's list that anybody may write to", () => listOf(bert, 'anybody'), TAKEN],
  ["somebody's list whose owner looks first", () => listOf(bert, 'moderated'), TAKEN],
  ["somebody's list for its members", () => listOf(bert, 'members'), REFUSED, 'refused'],
  ["somebody's list that its owner alone writes to", () => listOf(bert, 'owner'), REFUSED, 'refused'],
  ['an own list', () => listOf(anna, 'owner'), TAKEN],
  [
    'what comes back for a member that we know not',
    async () => (await listOf(anna, 'anybody')).replace('@', '+b-1-00000000@'),
    UNKNOWN,
    'addressUnknown',
  ],
  [
    'a return address that we have not made',
    async () => 'srs0=abcd=xx=example.org=bea@zegel.test',
    UNKNOWN,
    'addressUnknown',
  ],
]

async function signedIn(t: TestContext, { address, password }: Person): Promise<Dialogue> {
  const smtp = await dialSmtp(t, server.submissions, { tls: true })
  assert.match(await smtp.say(`AUTH PLAIN ${Buffer.from(`\0${address}\0${password}`).toString('base64')}`), /^235/)
  return smtp
}

for (const [what, addressOf, reply, reason] of cases)
  test(`a letter to ${what}: ${reply.source.slice(1, 10)}`, async (t) => {
    const address = await addressOf()
    const smtp = await signedIn(t, anna)
    assert.match(await smtp.say(`MAIL FROM:<${anna.address}>`), /^250/)
    assert.match(await smtp.say(`RCPT TO:<${address}>`), reply)
    const before = (await listQueue(storage)).length
    assert.deepEqual(await sentByJmap(address), reason === undefined ? undefined : { [address]: reason })
    assert.equal((await listQueue(storage)).length, reason === undefined ? before + 1 : before)
  })

/** Sends a letter from Anna to somebody elsewhere and to this address. @returns why not, by address */
async function sentByJmap(address: string): Promise<unknown> {
  const jmap = await openJmapClient(server, anna)
  const [identity] = (await jmap.call('Identity/get'))['list'] as { id: string; email: string }[]
  const mailboxes = (await jmap.call('Mailbox/get'))['list'] as { id: string; role: string }[]
  const drafts = mailboxes.find(({ role }) => role === 'drafts')?.id as string
  const { created } = await jmap.call('Email/set', {
    create: {
      e: {
        mailboxIds: { [drafts]: true },
        from: [{ email: anna.address }],
        to: [{ email: address }, { email: 'bea@example.org' }],
        subject: 'Tulips',
      },
    },
  })
  const emailId = (created as { e: { id: string } }).e.id
  const answer = await jmap.call('EmailSubmission/set', { create: { s: { identityId: identity?.id, emailId } } })
  const refusal = (answer['notCreated'] as { s: Record<string, unknown> } | null)?.s
  if (refusal === undefined) return undefined
  assert.equal(refusal['type'], 'invalidRecipients')
  assert.deepEqual(refusal['invalidRecipients'], Object.keys(refusal['reasons'] as object))
  return refusal['reasons']
}

test('what writes by itself is not taken to a list, and its program hears so at DATA (RFC 3834 §2)', async (t) => {
  const list = await listOf(bert, 'anybody')
  const smtp = await signedIn(t, anna)
  await smtp.say(`MAIL FROM:<${anna.address}>`)
  assert.match(await smtp.say(`RCPT TO:<${list}>`), TAKEN)
  await smtp.say('DATA')
  const content = `From: ${anna.address}\r\nAuto-Submitted: auto-replied\r\nSubject: Away\r\n\r\nAway.\r\n.`
  assert.match(await smtp.say(content), REFUSED)
})
