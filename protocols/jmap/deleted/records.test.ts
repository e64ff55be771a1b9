import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { now } from '#system'
import { clockAtNoon } from '#test/clock'
import { openJmapClient, type JmapClient } from '#test/jmap'
import { openMailReader, type MailReader } from '#test/letters'
import { addAppPassword } from '#test/people'
import { startServer } from '#test/server'

type Json = Record<string, unknown>
type Listed = Json & { id: string }

const server = await startServer({ after }, {}, ['http'])
const DAY = 86_400

const open = (): Promise<MailReader> => openMailReader(server)
const all = async (reader: JmapClient, type: string): Promise<Listed[]> =>
  (await reader.call(`${type}/get`, { ids: null }))['list'] as Listed[]
const one = async (reader: JmapClient, type: string, id: string): Promise<Listed | undefined> =>
  ((await reader.call(`${type}/get`, { ids: [id] }))['list'] as Listed[])[0]
async function create(reader: JmapClient, type: string, given: Json): Promise<string> {
  const { created } = await reader.call(`${type}/set`, { create: { k: given } })
  return (created as { k: Listed }).k.id
}
const update = async (reader: JmapClient, type: string, id: string, patch: Json): Promise<void> => {
  const { notUpdated } = await reader.call(`${type}/set`, { update: { [id]: patch } })
  assert.equal(notUpdated, null, JSON.stringify(notUpdated))
}
const destroy = async (reader: JmapClient, type: string, id: string): Promise<void> => {
  assert.deepEqual((await reader.call(`${type}/set`, { destroy: [id] }))['destroyed'], [id])
}
const deleted = async (reader: JmapClient, filter: Json = {}): Promise<Listed[]> => {
  const { ids } = await reader.call('DeletedItem/query', { filter })
  return (await reader.call('DeletedItem/get', { ids }))['list'] as Listed[]
}
const restore = (reader: JmapClient, wanted: Json): Promise<Json> => reader.call('DeletedItem/restore', wanted)
const utcDateOf = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`

/** For each kind: what somebody makes, what they write in its place, and what the list says of the first. */
const KINDS: Record<
  string,
  { type: string; given(reader: MailReader): Promise<Json>; patch: Json | undefined; title: string; preview: RegExp }
> = {
  template: {
    type: 'Template',
    given: async () => ({ name: 'Angebot', subject: 'Unser Angebot', html: '<p>Zwei <b>Quitten</b></p>' }),
    patch: { html: '<p>Nichts</p>', name: 'Absage' },
    title: 'Angebot',
    preview: /Zwei Quitten/,
  },
  note: {
    type: 'Note',
    given: async (reader) => ({ emailId: await reader.file('inbox'), text: 'Ruf sie an\nwegen der Quitten' }),
    patch: { text: 'Erledigt' },
    title: 'Ruf sie an',
    preview: /^wegen der Quitten$/,
  },
  identity: {
    type: 'Identity',
    given: async (reader) => ({
      email: String((await all(reader, 'Identity'))[0]?.['email']).replace('@', '+choir@'),
      name: 'Anna',
      textSignature: 'Quitten und mehr',
    }),
    patch: { name: 'A.', textSignature: '' },
    title: 'Anna',
    preview: /Quitten und mehr/,
  },
  blockedSender: {
    type: 'BlockedSender',
    given: async () => ({ address: 'quitten@example.org' }),
    patch: undefined,
    title: 'quitten@example.org',
    preview: /^$/,
  },
  allowedSender: {
    type: 'AllowedSender',
    given: async () => ({ address: 'quitten@example.org' }),
    patch: undefined,
    title: 'quitten@example.org',
    preview: /^$/,
  },
  trustedSender: {
    type: 'TrustedSender',
    given: async () => ({ address: 'quitten@example.org' }),
    patch: undefined,
    title: 'quitten@example.org',
    preview: /^$/,
  },
}

for (const [kind, { type, given, patch, title, preview }] of Object.entries(KINDS)) {
  test(`a deleted ${kind} is listed with who did it, found by its words, and comes back under its id`, async () => {
    const reader = await open()
    const id = await create(reader, type, await given(reader))
    const before = await one(reader, type, id)
    const state = String((await reader.call(`${type}/get`))['state'])
    await destroy(reader, type, id)
    const [thing, ...others] = await deleted(reader)
    assert.deepEqual(
      [others.length, thing?.['kind'], thing?.['isOverwritten'], thing?.['title']],
      [0, kind, false, title],
    )
    assert.match(String(thing?.['preview']), preview)
    const [deletion] = await all(reader, 'Deletion')
    assert.deepEqual(
      [deletion?.['count'], deletion?.['left'], deletion?.['kinds'], deletion?.['overwritten'], deletion?.['titles']],
      [1, 1, { [kind]: 1 }, 0, [title]],
    )
    assert.deepEqual(deletion?.['device'], { by: 'password', name: null, protocol: 'jmap' })
    const found = [{ text: 'quitten' }, { kind }, { deletionId: deletion?.id }, { text: 'quitt*' }]
    for (const filter of found) assert.deepEqual((await deleted(reader, filter)).length, 1, JSON.stringify(filter))
    const notFound = [{ text: 'birnen' }, { kind: 'mail' }, { folderId: await reader.mailbox('inbox') }]
    for (const filter of notFound) assert.deepEqual(await deleted(reader, filter), [], JSON.stringify(filter))

    const done = await restore(reader, { ids: [thing?.id] })
    assert.deepEqual(
      [done['restored'], done['kinds'], done['folders'], done['notRestored']],
      [1, { [kind]: 1 }, [], {}],
    )
    assert.deepEqual(await one(reader, type, id), before)
    assert.deepEqual(await deleted(reader), [])
    assert.deepEqual(await all(reader, 'Deletion'), [])
    assert.deepEqual((await reader.call(`${type}/changes`, { sinceState: state }))['created'], [id])
    assert.equal((await restore(reader, { ids: [thing?.id] }))['restored'], 0)
  })

  if (patch !== undefined)
    test(`a ${kind} that was overwritten is what it was before, and what stood there is kept in turn`, async () => {
      const reader = await open()
      const id = await create(reader, type, await given(reader))
      const before = await one(reader, type, id)
      await update(reader, type, id, patch)
      const later = await one(reader, type, id)
      const [thing, ...others] = await deleted(reader)
      assert.deepEqual(
        [others.length, thing?.['kind'], thing?.['isOverwritten'], thing?.['title']],
        [0, kind, true, title],
      )
      assert.equal((await deleted(reader, { text: 'Quitten' })).length, 1)
      assert.deepEqual((await all(reader, 'Deletion'))[0]?.['overwritten'], 1)

      const state = String((await reader.call(`${type}/get`))['state'])
      assert.equal((await restore(reader, { ids: [thing?.id] }))['restored'], 1)
      assert.deepEqual(await one(reader, type, id), before)
      const changes = await reader.call(`${type}/changes`, { sinceState: state })
      assert.deepEqual([changes['created'], changes['updated'], changes['destroyed']], [[], [id], []])
      const [kept, ...more] = await deleted(reader)
      assert.deepEqual([more.length, kept?.['isOverwritten']], [0, true])
      assert.equal((await restore(reader, { ids: [kept?.id] }))['restored'], 1)
      assert.deepEqual(await one(reader, type, id), later)
    })
}

test('what is written again as it was is no earlier state, and what a program does by itself is none either', async () => {
  const reader = await open()
  const id = await create(reader, 'Template', { name: 'Angebot' })
  await update(reader, 'Template', id, { name: 'Angebot' })
  await update(reader, 'Template', id, {})
  const emailId = await reader.file('inbox')
  const until = utcDateOf(new Date(now().getTime() + DAY * 1000))
  const reminder = await create(reader, 'Reminder', { emailId, dueAt: until })
  await destroy(reader, 'Reminder', reminder)
  assert.deepEqual(await deleted(reader), [])
})

test('a program that saves without end keeps its last state', async () => {
  const reader = await open()
  const id = await create(reader, 'Template', { name: 'state 0' })
  for (let at = 1; at <= 40; at++) await update(reader, 'Template', id, { name: `state ${at}` })
  const titles = (await deleted(reader)).map(({ title }) => title)
  assert.equal(titles.length, 30)
  assert.ok(titles.includes('state 0') && titles.includes('state 39'))
})

test('an earlier state of what was deleted brings it back as it was then, and the last is kept', async () => {
  const reader = await open()
  const id = await create(reader, 'Template', { name: 'first' })
  await update(reader, 'Template', id, { name: 'second' })
  await destroy(reader, 'Template', id)
  const things = await deleted(reader)
  assert.deepEqual(
    things.map(({ title, isOverwritten }) => [title, isOverwritten]),
    [
      ['second', false],
      ['first', true],
    ],
  )
  assert.equal((await restore(reader, { ids: [things[1]?.id] }))['restored'], 1)
  assert.equal((await one(reader, 'Template', id))?.['name'], 'first')
  assert.deepEqual(
    (await deleted(reader)).map(({ title }) => title),
    ['second'],
  )
})

test('a deletion is undone as a whole: what was written over by several steps is as it was before the first', async () => {
  const reader = await open()
  const [a, b] = [await create(reader, 'Template', { name: 'a1' }), await create(reader, 'Template', { name: 'b1' })]
  await update(reader, 'Template', a, { name: 'a2' })
  await update(reader, 'Template', a, { name: 'a3' })
  await destroy(reader, 'Template', b)
  const [deletion] = await all(reader, 'Deletion')
  assert.deepEqual([deletion?.['left'], deletion?.['overwritten']], [3, 2])
  const done = await restore(reader, { deletionId: deletion?.id })
  assert.deepEqual([done['restored'], done['hasMore']], [2, false])
  assert.deepEqual((await all(reader, 'Template')).map(({ name }) => name).toSorted(), ['a1', 'b1'])
})

test('the state of a day brings texts back as they were then', async (t) => {
  const pass = clockAtNoon(t)
  const reader = await open()
  const id = await create(reader, 'Template', { name: 'first' })
  const gone = await create(reader, 'Template', { name: 'gone' })
  pass(DAY)
  await update(reader, 'Template', id, { name: 'second' })
  pass(DAY)
  const at = utcDateOf(now())
  pass(DAY)
  await update(reader, 'Template', id, { name: 'third' })
  await destroy(reader, 'Template', gone)
  const later = await create(reader, 'Template', { name: 'later' })
  await destroy(reader, 'Template', later)
  const dry = await restore(reader, { at, dryRun: true })
  assert.deepEqual([dry['restored'], dry['kinds']], [2, { template: 2 }])
  const inbox = await reader.mailbox('inbox')
  assert.equal((await restore(reader, { at, folderId: inbox, dryRun: true }))['restored'], 0)
  assert.equal((await restore(reader, { at }))['restored'], 2)
  assert.deepEqual((await all(reader, 'Template')).map(({ name }) => name).toSorted(), ['gone', 'second'])
  assert.equal((await restore(reader, { at }))['restored'], 0)
})

test('what would be there twice stays deleted, and says why', async () => {
  const reader = await open()
  const first = await create(reader, 'BlockedSender', { address: 'x@example.org' })
  await destroy(reader, 'BlockedSender', first)
  await create(reader, 'BlockedSender', { address: 'x@example.org' })
  const [thing] = await deleted(reader)
  const done = await restore(reader, { ids: [thing?.id] })
  assert.deepEqual([done['restored'], (done['notRestored'] as Json)[String(thing?.id)]], [0, { type: 'alreadyExists' }])
  const [deletion] = await all(reader, 'Deletion')
  assert.equal((await restore(reader, { deletionId: deletion?.id }))['restored'], 0)
  assert.equal((await deleted(reader)).length, 1)
})

test('letters and texts stand in one list, the last deleted first, page by page', async (t) => {
  const pass = clockAtNoon(t)
  const reader = await open()
  const expected: string[] = []
  for (let at = 0; at < 3; at++) {
    await reader.call('Email/set', { destroy: [await reader.file('inbox', { subject: `letter ${at}` })] })
    pass(600)
    await destroy(reader, 'Template', await create(reader, 'Template', { name: `text ${at}` }))
    pass(600)
    expected.unshift(`text ${at}`, `letter ${at}`)
  }
  const titles: unknown[] = []
  for (let position = 0; position < 6; position += 2) {
    const { ids, total } = await reader.call('DeletedItem/query', { position, limit: 2, calculateTotal: true })
    assert.equal(total, 6)
    const { list } = await reader.call('DeletedItem/get', { ids })
    titles.push(...(list as Listed[]).map(({ title }) => title))
  }
  assert.deepEqual(titles, expected)
})

test('what one device deleted is listed by that device alone', async () => {
  const reader = await open()
  const address = String(reader.session['username'])
  const [, password = ''] = Buffer.from(reader.headers['authorization']?.slice(6) ?? '', 'base64')
    .toString()
    .split(':')
  const { secret } = await addAppPassword(server.storage, { id: reader.account.id, password })
  const phone = await openJmapClient(server, { address, password: secret })
  const [mine, theirs] = [
    await reader.file('inbox', { subject: 'mine' }),
    await reader.file('inbox', { subject: 'theirs' }),
  ]
  const text = await create(reader, 'Template', { name: 'text' })
  await reader.call('Email/set', { destroy: [mine] })
  await phone.call('Email/set', { destroy: [theirs] })
  await destroy(phone, 'Template', text)

  const devices = await all(reader, 'DeletedDevice')
  const idOf = (by: string): string => devices.find(({ device }) => (device as Json)['by'] === by)?.id ?? ''
  assert.equal(devices.length, 2)
  for (const [by, titles, count] of [
    ['password', ['mine'], 1],
    ['appPassword', ['text', 'theirs'], 1],
  ] as const) {
    const deviceId = idOf(by)
    assert.deepEqual((await deleted(reader, { deviceId })).map(({ title }) => title).toSorted(), titles)
    const { ids } = await reader.call('Deletion/query', { filter: { deviceId } })
    assert.equal((ids as string[]).length, count)
    const { list } = await reader.call('Deletion/get', { ids })
    assert.deepEqual(
      (list as Listed[]).map((deletion) => deletion['deviceId']),
      [deviceId],
    )
  }
  for (const deviceId of ['V0', 'x', `V${'A'.repeat(43)}`]) {
    assert.deepEqual(await deleted(reader, { deviceId }), [])
    assert.deepEqual((await reader.call('Deletion/query', { filter: { deviceId } }))['ids'], [])
  }
  assert.deepEqual((await reader.call('DeletedDevice/get', { ids: ['Vnone'] }))['notFound'], ['Vnone'])
})

test("nobody sees or brings back what stood in another's texts, and no row tells what it was", async () => {
  const [owner, stranger] = [await open(), await open()]
  const id = await create(owner, 'Template', { name: 'Geheim' })
  await update(owner, 'Template', id, { name: 'Offen' })
  const [thing] = await deleted(owner)
  assert.equal(thing?.['title'], 'Geheim')
  assert.deepEqual((await stranger.call('DeletedItem/get', { ids: [thing?.id] }))['notFound'], [thing?.id])
  assert.equal((await restore(stranger, { ids: [thing?.id] }))['restored'], 0)
  const { rows } = await owner.account.sql<{ row: string }>`
    select r::text as row from record r where account_id = ${owner.account.id} and kind = 'template'`
  assert.equal(rows.length, 2)
  assert.ok(rows.every(({ row }) => !/Geheim|Offen/.test(row) && !row.includes(Buffer.from('Geheim').toString('hex'))))
})
