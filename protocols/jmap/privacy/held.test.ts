import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, test } from 'node:test'
import { openSession } from '#accounts'
import { addRecord } from '#items'
import { rememberCorrespondents } from '#mail/correspondents'
import { ANSWER } from '#mail/vacation'
import { vanish } from '#trust/held'
import { clockAtNoon } from '#test/clock'
import { arrive, destroyLetters, heldBy, upload, type Category } from '#test/held'
import { basicAuth } from '#test/jmap'
import { openMailReader, type MailReader } from '#test/letters'
import { addAppPassword } from '#test/people'
import { startServer } from '#test/server'

type Json = Record<string, unknown>

const server = await startServer({ after }, {}, ['http'])
const { storage, config } = server
const { sql } = storage.database

const countOf = async (reader: MailReader, id: string): Promise<number | null> =>
  (await heldBy(reader))[id]?.count ?? null

const vanishes = (reader: MailReader, id: string, more: Json = {}): Promise<Json> =>
  reader.call('HeldCategory/vanish', { id, ...more })

test('everything that is held is counted, with its fields, purpose, place and end', async () => {
  const reader = await openMailReader(server)
  await reader.call('Settings/set', { update: { singleton: { language: 'de' } } })
  const id = await reader.file('inbox', { subject: 'Lampions' })
  await reader.file('inbox')
  await reader.call('Note/set', { create: { n: { emailId: id, text: 'Ruf sie an' } } })
  const all = await heldBy(reader)
  assert.deepEqual(
    ['letters', 'folders', 'deleted', 'notes', 'settings', 'password', 'addresses', 'account'].map(
      (one) => all[one]?.count,
    ),
    [2, 6, 0, 1, 1, 1, 1, 1],
  )
  const { name, fields, why, purposes, places, oldestAt, size, stays, canVanish } = all['letters'] as Category
  assert.deepEqual([name, canVanish], ['Briefe', false])
  assert.deepEqual(
    [purposes, places],
    [
      [{ id: 'service', name: 'Für Sie, damit der Dienst tut, was Sie von ihm wollen' }],
      [
        { id: 'live', name: 'Datenbank und Ablage' },
        { id: 'index', name: 'Suchverzeichnis' },
      ],
    ],
  )
  assert.ok((fields as string[]).length >= 4 && why !== '' && stays !== null)
  assert.ok(Number(size) > 100 && typeof oldestAt === 'string')
  assert.deepEqual([all['attempts']?.count, all['greylist']?.count], [null, null])
  assert.deepEqual((await reader.call('HeldCategory/get', { ids: ['notes', 'moon'] }))['notFound'], ['moon'])
})

test('what is deleted is counted at once, says when it vanishes, and is erased when its owner asks for it', async (t) => {
  clockAtNoon(t)
  const reader = await openMailReader(server)
  const other = await openMailReader(server)
  await destroyLetters(other, [await other.file('inbox')])
  const text = 'x'.repeat(300_000)
  const [kept, gone] = [await reader.file('inbox'), await reader.file('inbox', { text, subject: 'Lampions' })]
  await destroyLetters(reader, [gone])
  const { created } = await reader.call('Mailbox/set', { create: { m: { name: 'Markt', parentId: null } } })
  await reader.call('Mailbox/set', { destroy: [(created as { m: { id: string } }).m.id] })
  await reader.call('Template/set', { create: { k: { name: 'Angebot' } } })
  const { list } = await reader.call('Template/get', { ids: null })
  await reader.call('Template/set', { destroy: (list as { id: string }[]).map(({ id }) => id) })
  // A backup may have it: then that is said.
  const places = async (id: string): Promise<string[]> =>
    ((await heldBy(reader))[id]?.['places'] as { id: string }[]).map((place) => place.id)
  assert.deepEqual(await places('deleted'), ['live', 'index'])
  await sql`insert into backup (backup_id, started_at) values (gen_random_uuid(), now())`
  assert.deepEqual(await places('deleted'), ['live', 'index', 'backup'])
  assert.deepEqual(await places('sessions'), ['live'])
  await sql`delete from backup`
  const { letters, deleted } = await heldBy(reader)
  assert.deepEqual([letters?.count, deleted?.count], [1, 3])
  const days = Date.parse(String(deleted?.['vanishesAt'])) - Date.parse(String(deleted?.['oldestAt']))
  assert.equal(days, 45 * 86_400_000)

  // For good takes the password.
  assert.deepEqual(await reader.fail('HeldCategory/vanish', { id: 'deleted' }), {
    type: 'forbidden',
    description: 'password',
  })
  const wrong = await reader.fail('HeldCategory/vanish', { id: 'deleted', password: 'not-this-one' })
  assert.deepEqual(wrong, { type: 'forbidden', description: 'password' })
  assert.equal(await countOf(reader, 'deleted'), 3)

  const { password } = reader.person
  assert.deepEqual((await vanishes(reader, 'deleted', { password }))['vanished'], 4)
  assert.deepEqual([await countOf(reader, 'deleted'), await countOf(reader, 'letters')], [0, 1])
  const { rows } = await sql<Json>`
    select (select count(*)::int from item where account_id = ${reader.person.id}) as items,
      (select count(*)::int from item_summary where account_id = ${reader.person.id}) as summaries,
      (select count(*)::int from blob where account_id = ${reader.person.id}) as blobs,
      (select count(*)::int from record where account_id = ${reader.person.id} and kind = 'template') as templates,
      (select count(*)::int from deletion where account_id = ${reader.person.id}) as deletions,
      (select count(*)::int from removed_folder where account_id = ${reader.person.id}) as folders,
      (select count(*)::int from erased_words where account_id = ${reader.person.id}) as words`
  assert.deepEqual(rows, [{ items: 1, summaries: 1, blobs: 1, templates: 0, deletions: 0, folders: 0, words: 0 }])
  assert.deepEqual(await readdir(join(config.dataFolder, 'blobs', String(reader.person.id))).catch(() => []), [])
  assert.equal(((await reader.call('Email/get', { ids: [kept] }))['list'] as Json[]).length, 1)
  assert.equal(await countOf(other, 'deleted'), 1, 'nobody else lost anything')
})

