import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { openSession } from '#accounts'
import { openJmapClient } from '#test/jmap'
import { startServer } from '#test/server'

type Json = Record<string, unknown>

async function open(t: TestContext) {
  const server = await startServer(t, {}, ['http'])
  const person = await server.createAccount()
  const client = await openJmapClient(server, person)
  const settings = async (): Promise<Json> => ((await client.call('Settings/get'))['list'] as Json[])[0] as Json
  const update = (patch: Json, id = 'singleton'): Promise<Json> =>
    client.call('Settings/set', { update: { [id]: patch } })
  return { server, person, client, settings, update }
}

test('settings are read, changed one by one, and given a new state', async (t) => {
  const { client, settings, update } = await open(t)
  const before = await client.call('Settings/get')
  const label = { name: 'Rechnungen', color: 3 }
  const set = await update({ language: 'de', 'labels/bills': label })
  assert.deepEqual(set['updated'], { singleton: null })
  assert.equal(set['oldState'], before['state'])
  assert.notEqual(set['newState'], before['state'])
  const { language, labels } = await settings()
  assert.deepEqual({ language, labels }, { language: 'de', labels: { bills: label } })
  await update({ 'labels/bills': null, 'labels/home': { name: 'Zuhause', color: 1 } })
  assert.deepEqual((await settings())['labels'], { home: { name: 'Zuhause', color: 1 } })
  await update(await settings())
  assert.equal(
    (await client.call('Settings/get', { ids: ['singleton'], properties: ['theme'] }))['state'],
    (await client.call('Settings/get'))['state'],
  )
  assert.deepEqual((await client.call('Settings/get', { ids: ['other'] }))['notFound'], ['other'])
})

const wrong: [mistake: string, patch: Json, error: Json][] = [
  ['a language we do not speak', { language: 'xx' }, { type: 'invalidProperties', properties: ['language'] }],
  ['a time zone that is an offset', { timeZone: '+01:00' }, { type: 'invalidProperties', properties: ['timeZone'] }],
  [
    'a color out of range',
    { 'labels/x': { name: 'x', color: 9 } },
    { type: 'invalidProperties', properties: ['labels'] },
  ],
  ['a setting there is none of', { color: 'red' }, { type: 'invalidProperties', properties: ['color'] }],
  ['no language', { language: null }, { type: 'invalidProperties', properties: ['language'] }],
  ['another id', { id: 'x' }, { type: 'invalidProperties', properties: ['id'] }],
  [
    'a part of what has none',
    { 'language/x': 1 },
    { type: 'invalidPatch', description: 'a key points into what is not there' },
  ],
  [
    'a label and all labels',
    { labels: {}, 'labels/x': null },
    { type: 'invalidPatch', description: 'a key is the beginning of another' },
  ],
]
test('a setting that does not fit changes none', async (t) => {
  const { settings, update } = await open(t)
  const before = await settings()
  for (const [mistake, patch, error] of wrong)
    await t.test(mistake, async () => {
      const set = await update({ theme: 'dark', ...patch })
      assert.deepEqual(set['notUpdated'], { singleton: error })
      assert.equal(set['updated'], null)
      assert.deepEqual(await settings(), before)
    })
})

test('there is one object of settings and will be', async (t) => {
  const { client, update } = await open(t)
  const set = await client.call('Settings/set', { create: { k: {} }, destroy: ['singleton'] })
  assert.deepEqual(set['notCreated'], { k: { type: 'singleton' } })
  assert.deepEqual(set['notDestroyed'], { singleton: { type: 'singleton' } })
  assert.deepEqual((await update({}, 'other'))['notUpdated'], { other: { type: 'notFound' } })
})

test('a person sees where they are signed in, and ends it from elsewhere', async (t) => {
  const { server, person, client } = await open(t)
  const userAgent = 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0'
  const { token } = await openSession(server.storage, { accountId: person.id, kind: 'bearer', userAgent })
  const bearer = { authorization: `Bearer ${token}` }
  const own = await client.post(
    JSON.stringify({
      using: ['urn:zegel:account'],
      methodCalls: [['SignIn/get', { accountId: client.accountId }, '0']],
    }),
    bearer,
  )
  const { methodResponses } = (await own.json()) as {
    methodResponses: [string, { list: Json[]; state: string }, string][]
  }
  const [signIn] = methodResponses[0]?.[1].list ?? []
  assert.deepEqual(
    [signIn?.['browser'], signIn?.['kind'], signIn?.['isCurrent'], signIn?.['country']],
    ['Firefox 145.0', 'bearer', true, null],
  )
  assert.match(String(signIn?.['createdAt']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)

  const seen = await client.call('SignIn/get', { ids: [signIn?.['id']] })
  assert.equal(((seen['list'] as Json[])[0] as Json)['isCurrent'], false)
  const set = await client.call('SignIn/set', {
    destroy: [signIn?.['id'], 'sAAAAAAAAAAAAAAAAAAAAAA'],
    update: { [String(signIn?.['id'])]: {} },
    create: { k: {} },
  })
  assert.deepEqual(set['destroyed'], [signIn?.['id']])
  assert.deepEqual(set['notDestroyed'], { sAAAAAAAAAAAAAAAAAAAAAA: { type: 'notFound' } })
  assert.deepEqual((set['notCreated'] as Json)['k'], { type: 'forbidden', description: 'this type has no create' })
  assert.notEqual(set['newState'], set['oldState'])
  assert.equal((await fetch(`${server.http}/.well-known/jmap`, { headers: bearer })).status, 401)
})

test("nobody ends somebody else's session", async (t) => {
  const { server, client } = await open(t)
  const stranger = await server.createAccount()
  const { token } = await openSession(server.storage, { accountId: stranger.id, kind: 'bearer' })
  const theirs = await openJmapClient(server, stranger)
  const [signIn] = (await theirs.call('SignIn/get'))['list'] as Json[]
  const set = await client.call('SignIn/set', { destroy: [signIn?.['id']] })
  assert.deepEqual(set['notDestroyed'], { [String(signIn?.['id'])]: { type: 'notFound' } })
  assert.equal(
    (await client.fail('SignIn/set', { accountId: theirs.accountId, destroy: [signIn?.['id']] }))['type'],
    'accountNotFound',
  )
  assert.equal(
    (await fetch(`${server.http}/.well-known/jmap`, { headers: { authorization: `Bearer ${token}` } })).status,
    200,
  )
})
