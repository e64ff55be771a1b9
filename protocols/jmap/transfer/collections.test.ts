/** Accounts elsewhere that are collected: how they are kept. What comes of it is tested in transfer/collection. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openJmapClient, type JmapClient } from '#test/jmap'
import { addAppPassword } from '#test/people'
import { startServer } from '#test/server'

type Json = Record<string, unknown>

// Nobody collects here: what is shown stays as it was given.
const server = await startServer({ after }, {}, ['http'])

const reader = async (): Promise<JmapClient> => openJmapClient(server, await server.createAccount())

const imap = {
  protocol: 'imap',
  host: 'imap.example.org',
  port: 993,
  security: 'tls',
  user: 'anna@example.org',
  password: 'a password elsewhere',
  mailboxId: null,
  everyMinutes: 15,
  leavesThere: true,
}

async function create({ call }: JmapClient, given: Json = {}): Promise<Json> {
  const { created, notCreated } = await call('MailCollection/set', { create: { k: { ...imap, ...given } } })
  assert.equal(notCreated, null, JSON.stringify(notCreated))
  return (created as { k: Json }).k
}

async function refused({ call }: JmapClient, given: Json): Promise<Json> {
  const { notCreated } = await call('MailCollection/set', { create: { k: { ...imap, ...given } } })
  return (notCreated as { k: Json }).k
}

async function update({ call }: JmapClient, id: unknown, patch: Json): Promise<{ changed: Json; not: Json }> {
  const { updated, notUpdated } = await call('MailCollection/set', { update: { [String(id)]: patch } })
  return {
    changed: (updated as Json | null)?.[String(id)] as Json,
    not: (notUpdated as Json | null)?.[String(id)] as Json,
  }
}

const list = async ({ call }: JmapClient): Promise<Json[]> => (await call('MailCollection/get'))['list'] as Json[]

test('an account elsewhere is kept as it was given, and its password is never shown', async () => {
  const jmap = await reader()
  const made = await create(jmap)
  const [found] = await list(jmap)
  assert.deepEqual(found, made)
  const { id, createdAt, dueAt, ...shown } = made
  assert.match(String(id), /^o[0-9a-z]+$/)
  assert.equal(createdAt, dueAt)
  const { password, ...given } = imap
  assert.deepEqual(shown, {
    ...given,
    state: 'active',
    isRunning: false,
    reason: null,
    added: 0,
    damaged: 0,
    damages: [],
    collectedAt: null,
  })
  assert.ok(!JSON.stringify(await list(jmap)).includes(password))
  assert.deepEqual(await list(await reader()), [], 'nobody else sees it')
})

test('it is paused, goes on with another password, and its times and mailbox change', async () => {
  const jmap = await reader()
  const { id } = await create(jmap)
  const paused = await update(jmap, id, { state: 'paused' })
  assert.deepEqual([paused.changed['state'], paused.changed['dueAt']], ['paused', null])
  assert.partialDeepStrictEqual(await update(jmap, id, { dueAt: null }), {
    not: { type: 'invalidProperties', properties: ['dueAt'] },
  })
  const resumed = await update(jmap, id, { state: 'active', password: 'another one' })
  assert.equal(resumed.changed['state'], 'active')
  assert.notEqual(resumed.changed['dueAt'], null)
  const boxes = (await jmap.call('Mailbox/get', {}))['list'] as { id: string; role: string }[]
  const archive = boxes.find(({ role }) => role === 'archive')?.id ?? boxes[0]?.id
  const changed = await update(jmap, id, { everyMinutes: 1440, mailboxId: archive, dueAt: null })
  assert.deepEqual([changed.changed['everyMinutes'], changed.changed['mailboxId']], [1440, archive])
  assert.equal((await update(jmap, id, { mailboxId: null })).changed['mailboxId'], null)
  assert.equal((await update(jmap, id, { everyMinutes: 60 })).changed['mailboxId'], null)
})

test('one that is destroyed is forgotten', async () => {
  const jmap = await reader()
  const { id } = await create(jmap)
  const { destroyed } = await jmap.call('MailCollection/set', { destroy: [String(id)] })
  assert.deepEqual([destroyed, await list(jmap)], [[id], []])
  const { notDestroyed } = await jmap.call('MailCollection/set', { destroy: [String(id), 'x'] })
  assert.deepEqual(notDestroyed, { [String(id)]: { type: 'notFound' }, x: { type: 'notFound' } })
})

test('nobody is collected twice, and an account has ten of them at most', async () => {
  const jmap = await reader()
  const { id } = await create(jmap)
  assert.deepEqual(await refused(jmap, { host: 'IMAP.example.org', everyMinutes: 60 }), {
    type: 'alreadyExists',
    existingId: id,
  })
  await create(jmap, { protocol: 'pop3', port: 995 })
  for (let n = 0; n < 8; n++) await create(jmap, { user: `person ${n}` })
  assert.deepEqual(await refused(jmap, { user: 'one more' }), { type: 'overQuota' })
})

const REFUSED: [what: string, given: Json, property: string][] = [
  ['another protocol', { protocol: 'smtp' }, 'protocol'],
  ['no protocol', { protocol: null }, 'protocol'],
  ['no host', { host: '' }, 'host'],
  ['a port of POP3 for IMAP', { port: 995 }, 'port'],
  ['a port of IMAP for POP3', { protocol: 'pop3', port: 993 }, 'port'],
  ['two lines for a name', { user: 'a\r\nb LOGOUT' }, 'user'],
  ['two lines for a password', { password: 'a\r\nb' }, 'password'],
  ['a mailbox that is none', { mailboxId: 'Fzzz' }, 'mailboxId'],
  ['another interval', { everyMinutes: 1 }, 'everyMinutes'],
  ['no interval', { everyMinutes: null }, 'everyMinutes'],
  ['letters removed by IMAP', { leavesThere: false }, 'leavesThere'],
  ['what only the server says', { state: 'active' }, 'state'],
]
for (const [what, given, property] of REFUSED)
  test(`a collection is refused: ${what}`, async () => {
    assert.partialDeepStrictEqual(await refused(await reader(), given), {
      type: 'invalidProperties',
      properties: [property],
    })
  })

const NOT_CHANGED: [what: string, patch: Json, property: string][] = [
  ['another state', { state: 'running' }, 'state'],
  ['another server', { host: 'evil.example' }, 'host'],
  ['another name', { user: 'eve' }, 'user'],
  ['a password alone', { password: 'x' }, 'password'],
  ['a password for one that is paused', { state: 'paused', password: 'x' }, 'password'],
  ['two lines for a password', { state: 'active', password: 'a\r\nb' }, 'password'],
  ['a time of its own', { dueAt: '2030-01-01T00:00:00Z' }, 'dueAt'],
  ['letters removed by IMAP', { leavesThere: false }, 'leavesThere'],
  ['a mailbox that is none', { mailboxId: 'Fzzz' }, 'mailboxId'],
  ['another interval', { everyMinutes: 5 }, 'everyMinutes'],
]
for (const [what, patch, property] of NOT_CHANGED)
  test(`a change of a collection is refused: ${what}`, async () => {
    const jmap = await reader()
    const { id } = await create(jmap)
    const { not } = await update(jmap, id, patch)
    assert.partialDeepStrictEqual(not, { type: 'invalidProperties', properties: [property] })
  })

test('no app password reaches it', async () => {
  const person = await server.createAccount()
  const { secret } = await addAppPassword(server.storage, person)
  const jmap = await openJmapClient(server, { ...person, password: secret })
  await assert.rejects(jmap.call('MailCollection/get'))
})
