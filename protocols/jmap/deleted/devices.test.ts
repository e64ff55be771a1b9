import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openSession } from '#accounts'
import { signedInImap } from '#test/imap'
import { letter, openMailReader, type MailReader } from '#test/letters'
import { addAppPassword, type Person } from '#test/people'
import { signedInSieve } from '#test/managesieve'
import { signedInPop3 } from '#test/pop3'
import { startServer } from '#test/server'
import { openJmapClient, type JmapClient } from '#test/jmap'
import { fileLetter } from '#test/letters'

type Json = Record<string, unknown>

const server = await startServer({ after }, {}, ['http', 'imap', 'pop3', 'managesieve'])
const { storage } = server
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0'

const deletions = async (client: Pick<JmapClient, 'call'>): Promise<Json[]> =>
  (await client.call('Deletion/get', { ids: null }))['list'] as Json[]

/** Deletes the one letter in the inbox, in each way that there is. */
const WAYS: Record<
  string,
  { device: Json | null; act(t: Parameters<typeof signedInImap>[0], person: Person): Promise<void> }
> = {
  'IMAP with the main password': {
    device: { by: 'password', name: null, protocol: 'imap' },
    async act(t, person) {
      const imap = await signedInImap(t, server, person, { select: 'INBOX' })
      await imap.ok('STORE 1 +FLAGS (\\Deleted)')
      await imap.ok('EXPUNGE')
    },
  },
  'IMAP with an app password': {
    device: { by: 'appPassword', name: 'Telefon', protocol: 'imap' },
    async act(t, person) {
      const { secret } = await addAppPassword(storage, person)
      const imap = await signedInImap(t, server, { ...person, password: secret }, { select: 'INBOX' })
      await imap.ok('STORE 1 +FLAGS (\\Deleted)')
      await imap.ok('UID EXPUNGE 1:*')
    },
  },
  'POP3 with the main password': {
    device: { by: 'password', name: null, protocol: 'pop3' },
    async act(t, person) {
      const pop3 = await signedInPop3(t, server, person)
      await pop3.ok('DELE 1')
      await pop3.ok('QUIT')
    },
  },
  'ManageSieve with an app password': {
    device: { by: 'appPassword', name: 'Telefon', protocol: 'managesieve' },
    async act(t, person) {
      const { secret } = await addAppPassword(storage, person)
      const sieve = await signedInSieve(t, server, { ...person, password: secret })
      await sieve.ok('PUTSCRIPT "rules" "keep;"')
      await sieve.ok('DELETESCRIPT "rules"')
    },
  },
  'a browser, named without what it says beside its version': {
    device: { by: 'browser', name: 'Firefox 145.0', protocol: 'jmap' },
    async act(_t, person) {
      const { token } = await openSession(storage, { accountId: person.id, kind: 'cookie', userAgent: FIREFOX })
      const { accountId, session } = await openJmapClient(server, person)
      const post = (name: string, args: Json) =>
        fetch(String(session['apiUrl']), {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'user-agent': FIREFOX },
          body: JSON.stringify({
            using: ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:mail'],
            methodCalls: [
              ['Email/query', { accountId }, '0'],
              [name, { accountId, ...args }, '1'],
            ],
          }),
        })
      const answer = await post('Email/set', { '#destroy': { resultOf: '0', name: 'Email/query', path: '/ids' } })
      assert.equal(answer.status, 200)
    },
  },
  'the service by itself': {
    device: null,
    async act(_t, { id }) {
      const account = await storage.openAccount(id)
      const { updateItems } = await import('#items')
      const { rows } = await account.sql<{ item_id: number }>`select item_id from item where account_id = ${id}`
      await account.write((tx) =>
        updateItems(
          tx,
          'mail',
          rows.map((row) => row.item_id),
          () => ({ folders: [] }),
        ),
      )
    },
  },
}
for (const [what, { device, act }] of Object.entries(WAYS))
  test(`a deletion names its device: ${what}`, async (t) => {
    const person = await server.createAccount()
    await fileLetter(server, person)
    await act(t, person)
    const client = await openJmapClient(server, person)
    const [deletion, ...others] = await deletions(client)
    assert.deepEqual([deletion?.['device'], deletion?.['left'], others.length], [device, 1, 0])
  })

