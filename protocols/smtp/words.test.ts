/** Junk is known by its words, and its owner teaches better: over SMTP in, JMAP and IMAP out. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadTraining } from '#mail/antispam'
import { signedInImap } from '#test/imap'
import { openJmapClient, type JmapClient } from '#test/jmap'
import { startNameServer } from '#test/name-server'
import type { Person } from '#test/people'
import { startServer } from '#test/server'
import { dialSmtp } from '#test/smtp'

const names = await startNameServer(
  { after },
  {
    'offers.example': { TXT: ['v=spf1 ip4:127.0.0.1 -all'] },
    '_dmarc.offers.example': { TXT: ['v=DMARC1; p=reject'] },
    '1.0.0.127.in-addr.arpa': { PTR: ['localhost.example'] },
    'localhost.example': { A: ['127.0.0.1'] },
  },
)
const server = await startServer({ after }, { dns: { servers: [names.address] } }, ['smtp', 'http', 'imap', 'worker'])

let count = 0

/** Junk as there always was, from a domain that does send it. */
const offer = (): string =>
  [
    'From: Winner <win@offers.example>',
    'To: you@zegel.test',
    `Subject: EARN MONEY FAST!!! 100% FREE ${++count}`,
    `Message-ID: <${count}@offers.example>`,
    'Date: Mon, 7 Sep 2026 09:30:00 +0200',
    'MIME-Version: 1.0',
    'Content-Type: text/html',
    '',
    '<body bgcolor=yellow><font size=7>Dear friend, lose weight now! No obligation, click here to be removed.',
    'Our credit card merchant accounts are guaranteed. Make money from home, limited time offer, order today,',
    'money back guarantee!!!</font><form><img src=http://1.2.3.4/x></form>',
    '.',
  ].join('\r\n')

interface Arrived {
  id: string
  role: unknown
  findings: string[]
}

async function arrive(t: { after(undo: () => void): void }, { address }: Person, jmap: JmapClient): Promise<Arrived> {
  const smtp = await dialSmtp(t, server.smtp)
  await smtp.say('MAIL FROM:<win@offers.example>')
  await smtp.say(`RCPT TO:<${address}>`)
  await smtp.say('DATA')
  assert.match(await smtp.say(offer()), /^250/)
  const { ids } = await jmap.call('Email/query', { sort: [{ property: 'receivedAt', isAscending: false }], limit: 1 })
  const { list } = await jmap.call('Email/get', { ids, properties: ['mailboxIds', 'verdict'] })
  const [email] = list as {
    id: string
    mailboxIds: Record<string, boolean>
    verdict: { findings: { name: string }[] }
  }[]
  assert.ok(email)
  const { list: mailboxes } = await jmap.call('Mailbox/get', { ids: Object.keys(email.mailboxIds) })
  const role = (mailboxes as { role: unknown }[])[0]?.role
  return { id: email.id, role, findings: email.verdict.findings.map(({ name }) => name) }
}

/** Waits until the part `worker` has learnt so many letters of the account. */
async function hasLearnt({ id }: Person, wanted: { junk: number; good: number }): Promise<void> {
  const account = await server.storage.openAccount(id)
  for (;;) {
    const { junk, good } = (await loadTraining(account)).letters
    if (junk === wanted.junk && good === wanted.good) return
    await sleep(50)
  }
}

test('junk goes to Junk and says why; taken back by JMAP, the next alike goes to the inbox, for this person alone', async (t) => {
  const [anna, carl] = [await server.createAccount(), await server.createAccount()]
  const [jmap, other] = [await openJmapClient(server, anna), await openJmapClient(server, carl)]
  const first = await arrive(t, anna, jmap)
  assert.equal(first.role, 'junk')
  assert.ok(first.findings.includes('wordsJunk') && first.findings.includes('dmarcPass'))
  const { list } = await jmap.call('Mailbox/get', { ids: null })
  const inbox = (list as { id: string; role: string }[]).find(({ role }) => role === 'inbox')?.id as string
  await jmap.call('Email/set', { update: { [first.id]: { mailboxIds: { [inbox]: true } } } })
  await hasLearnt(anna, { junk: 0, good: 1 })
  const second = await arrive(t, anna, jmap)
  assert.equal(second.role, 'inbox')
  assert.ok(!second.findings.includes('wordsJunk'))
  assert.equal((await arrive(t, carl, other)).role, 'junk')
})

test('what IMAP moves and marks is learnt: MOVE out of Junk, COPY and EXPUNGE into it, STORE $Junk', async (t) => {
  const person = await server.createAccount()
  const jmap = await openJmapClient(server, person)
  assert.equal((await arrive(t, person, jmap)).role, 'junk')
  const imap = await signedInImap(t, server, person)
  await imap.ok('SELECT Junk')
  await imap.ok('MOVE 1 INBOX')
  await hasLearnt(person, { junk: 0, good: 1 })
  await imap.ok('SELECT INBOX')
  await imap.ok('COPY 1 Junk')
  await imap.ok('STORE 1 +FLAGS (\\Deleted)')
  await imap.ok('EXPUNGE')
  await hasLearnt(person, { junk: 1, good: 0 })
  await imap.ok('SELECT Junk')
  await imap.ok('STORE 1 +FLAGS ($NotJunk)')
  await hasLearnt(person, { junk: 0, good: 1 })
})
