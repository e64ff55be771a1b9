/** JMAP for Sieve, RFC 9661. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { MOST_SCRIPT_BYTES, MOST_SCRIPTS } from '#mail/scripts'
import { openJmapClient, type JmapClient } from '#test/jmap'
import { fileLetter } from '#test/letters'
import { signedInSieve } from '#test/managesieve'
import type { Person } from '#test/people'
import { startServer } from '#test/server'

type Json = Record<string, unknown>
const server = await startServer({ after }, {}, ['http', 'managesieve'])

interface Script extends Json {
  id: string
  name: string
  blobId: string
  isActive: boolean
}

interface Owner {
  person: Person
  jmap: JmapClient
  upload(content: string | Buffer): Promise<string>
  set(args: Json): Promise<Json>
  create(name: string | undefined, content: string): Promise<Script>
  /** Why a script is not made. */
  refusal(name: string, content: string | Buffer): Promise<Json>
  all(): Promise<Script[]>
  download(blobId: string): Promise<Response>
}

async function open(): Promise<Owner> {
  const person = await server.createAccount()
  const jmap = await openJmapClient(server, person)
  const owner: Owner = {
    person,
    jmap,
    async upload(content) {
      const response = await fetch(`${server.http}/jmap/upload/${jmap.accountId}/`, {
        method: 'POST',
        headers: { ...jmap.headers, 'content-type': 'application/sieve' },
        body: typeof content === 'string' ? content : new Uint8Array(content),
      })
      assert.equal(response.status, 201)
      return ((await response.json()) as { blobId: string }).blobId
    },
    set: (args) => jmap.call('SieveScript/set', args),
    async create(name, content) {
      const blobId = await owner.upload(content)
      const { created, notCreated } = await owner.set({ create: { k: { name, blobId } } })
      assert.equal(notCreated, null, JSON.stringify(notCreated))
      return { name, ...(created as { k: Json }).k } as Script
    },
    async refusal(name, content) {
      const { created, notCreated } = await owner.set({ create: { k: { name, blobId: await owner.upload(content) } } })
      assert.equal(created, null)
      return (notCreated as { k: Json }).k
    },
    all: async () => (await jmap.call('SieveScript/get'))['list'] as Script[],
    download: (blobId) =>
      fetch(`${server.http}/jmap/download/${jmap.accountId}/${blobId}/script.siv`, { headers: jmap.headers }),
  }
  return owner
}

test('§1.2.1: what there is, and how much of it', async () => {
  const { jmap } = await open()
  assert.deepEqual(jmap.session.capabilities['urn:ietf:params:jmap:sieve'], { implementation: 'Zegel' })
  const accounts = jmap.session['accounts'] as Record<string, { accountCapabilities: Record<string, Json> }>
  const { sieveExtensions, ...limits } = accounts[jmap.accountId]?.accountCapabilities[
    'urn:ietf:params:jmap:sieve'
  ] as Json & { sieveExtensions: string[] }
  assert.deepEqual(limits, {
    maxSizeScriptName: 512,
    maxSizeScript: MOST_SCRIPT_BYTES,
    maxNumberScripts: MOST_SCRIPTS,
    maxNumberRedirects: 4,
    notificationMethods: ['mailto'],
    externalLists: ['urn:ietf:params:sieve:addrbook:default'],
  })
  for (const one of ['fileinto', 'imap4flags', 'vacation', 'include']) assert.ok(sieveExtensions.includes(one), one)
})