test('what one device deletes by many commands is one deletion; what another does between them is not', async (t) => {
  const person = await server.createAccount()
  for (let at = 0; at < 4; at++) await fileLetter(server, person)
  const imap = await signedInImap(t, server, person, { select: 'INBOX' })
  const client = await openJmapClient(server, person)
  for (const uid of [1, 2]) {
    await imap.ok(`UID STORE ${uid} +FLAGS (\\Deleted)`)
    await imap.ok(`UID EXPUNGE ${uid}`)
  }
  const { ids } = await client.call('Email/query')
  await client.call('Email/set', { destroy: [(ids as string[])[0]] })
  await imap.ok('UID STORE 1:* +FLAGS (\\Deleted)')
  await imap.ok('EXPUNGE')
  const protocols = (await deletions(client)).map(({ device, count }) => [(device as Json)['protocol'], count])
  assert.deepEqual(protocols, [
    ['imap', 1],
    ['jmap', 1],
    ['imap', 2],
  ])
})

test('a letter that was marked as \\Deleted comes back without that mark, under a new UID, and sessions hear of it', async (t) => {
  const person = await server.createAccount()
  const id = await fileLetter(server, person)
  const other = await signedInImap(t, server, person, { select: 'INBOX' })
  const imap = await signedInImap(t, server, person, { select: 'INBOX' })
  await imap.ok('STORE 1 +FLAGS (\\Deleted \\Flagged)')
  await imap.ok('EXPUNGE')
  assert.ok((await other.ok('NOOP')).some((line) => /EXPUNGE/.test(line)))
  const client = await openJmapClient(server, person)
  assert.equal((await client.call('DeletedItem/restore', { ids: [`D${id.toString(36)}`] }))['restored'], 1)
  assert.ok((await other.ok('NOOP')).includes('1 EXISTS'))
  const [fetched] = await other.ok('FETCH 1 (UID FLAGS)')
  assert.match(String(fetched), /UID 2/)
  assert.match(String(fetched), /\\Flagged/)
  assert.doesNotMatch(String(fetched), /\\Deleted/)
  assert.deepEqual(await imap.ok('EXPUNGE').then((lines) => lines.filter((line) => /EXPUNGE/.test(line))), [])
})

test('a folder that is made again goes on with its UIDs under a new UIDVALIDITY', async (t) => {
  const reader: MailReader = await openMailReader(server)
  const { created } = await reader.call('Mailbox/set', { create: { x: { name: 'Garden' } } })
  const folder = ((created as Json)['x'] as { id: string }).id
  await reader.file([folder], letter())
  await reader.file([folder], letter())
  const person = { id: reader.account.id, address: String(reader.session['username']), password: '' }
  const { passwordOf } = { passwordOf: reader.headers['authorization'] as string }
  const [, password = ''] = Buffer.from(passwordOf.slice(6), 'base64').toString().split(':')
  const imap = await signedInImap(t, server, { ...person, password })
  const valueOf = (lines: string[], name: string): number =>
    Number(new RegExp(`${name} (\\d+)`).exec(lines.join('\n'))?.[1])
  const before = await imap.ok('SELECT Garden')
  await reader.call('Mailbox/set', { destroy: [folder], onDestroyRemoveEmails: true })
  await imap.ok('NOOP').catch(() => undefined)
  await reader.call('DeletedItem/restore', { folderId: folder })
  const again = await signedInImap(t, server, { ...person, password })
  const after = await again.ok('SELECT Garden')
  assert.ok(valueOf(after, 'UIDVALIDITY') > valueOf(before, 'UIDVALIDITY'))
  assert.deepEqual([valueOf(before, 'UIDNEXT'), valueOf(after, 'UIDNEXT')], [3, 5])
  assert.match((await again.ok('UID SEARCH ALL')).join(), /3 4/)
})
