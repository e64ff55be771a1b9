import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { indexBatch } from '#mail/indexing'
import { now } from '#system'
import { clockAtNoon } from '#test/clock'
import { letter, openMailReader, type MailReader } from '#test/letters'
import { startServer } from '#test/server'

type Json = Record<string, unknown>
type Listed = Json & { id: string }

const server = await startServer({ after }, {}, ['http'])
const DAY = 86_400

const deletedIds = async (reader: MailReader, filter: Json = {}): Promise<string[]> =>
  (await reader.call('DeletedItem/query', { filter }))['ids'] as string[]
const deletedItems = async (reader: MailReader, ids: string[], more: Json = {}): Promise<Listed[]> =>
  (await reader.call('DeletedItem/get', { ids, ...more }))['list'] as Listed[]
const deletions = async (reader: MailReader): Promise<Listed[]> =>
  (await reader.call('Deletion/get', { ids: null }))['list'] as Listed[]
const restore = (reader: MailReader, wanted: Json): Promise<Json> => reader.call('DeletedItem/restore', wanted)
const email = async (reader: MailReader, id: string): Promise<Json | undefined> =>
  (
    (await reader.call('Email/get', { ids: [id], properties: ['mailboxIds', 'keywords', 'threadId'] }))[
      'list'
    ] as Json[]
  )[0]
const addMailbox = async (reader: MailReader, name: string, parentId: string | null = null): Promise<string> => {
  const { created } = await reader.call('Mailbox/set', { create: { x: { name, parentId } } })
  return ((created as Json)['x'] as Listed).id
}
const mailbox = async (reader: MailReader, id: string): Promise<Json | undefined> =>
  ((await reader.call('Mailbox/get', { ids: [id] }))['list'] as Json[])[0]