/** What each account has of something, and what is left of it in the database. */
const VANISHING: [id: string, table: string, make: (reader: MailReader) => Promise<unknown>][] = [
  [
    'notes',
    "record where kind = 'note'",
    async (reader) =>
      reader.call('Note/set', { create: { n: { emailId: await reader.file('inbox'), text: 'Ruf sie an' } } }),
  ],
  ['uploads', 'upload', (reader) => upload(reader, 'Lampions')],
  [
    'vacationAnswers',
    "record where kind = 'vacationAnswer'",
    async ({ account }) =>
      account.write((tx) =>
        addRecord(tx, { kind: ANSWER, value: null, lookup: 'x', dueAt: new Date(Date.now() + 1e9) }),
      ),
  ],
  [
    'correspondents',
    "record where kind in ('correspondent', 'knownDomain', 'knownLooks')",
    async ({ account }) =>
      account.write((tx) => rememberCorrespondents(tx, [{ name: 'Bea', email: 'bea@example.org' }])),
  ],
  ['stories', 'story where blob_id is null', ({ person }) => arrive(storage, person, [])],
  [
    'junk',
    'spam_lesson',
    async ({ account, file }) => {
      await file('junk')
      await sql`
      insert into spam_lesson (account_id, blob_id, is_junk) select account_id, blob_id, true from item where account_id = ${account.id}
      on conflict do nothing`
    },
  ],
]

const left = async (table: string, accountId: number): Promise<number> => {
  const [from, where = 'true'] = table.split(' where ')
  const text = `select count(*)::int as count from ${from} where account_id = ${accountId} and ${where}`
  const { rows } = await sql<{ count: number }>(
    Object.assign([text], { raw: [text] }) as unknown as TemplateStringsArray,
  )
  return rows[0]?.count ?? -1
}

for (const [id, table, make] of VANISHING)
  test(`${id} vanish when their owner asks for it, and nobody else's do`, async () => {
    const [reader, other] = [await openMailReader(server), await openMailReader(server)]
    await make(reader)
    await make(other)
    const before = await countOf(reader, id)
    assert.ok(Number(before) > 0)
    const ended = await vanishes(reader, id)
    assert.ok(Number(ended['vanished']) > 0)
    assert.equal(await countOf(reader, id), 0)
    assert.equal(await left(table, reader.person.id), 0)
    assert.equal(await countOf(other, id), before)
    // Asked for once more, there is nothing, and that is no fault.
    assert.equal((await vanishes(reader, id))['vanished'], 0)
  })

test('what programs asked for before notes vanished is answered with a full look, not with a gap', async () => {
  const reader = await openMailReader(server)
  await reader.call('Note/set', { create: { n: { emailId: await reader.file('inbox'), text: 'Ruf sie an' } } })
  const { state: sinceState } = await reader.call('Note/get', { ids: null })
  await vanishes(reader, 'notes')
  assert.equal((await reader.fail('Note/changes', { sinceState }))['type'], 'cannotCalculateChanges')
})

test('a letter that waits for a decision stays when stories vanish', async () => {
  const reader = await openMailReader(server)
  await arrive(storage, reader.person, [{ name: 'dangerousAttachment' }])
  await arrive(storage, reader.person, [])
  assert.equal((await vanishes(reader, 'stories'))['vanished'], 1)
  const { ids } = await reader.call('Story/query', { filter: { fates: ['held'] } })
  const { updated } = await reader.call('Story/set', {
    update: { [(ids as string[])[0] as string]: { fate: 'released' } },
  })
  assert.ok(updated)
})

