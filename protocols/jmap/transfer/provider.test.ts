import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startDovecot } from '#test/dovecot'
import { openJmapClient, type JmapClient } from '#test/jmap'
import { letter } from '#test/letters'
import { startServer } from '#test/server'

type Json = Record<string, unknown>

const dovecot = await startDovecot({ after })
const fetch = { allow: dovecot.allow, authority: dovecot.authority }
const server = await startServer({ after }, { fetch }, ['http', 'worker'])

const reader = async (): Promise<JmapClient> => openJmapClient(server, await server.createAccount())

const { user, password } = dovecot
const origin = { source: 'imap', host: '127.0.0.1', port: dovecot.imap, security: 'none', user, password }

async function over({ call }: JmapClient, id: string): Promise<Json> {
  for (let tries = 0; tries < 600; tries++) {
    const [found] = (await call('MailImport/get', { ids: [id] }))['list'] as Json[]
    if (['done', 'failed', 'stopped'].includes(String(found?.['state']))) return found as Json
    await sleep(50)
  }
  return assert.fail('the import is not over')
}

test('an account at another provider comes, with how far it is, and nothing shows its password', async () => {
  const client = await dovecot.client()
  for (let n = 0; n < 3; n++) await client.append('INBOX', letter(), ['\\Seen'])
  await client.logout()
  const jmap = await reader()
  const { created, notCreated } = await jmap.call('MailImport/set', { create: { k: { ...origin, password: 'wrong' } } })
  assert.equal(notCreated, null)
  const shown = (created as { k: Json }).k
  assert.deepEqual([shown['name'], shown['host'], shown['source']], [user, '127.0.0.1', 'imap'])
  const id = String(shown['id'])
  const failed = await over(jmap, id)
  assert.deepEqual([failed['state'], failed['reason']], ['failed', 'signIn'])
  const { updated } = await jmap.call('MailImport/set', { update: { [id]: { state: 'waiting', password } } })
  assert.ok(updated !== null)
  const done = await over(jmap, id)
  const names = ['state', 'reason', 'size', 'done', 'added', 'folders', 'foldersDone', 'retryAt']
  assert.deepEqual(
    names.map((name) => done[name]),
    ['done', null, 3, 3, 3, 4, 4, null],
  )
  for (const one of [shown, failed, done]) assert.ok(!JSON.stringify(one).includes(password))
})

const REFUSED: [what: string, given: Json, property: string][] = [
  ['no host', { host: '' }, 'host'],
  ['a path for a host', { host: 'a/b' }, 'host'],
  ['a port of something else', { port: 25 }, 'port'],
  ['no port', { port: 0 }, 'port'],
  ['a way that is none', { security: 'ssl' }, 'security'],
  ['two lines for a name', { user: 'a\r\nb LOGOUT' }, 'user'],
  ['two lines for a password', { password: 'a\r\nb' }, 'password'],
  ['no password', { password: '' }, 'password'],
  ['a password that is longer than any', { password: 'x'.repeat(2000) }, 'password'],
  ['a mailbox that is none', { mailboxId: 'Fzzz' }, 'mailboxId'],
  ['a size', { size: 10 }, 'size'],
]
for (const [what, given, property] of REFUSED)
  test(`an import from another provider is refused: ${what}`, async () => {
    const jmap = await reader()
    const { notCreated } = await jmap.call('MailImport/set', { create: { k: { ...origin, ...given } } })
    assert.partialDeepStrictEqual((notCreated as { k: Json }).k, { type: 'invalidProperties', properties: [property] })
  })