const utcDateOf = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`
const destroyed = (id: string): string => `D${id.slice(1)}`

test('what was deleted is listed with who did it, where it lay and until when, and comes back as it was', async (t) => {
  const pass = clockAtNoon(t)
  const reader = await openMailReader(server)
  const [inbox, archive] = [await reader.mailbox('inbox'), await reader.mailbox('archive')]
  const id = await reader.file([inbox, archive], letter({ subject: 'The roof', from: 'Jan <jan@example.org>' }), {
    keywords: ['$flagged', 'project'],
  })
  const before = await email(reader, id)
  await reader.call('Email/set', { destroy: [id] })
  pass(3 * DAY)

  const ids = await deletedIds(reader)
  assert.deepEqual(ids, [destroyed(id)])
  const [item] = await deletedItems(reader, ids)
  assert.ok(item)
  assert.equal(item['title'], 'The roof')
  assert.deepEqual(item['people'], [{ name: 'Jan', email: 'jan@example.org' }])
  assert.deepEqual(
    (item['folders'] as Json[]).map(({ path }) => path),
    [['Inbox'], ['Archive']],
  )
  const [deletedAt, until] = [Date.parse(String(item['deletedAt'])), Date.parse(String(item['until']))]
  assert.equal((until - deletedAt) / 1000, 45 * DAY)
  const [deletion] = await deletions(reader)
  assert.deepEqual(deletion?.['device'], { by: 'password', name: null, protocol: 'jmap' })
  assert.deepEqual([deletion?.['count'], deletion?.['left']], [1, 1])

  const done = await restore(reader, { ids })
  assert.equal(done['restored'], 1)
  assert.deepEqual(await email(reader, id), before)
  assert.deepEqual(await deletedIds(reader), [])
  assert.deepEqual(await deletions(reader), [])
  // Doing it again says that there is nothing, and does no harm.
  const again = await restore(reader, { ids })
  assert.deepEqual([again['restored'], (again['notRestored'] as Json)[ids[0] as string]], [0, { type: 'notFound' }])
  assert.deepEqual(await email(reader, id), before)
})

test('a deleted letter can be read with its attachments, and is nowhere else', async () => {
  const reader = await openMailReader(server)
  const body = [
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    'Content-Type: text/plain',
    '',
    'Hello from the past.',
    '--b',
    'Content-Type: text/plain; name=plan.txt',
    'Content-Disposition: attachment; filename=plan.txt',
    '',
    'the plan',
    '--b--',
  ].join('\n')
  const id = await reader.file('inbox', letter({ subject: 'With a plan', body }))
  await reader.call('Email/set', { destroy: [id] })
  const [item] = await deletedItems(reader, [destroyed(id)], {
    emailProperties: ['subject', 'textBody', 'attachments', 'bodyValues', 'keywords'],
    fetchTextBodyValues: true,
  })
  const shown = item?.['email'] as Json & { bodyValues: Record<string, Json>; attachments: Json[] }
  assert.match(JSON.stringify(shown.bodyValues), /Hello from the past/)
  const blobId = String(shown.attachments[0]?.['blobId'])
  const url = String(reader.session['downloadUrl'])
    .replace('{accountId}', reader.accountId)
    .replace('{blobId}', blobId)
    .replace('{name}', 'plan.txt')
    .replace('{type}', 'text/plain')
  const answer = await fetch(url, { headers: reader.headers })
  assert.deepEqual([answer.status, (await answer.text()).trim()], [200, 'the plan'])
  assert.equal(await email(reader, id), undefined)
})

test('a removed folder comes back with its name, its parent and what lay in it, wherever that is now', async () => {
  const reader = await openMailReader(server)
  const [inbox, trash] = [await reader.mailbox('inbox'), await reader.mailbox('trash')]
  const parent = await addMailbox(reader, 'Projects')
  const child = await addMailbox(reader, 'Roof', parent)
  const gone = await reader.file([child])
  const elsewhere = await reader.file([child, inbox])
  const moved = await reader.file([child])
  await reader.call('Email/set', { update: { [moved]: { mailboxIds: { [trash]: true } } } })
  await reader.call('Mailbox/set', { destroy: [child, parent], onDestroyRemoveEmails: true })
  assert.equal(await mailbox(reader, child), undefined)
  const [deletion] = await deletions(reader)
  assert.deepEqual(
    (deletion?.['removedFolders'] as Json[]).map(({ path }) => path),
    [['Projects'], ['Projects', 'Roof']],
  )
  // The name is taken meanwhile.
  const other = await addMailbox(reader, 'Projects')

  const done = await restore(reader, { folderId: child })
  assert.equal(done['restored'], 3)
  assert.deepEqual(
    (done['folders'] as Json[]).map(({ path, count, isMade }) => [path, count, isMade]),
    [
      [['Projects (2)'], 0, true],
      [['Projects (2)', 'Roof'], 3, true],
    ],
  )
  assert.equal((await mailbox(reader, other))?.['name'], 'Projects')
  const placed = await Promise.all([gone, elsewhere, moved].map((id) => email(reader, id)))
  assert.deepEqual(
    placed.map((one) => one?.['mailboxIds']),
    [{ [child]: true }, { [child]: true, [inbox]: true }, { [child]: true }],
  )
  const { totalEmails, totalThreads } = (await mailbox(reader, child)) as Json
  assert.deepEqual([totalEmails, totalThreads], [3, 3])
  assert.equal((await restore(reader, { folderId: child }))['restored'], 0)
})

test('the state of a day brings back what lay in a folder then, there, and takes nothing away that came later', async (t) => {
  const pass = clockAtNoon(t)
  const reader = await openMailReader(server)
  const [inbox, archive] = [await reader.mailbox('inbox'), await reader.mailbox('archive')]
  const early = await reader.file([inbox])
  const moved = await reader.file([archive])
  const kept = await reader.file([inbox])
  pass(2 * DAY)
  const at = utcDateOf(now())
  pass(DAY)
  // It lay in the archive on that day; later in the inbox, and was deleted there.
  await reader.call('Email/set', { update: { [moved]: { mailboxIds: { [inbox]: true } } } })
  const late = await reader.file([inbox])
  pass(DAY)
  await reader.call('Email/set', { destroy: [early, moved, late] })
  pass(DAY)

  const dry = await restore(reader, { at, dryRun: true })
  assert.deepEqual(
    [dry['restored'], (dry['folders'] as Json[]).map(({ path, count }) => [path, count])],
    [
      2,
      [
        [['Inbox'], 1],
        [['Archive'], 1],
      ],
    ],
  )
  assert.equal(await email(reader, early), undefined)
  assert.equal((await restore(reader, { at, folderId: archive, dryRun: true }))['restored'], 1)
  const done = await restore(reader, { at })
  assert.deepEqual([done['restored'], done['hasMore']], [2, false])
  const placed = await Promise.all([early, moved, kept, late].map((id) => email(reader, id)))
  assert.deepEqual(
    placed.map((one) => one?.['mailboxIds']),
    [{ [inbox]: true }, { [archive]: true }, { [inbox]: true }, undefined],
  )
})

test('what is deleted is found by its words, its folder, its time and the deletion that took it', async (t) => {
  const pass = clockAtNoon(t)
  const reader = await openMailReader(server)
  const [inbox, archive] = [await reader.mailbox('inbox'), await reader.mailbox('archive')]
  const roof = await reader.file([inbox], { subject: 'The zinnober roof', text: 'Slates and gutters.' })
  const pond = await reader.file([archive], { subject: 'The pond', text: 'Frogs.' })
  await reader.call('Email/set', { destroy: [roof] })
  pass(DAY)
  const between = utcDateOf(now())
  pass(DAY)
  await reader.call('Email/set', { destroy: [pond] })
  const [last, first] = await deletions(reader)
  for (const [filter, expected] of [
    [{}, [pond, roof]],
    [{ before: between }, [roof]],
    [{ after: between }, [pond]],
    [{ folderId: archive }, [pond]],
    [{ deletionId: first?.id }, [roof]],
    [{ deletionId: last?.id }, [pond]],
    [{ kind: 'mail' }, [pond, roof]],
    [{ kind: 'event' }, []],
    [{ deletionId: 'L0' }, []],
    [{ text: '' }, [pond, roof]],
  ] as const)
    assert.deepEqual(await deletedIds(reader, filter), expected.map(destroyed), JSON.stringify(filter))
  while (!(await indexBatch(server.storage, reader.account.id, 100)).isDone);
  for (const [text, expected] of [
    ['zinnober', [roof]],
    ['gutters', [roof]],
    ['frogs', [pond]],
    ['the', [pond, roof]],
    ['"zinnober roof"', [roof]],
    ['zinnober frogs', []],
  ] as const)
    assert.deepEqual(await deletedIds(reader, { text }), expected.map(destroyed), text)
})