test('a filter that has forgotten learns anew, and goes by nothing of before', async () => {
  const reader = await openMailReader(server)
  const { id } = reader.person
  await sql`
    insert into spam_training (account_id, change, item_id, lessons, sealed) values (${id}, 0, 0, 7, ${Buffer.from('x')})
    on conflict (account_id) do update set lessons = 7, sealed = excluded.sealed`
  await vanishes(reader, 'junk')
  const { rows } =
    await sql<Json>`select lessons, length(sealed) > 1 as is_new from spam_training where account_id = ${id}`
  assert.deepEqual(rows, [{ lessons: 8, is_new: true }])
})

test('other devices are signed out, and this one stays', async () => {
  const reader = await openMailReader(server)
  const { id } = reader.person
  const { token } = await openSession(storage, { accountId: id, kind: 'bearer' })
  await openSession(storage, { accountId: id, kind: 'cookie' })
  const request = {
    using: ['urn:zegel:privacy'],
    methodCalls: [['HeldCategory/vanish', { accountId: reader.accountId, id: 'sessions' }, '0']],
  }
  const answer = await reader.post(JSON.stringify(request), { authorization: `Bearer ${token}` })
  const { methodResponses } = (await answer.json()) as { methodResponses: [string, Json, string][] }
  assert.equal(methodResponses[0]?.[1]['vanished'], 1)
  assert.equal(await countOf(reader, 'sessions'), 1)
})

for (const id of ['letters', 'password', 'journal', 'sending', 'consent', 'moon'])
  test(`${id} cannot vanish`, async () => {
    const reader = await openMailReader(server)
    const error = await reader.fail('HeldCategory/vanish', { id, password: reader.person.password })
    assert.equal(error['type'], 'invalidArguments')
    const category = (await heldBy(reader))[id]
    assert.equal(category === undefined, id === 'moon')
    assert.ok(category === undefined || (category['canVanish'] === false && category.stays !== null))
  })

test('of a closed account nothing vanishes early, for it can be opened again', async () => {
  const reader = await openMailReader(server)
  const { account, person } = reader
  await destroyLetters(reader, [await reader.file('inbox')])
  const by = { password: person.password, sessionId: undefined }
  for (const state of ['closed', 'suspended']) {
    await sql`update account set state = ${state} where account_id = ${person.id}`
    await assert.rejects(vanish({ storage, config, account }, 'deleted', by), { reason: 'forbidden', fields: [state] })
    await assert.rejects(vanish({ storage, config, account }, 'notes', by), { reason: 'forbidden' })
  }
  await sql`update account set state = 'open' where account_id = ${person.id}`
  assert.equal(await countOf(reader, 'deleted'), 1)
})

test('where the operator does not promise it, nothing vanishes early, and the reason is said', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'zegel-promises-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const promises = join(folder, 'promises.toml')
  const shipped = readFileSync(resolve(import.meta.dirname, '../../../policy/promises.toml'), 'utf8')
  writeFileSync(promises, shipped.replace('onRequest = true', 'onRequest = false'))
  const strict = await startServer(t, { policy: { promises, noticeDays: 0 } }, ['http'])
  const reader = await openMailReader(strict)
  assert.deepEqual(await reader.fail('HeldCategory/vanish', { id: 'notes' }), {
    type: 'forbidden',
    description: 'policy',
  })
  assert.ok(
    Object.values(await heldBy(reader)).every(({ canVanish, barred }) => canVanish === false && barred === 'policy'),
  )
})

test('nobody sees what is held about somebody else', async () => {
  const [anna, bert] = [await openMailReader(server), await openMailReader(server)]
  for (const [name, args] of [
    ['HeldCategory/get', { ids: null }],
    ['HeldCategory/vanish', { id: 'notes' }],
    ['HeldDownload/prepare', { password: bert.person.password }],
    ['JournalEntry/query', {}],
    ['JournalEntry/get', { ids: null }],
  ] as const)
    assert.equal((await bert.fail(name, { ...args, accountId: anna.accountId }))['type'], 'accountNotFound', name)
})

test('an app password opens none of it', async () => {
  const { person } = await openMailReader(server)
  const { secret } = await addAppPassword(storage, person)
  const authorization = basicAuth({ address: person.address, password: secret })
  const session = (await (await fetch(`${server.http}/.well-known/jmap`, { headers: { authorization } })).json()) as {
    accounts: Record<string, { accountCapabilities: Json }>
  }
  assert.ok(
    Object.values(session.accounts).every(({ accountCapabilities }) => !('urn:zegel:privacy' in accountCapabilities)),
  )
})