test('§2.4: a script is made, read, downloaded, changed and destroyed, and told of by its state', async () => {
  const { jmap, upload, set, create, all, download } = await open()
  const before = (await jmap.call('SieveScript/get'))['state']
  const text = '# Grüße\r\nkeep;\r\n'
  const uploaded = await upload(text)
  const made = await set({ create: { k: { name: 'Büro', blobId: uploaded } } })
  assert.equal(made['oldState'], before)
  assert.notEqual(made['newState'], before)
  const { id, blobId, ...rest } = (made['created'] as { k: Script }).k
  assert.deepEqual(rest, { isActive: false })
  assert.notEqual(blobId, uploaded)
  assert.deepEqual(await all(), [{ id, name: 'Büro', blobId, isActive: false }])

  const fetched = await download(blobId)
  assert.deepEqual([fetched.status, fetched.headers.get('content-type')], [200, 'application/sieve'])
  assert.equal(await fetched.text(), text)
  const part = await fetch(`${server.http}/jmap/download/${jmap.accountId}/${blobId}/x`, {
    headers: { ...jmap.headers, range: 'bytes=2-5' },
  })
  assert.deepEqual([part.status, await part.text()], [206, 'Grü'])

  const renamed = await set({ update: { [id]: { name: 'Daheim' } } })
  assert.deepEqual(renamed['updated'], { [id]: null })
  const changed = await set({ update: { [id]: { blobId: await upload('discard;') } } })
  const after = (changed['updated'] as Record<string, { blobId: string }>)[id] as { blobId: string }
  assert.deepEqual(Object.keys(after), ['blobId'])
  assert.equal(await (await download(after.blobId)).text(), 'discard;')
  assert.equal((await download(blobId)).status, 404, 'what a blobId names never changes')
  assert.deepEqual(await all(), [{ id, name: 'Daheim', blobId: after.blobId, isActive: false }])

  const other = await create('Kopie', 'stop;')
  const copied = await set({ update: { [other.id]: { blobId: after.blobId } } })
  assert.notEqual((copied['updated'] as Record<string, Script>)[other.id]?.blobId, after.blobId)

  assert.deepEqual((await set({ destroy: [id, 'v0', 'nonsense'] }))['destroyed'], [id])
  assert.deepEqual(
    (await all()).map(({ name }) => name),
    ['Kopie'],
  )
  assert.equal((await download(after.blobId)).status, 404)
  assert.deepEqual((await jmap.call('SieveScript/get', { ids: [id] }))['notFound'], [id])
})

test('a script without a name is given one, also when its name is taken away', async () => {
  const { create, set, upload } = await open()
  assert.equal((await create(undefined, 'keep;')).name, 'Script 1')
  const { id } = await create('Mine', 'keep;')
  const { updated } = await set({ update: { [id]: { name: null } } })
  assert.deepEqual(updated, { [id]: { name: 'Script 2' } })
  const { created } = await set({ create: { a: { name: null, blobId: await upload('keep;') } } })
  assert.equal((created as { a: Script }).a.name, 'Script 3')
})

const WRONG: Record<string, [content: string | Buffer, description: RegExp]> = {
  'what is no command': ['#comment\r\nInvalidSieveCommand\r\n', /^line 3, column 1: /],
  'what is not required': ['fileinto "a";', /^line 1, column 1: .*fileinto/],
  'what nobody knows': ['require "nonsense";', /^line 1, column \d+: .*nonsense/],
  'what is no UTF-8': [Buffer.from('keep;\n# \xff', 'latin1'), /^line 2, column 3: /],
  'a thousand blocks': [`${'if true {'.repeat(1000)}keep;${'}'.repeat(1000)}`, /^line 1, column \d+: /],
}
for (const [what, [content, description]] of Object.entries(WRONG))
  test(`invalidSieve says where: ${what}`, async () => {
    const { refusal, upload, jmap, all } = await open()
    const error = await refusal('a', content)
    assert.equal(error['type'], 'invalidSieve')
    assert.match(String(error['description']), description)
    const validated = await jmap.call('SieveScript/validate', { blobId: await upload(content) })
    assert.deepEqual(validated['error'], error)
    assert.deepEqual(await all(), [])
  })

test('§2.6: what is right is, and what is not there is told', async () => {
  const { upload, jmap, create } = await open()
  const validate = async (blobId: string): Promise<unknown> =>
    (await jmap.call('SieveScript/validate', { blobId }))['error']
  assert.equal(await validate(await upload('require "fileinto"; fileinto "a";')), null)
  assert.equal(await validate((await create('a', 'keep;')).blobId), null)
  for (const blobId of ['B00000000000000000000000000000000', 'v1-00000000000000000000000000000000', 'x'])
    assert.deepEqual(await validate(blobId), { type: 'blobNotFound', notFound: [blobId] })
  assert.deepEqual(await validate(await upload(`#${'x'.repeat(MOST_SCRIPT_BYTES)}`)), {
    type: 'tooLarge',
    maxSize: MOST_SCRIPT_BYTES,
  })
})

