/** What is found in a letter on its way in: where it goes for it, and what its owner is told. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { openJmapClient, type JmapClient } from '#test/jmap'
import { fileLetter } from '#test/letters'
import { startNameServer } from '#test/name-server'
import type { Person } from '#test/people'
import { startServer } from '#test/server'
import { dialSmtp } from '#test/smtp'

const names = await startNameServer(
  { after },
  {
    'good.example': { TXT: ['v=spf1 ip4:127.0.0.1 -all'] },
    '_dmarc.good.example': { TXT: ['v=DMARC1; p=reject'] },
    'strict.example': { TXT: ['v=spf1 -all'] },
    '_dmarc.strict.example': { TXT: ['v=DMARC1; p=reject'] },
    'silent.example': 'silent',
    '1.0.0.127.in-addr.arpa': { PTR: ['localhost.example'] },
    'localhost.example': { A: ['127.0.0.1'] },
  },
)
const server = await startServer({ after }, { dns: { servers: [names.address] } }, ['smtp', 'http'])

interface Shown {
  place: string
  findings: { name: string; weight: number; values: Record<string, string> }[]
}

/** What every honest letter has. */
const COMPLETE = (): string => `Date: ${new Date().toUTCString()}\r\nMessage-ID: <${randomUUID()}@x.example>\r\n`

/** Has a letter arrive. @returns the mailbox's role, what JMAP says of it, and its source */
async function arrive(
  t: { after(undo: () => void): void },
  person: Person,
  jmap: JmapClient,
  { from, fields = '' }: { from: string; fields?: string },
): Promise<{ role: unknown; verdict: Shown; source: string }> {
  const smtp = await dialSmtp(t, server.smtp)
  await smtp.say(`MAIL FROM:<${from}>`)
  await smtp.say(`RCPT TO:<${person.address}>`)
  await smtp.say('DATA')
  assert.match(await smtp.say(`From: ${from}\r\n${COMPLETE()}${fields}Subject: Tulips\r\n\r\nRed ones.\r\n.`), /^250/)
  const { ids } = await jmap.call('Email/query', { sort: [{ property: 'receivedAt', isAscending: false }], limit: 1 })
  const { list } = await jmap.call('Email/get', { ids, properties: ['mailboxIds', 'verdict', 'blobId'] })
  const [email] = list as { mailboxIds: Record<string, boolean>; verdict: Shown; blobId: string }[]
  const { list: mailboxes } = await jmap.call('Mailbox/get', { ids: Object.keys(email?.mailboxIds ?? {}) })
  const role = (mailboxes as { role: unknown }[])[0]?.role
  const source = await sourceOf(jmap, email?.blobId as string)
  return { role, verdict: email?.verdict as Shown, source }
}

async function sourceOf({ session, accountId, headers }: JmapClient, blobId: string): Promise<string> {
  const values: Record<string, string> = { accountId, blobId, name: 'x', type: 'message/rfc822' }
  const url = String(session['downloadUrl']).replace(/\{(\w+)\}/g, (_, key: string) => values[key] ?? '')
  return (await fetch(url, { headers })).text()
}

const person = await server.createAccount()
const jmap = await openJmapClient(server, person)
const named = ({ findings }: Shown): string[] => findings.map(({ name }) => name)

test('a letter from where its domain sends is in the inbox, and its origin stands on top of it', async (t) => {
  const { role, verdict, source } = await arrive(t, person, jmap, { from: 'bea@good.example' })
  assert.equal(role, 'inbox')
  assert.deepEqual([verdict.place, named(verdict)], ['inbox', ['spfPass', 'dmarcPass']])
  assert.deepEqual(verdict.findings[0]?.values, { domain: 'good.example' })
  assert.match(source, /^Return-Path: <bea@good.example>\r\nAuthentication-Results: zegel.test;\r\n\t/)
  assert.match(source, /\tdmarc=pass /)
  assert.match(source, /\tiprev=pass policy.iprev=127.0.0.1\r\nReceived: /)
})

test('a letter that its domain disowns is in Junk, and says why', async (t) => {
  const { role, verdict } = await arrive(t, person, jmap, { from: 'bea@strict.example' })
  assert.equal(role, 'junk')
  assert.deepEqual([verdict.place, named(verdict)], ['junk', ['dmarcReject', 'spfFail']])
})

test('who writes our own results into a letter has written in vain', async (t) => {
  const fields = 'Authentication-Results: zegel.test; dmarc=pass header.from=strict.example\r\n'
  const { role, source } = await arrive(t, person, jmap, { from: 'bea@strict.example', fields })
  assert.equal(role, 'junk')
  assert.doesNotMatch(source, /dmarc=pass/)
  assert.equal(source.match(/^Authentication-Results:/gm)?.length, 1)
})

test('a letter whose name servers are silent is not lost, and nothing is held against it', async (t) => {
  const { role, verdict } = await arrive(t, person, jmap, { from: 'bea@silent.example' })
  assert.equal(role, 'inbox')
  assert.ok(verdict.findings.every(({ weight }) => weight <= 0))
})

const HINTS: readonly [what: string, fields: string, finding: string | undefined][] = [
  ['whose answers go to another domain', 'Reply-To: <x@elsewhere.example>\r\n', 'replyToElsewhere'],
  ['whose answers go to a part of the same', 'Reply-To: <x@mail.good.example>\r\n', undefined],
  [
    'of a list, whose answers go to the list',
    'Reply-To: <x@lists.example>\r\nList-Id: <x.lists.example>\r\n',
    undefined,
  ],
]
for (const [what, fields, finding] of HINTS)
  test(`a letter ${what}`, async (t) => {
    const { verdict } = await arrive(t, person, jmap, { from: 'bea@good.example', fields })
    assert.deepEqual(
      named(verdict).filter((name) => name === 'replyToElsewhere'),
      finding === undefined ? [] : [finding],
    )
  })

test('a letter that did not come by SMTP has no verdict', async () => {
  const other = await server.createAccount()
  await fileLetter(server, other, { subject: 'Kept' })
  const reader = await openJmapClient(server, other)
  const { ids } = await reader.call('Email/query')
  const { list } = await reader.call('Email/get', { ids, properties: ['verdict'] })
  assert.equal((list as { verdict: unknown }[])[0]?.verdict, null)
})