test('what is not kept, and why', async () => {
  const { refusal, create, set, upload, all } = await open()
  const { id, blobId } = await create('a', 'keep;')
  assert.deepEqual(await refusal('a', 'keep;'), { type: 'alreadyExists', existingId: id })
  assert.deepEqual(await refusal('b', `#${'x'.repeat(MOST_SCRIPT_BYTES)}`), {
    type: 'tooLarge',
    maxSize: MOST_SCRIPT_BYTES,
  })
  for (const name of ['', '  ', 'a\nb', 'x'.repeat(513)])
    assert.deepEqual(await refusal(name, 'keep;'), { type: 'invalidProperties', properties: ['name'] })
  const unknown = await set({
    create: {
      a: { name: 'x', blobId: 'B00000000000000000000000000000000' },
      b: { name: 'x' },
      c: { name: 'x', blobId, isActive: true },
      d: { name: 7, blobId, nonsense: 1 },
    },
  })
  assert.deepEqual(unknown['notCreated'], {
    a: { type: 'blobNotFound', notFound: ['B00000000000000000000000000000000'] },
    b: { type: 'invalidProperties', properties: ['blobId'] },
    c: { type: 'invalidProperties', properties: ['isActive'] },
    d: { type: 'invalidProperties', properties: ['name', 'nonsense'] },
  })
  const other = await create('other', 'keep;')
  const { notUpdated } = await set({
    update: {
      [other.id]: { name: 'a', blobId: await upload('discard;') },
      [id]: { isActive: true },
      v0: { name: 'x' },
    },
  })
  assert.deepEqual(notUpdated, {
    [other.id]: { type: 'alreadyExists', existingId: id },
    [id]: { type: 'invalidProperties', properties: ['isActive'] },
    v0: { type: 'notFound' },
  })
  assert.deepEqual(
    (await all()).map(({ name }) => name),
    ['a', 'other'],
  )
})

test('there are no more than there may be', async () => {
  const { set, upload, refusal } = await open()
  const blobId = await upload('keep;')
  const create = Object.fromEntries(
    Array.from({ length: MOST_SCRIPTS }, (_, i) => [`k${i}`, { name: `s${i}`, blobId }]),
  )
  assert.equal((await set({ create }))['notCreated'], null)
  assert.deepEqual(await refusal('more', 'keep;'), { type: 'overQuota' })
})

test('§2.4: what is activated and deactivated once all went well, and what is told of it', async () => {
  const { set, upload, create, all } = await open()
  const active = async (): Promise<string[]> => (await all()).filter(({ isActive }) => isActive).map(({ name }) => name)
  const blobId = await upload('keep;')
  const made = await set({ create: { k: { name: 'a', blobId } }, onSuccessActivateScript: '#k' })
  const a = (made['created'] as { k: Script }).k
  assert.equal(a.isActive, true)
  assert.deepEqual(await active(), ['a'])
  const b = await create('b', 'discard;')

  const swapped = await set({ update: { [b.id]: { name: 'B' } }, onSuccessActivateScript: b.id })
  assert.deepEqual(swapped['updated'], { [b.id]: { isActive: true }, [a.id]: { isActive: false } })
  assert.notEqual(swapped['newState'], swapped['oldState'])
  assert.deepEqual(await active(), ['B'])

  assert.deepEqual((await set({ destroy: [b.id] }))['notDestroyed'], { [b.id]: { type: 'scriptIsActive' } })
  const both = await set({ destroy: [b.id], onSuccessDeactivateScript: true })
  assert.deepEqual(both['notDestroyed'], { [b.id]: { type: 'scriptIsActive' } })
  assert.deepEqual(await active(), ['B'], 'nothing is done when something did not go well')
  await set({ update: { [a.id]: { name: 'B' } }, onSuccessActivateScript: a.id })
  assert.deepEqual(await active(), ['B'])

  for (const id of ['v0', '#none', 'nonsense', a.id.toUpperCase()]) await set({ onSuccessActivateScript: id })
  assert.deepEqual(await active(), ['B'], 'an id that is none is ignored')
  assert.equal((await set({ onSuccessActivateScript: b.id }))['updated'], null)

  assert.deepEqual((await set({ onSuccessDeactivateScript: true }))['updated'], { [b.id]: { isActive: false } })
  assert.deepEqual(await active(), [])
  assert.equal((await set({ onSuccessDeactivateScript: true }))['updated'], null)
  assert.deepEqual((await set({ destroy: [b.id] }))['destroyed'], [b.id])
})

test('§2.5: scripts are found and put in order', async () => {
  const { jmap, create, set } = await open()
  const ids: Record<string, string> = {}
  for (const name of ['büro', 'Ferien', 'alles']) ids[name] = (await create(name, 'keep;')).id
  await set({ onSuccessActivateScript: ids['Ferien'] })
  const names = new Map(Object.entries(ids).map(([name, id]) => [id, name]))
  const query = async (args: Json): Promise<string[]> =>
    ((await jmap.call('SieveScript/query', args))['ids'] as string[]).map((id) => names.get(id) as string)
  assert.deepEqual(await query({}), ['büro', 'Ferien', 'alles'])
  assert.deepEqual(await query({ filter: { name: 'ER' } }), ['Ferien'])
  assert.deepEqual(await query({ filter: { isActive: false } }), ['büro', 'alles'])
  assert.deepEqual(await query({ filter: { name: 'BÜ', isActive: true } }), [])
  assert.deepEqual(await query({ filter: { operator: 'NOT', conditions: [{ name: 'b' }, { isActive: true }] } }), [
    'alles',
  ])
  assert.deepEqual(await query({ sort: [{ property: 'name' }] }), ['alles', 'büro', 'Ferien'])
  assert.deepEqual(
    await query({ sort: [{ property: 'isActive', isAscending: false }, { property: 'name' }], limit: 2 }),
    ['Ferien', 'alles'],
  )
  const { total, queryState, canCalculateChanges } = await jmap.call('SieveScript/query', { calculateTotal: true })
  assert.deepEqual([total, canCalculateChanges], [3, false])
  await set({ onSuccessDeactivateScript: true })
  assert.notEqual((await jmap.call('SieveScript/query'))['queryState'], queryState)
  assert.equal((await jmap.fail('SieveScript/query', { sort: [{ property: 'blobId' }] }))['type'], 'unsupportedSort')
  assert.equal((await jmap.fail('SieveScript/query', { filter: { text: 'x' } }))['type'], 'unsupportedFilter')
})

test('a script may come from a part of a letter', async () => {
  const { person, jmap, set, download } = await open()
  await fileLetter(
    server,
    person,
    Buffer.from(
      [
        'From: bea@example.org',
        'Subject: A script for you',
        'MIME-Version: 1.0',
        'Content-Type: multipart/mixed; boundary=b',
        '',
        '--b',
        '',
        'Here it is.',
        '--b',
        'Content-Type: application/sieve',
        'Content-Transfer-Encoding: base64',
        '',
        Buffer.from('# für dich\nkeep;\n').toString('base64'),
        '--b--',
        '',
      ].join('\r\n'),
    ),
  )
  const { ids } = await jmap.call('Email/query')
  const { list } = await jmap.call('Email/get', { ids, properties: ['attachments'] })
  const [{ blobId }] = (list as [{ attachments: [{ blobId: string }] }])[0].attachments
  const { created } = await set({ create: { k: { name: 'sent', blobId } } })
  assert.equal(await (await download((created as { k: Script }).k.blobId)).text(), '# für dich\nkeep;\n')
})

test('what a program does by ManageSieve is there at once, and the other way round', async (t) => {
  const { person, jmap, all, create, set } = await open()
  const sieve = await signedInSieve(t, server, person)
  const { state } = await jmap.call('SieveScript/get')
  await sieve.ok('PUTSCRIPT "rules" "keep;"')
  await sieve.ok('SETACTIVE "rules"')
  assert.notEqual((await jmap.call('SieveScript/get'))['state'], state)
  assert.deepEqual(
    (await all()).map(({ name, isActive }) => [name, isActive]),
    [['rules', true]],
  )
  const { id } = await create('other', 'discard;')
  await set({ onSuccessActivateScript: id })
  assert.match(await sieve.ok('LISTSCRIPTS'), /^"rules"\r\n"other" ACTIVE\r\n/)
})

test('a change of scripts, and of which is active, is pushed', async (t) => {
  const { jmap, create, set } = await open()
  const aborted = new AbortController()
  t.after(() => aborted.abort())
  const events = await fetch(`${server.http}/jmap/eventsource/?types=SieveScript&closeafter=no&ping=0`, {
    headers: jmap.headers,
    signal: aborted.signal,
  })
  const reader = events.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  const told = async (): Promise<void> => {
    const { state } = await jmap.call('SieveScript/get', { ids: [] })
    const change = `{"SieveScript":"${String(state)}"}`
    while (!text.includes(change)) {
      const piece = await reader?.read()
      assert.ok(piece?.value !== undefined, 'the stream has ended')
      text += piece.value
    }
  }
  const { id } = await create('a', 'keep;')
  await told()
  await set({ onSuccessActivateScript: id })
  await told()
  await set({ onSuccessDeactivateScript: true })
  await told()
})

test('nobody sees, changes or downloads a script of somebody else', async () => {
  const one = await open()
  const two = await open()
  const { id, blobId } = await one.create('mine', 'keep;')
  assert.deepEqual((await two.jmap.call('SieveScript/get', { ids: [id] }))['notFound'], [id])
  assert.deepEqual((await two.set({ destroy: [id] }))['notDestroyed'], { [id]: { type: 'notFound' } })
  assert.equal((await two.download(blobId)).status, 404)
  const { notCreated } = await two.set({ create: { k: { name: 'x', blobId } } })
  assert.deepEqual(notCreated, { k: { type: 'blobNotFound', notFound: [blobId] } })
  const foreign = await two.jmap.fail('SieveScript/get', { accountId: one.jmap.accountId })
  assert.equal(foreign['type'], 'accountNotFound')
})
