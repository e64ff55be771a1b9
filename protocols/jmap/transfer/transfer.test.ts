/** Moving in and out by HTTP, as the page does it. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, test } from 'node:test'
import { writeMbox } from '#formats/mbox'
import { MOST_PART } from '#transfer'
import { openJmapClient, type JmapClient } from '#test/jmap'
import { addAppPassword, type Person } from '#test/people'
import { letter } from '#test/letters'
import { startServer } from '#test/server'
import { readZip } from '#test/zip'

type Json = Record<string, unknown>

const server = await startServer({ after }, { transfer: { maxMegabytes: 40 } }, ['http', 'worker'])

async function reader(): Promise<{ person: Person; jmap: JmapClient }> {
  const person = await server.createAccount()
  return { person, jmap: await openJmapClient(server, person) }
}

async function mailbox(count: number, text = 'x'): Promise<Buffer> {
  async function* letters() {
    for (let n = 0; n < count; n++)
      yield { receivedAt: new Date(n * 1000), keywords: ['$seen'], content: letter({ text: `${n} ${text}` }) }
  }
  return Buffer.concat(await Array.fromAsync(writeMbox(letters())))
}

async function begin({ call }: JmapClient, size: number, other: Json = {}): Promise<string> {
  const { created, notCreated } = await call('MailImport/set', { create: { k: { name: 'Old.mbox', size, ...other } } })
  assert.equal(notCreated, null, JSON.stringify(notCreated))
  return (created as { k: { id: string } }).k.id
}

const post = ({ headers, accountId }: JmapClient, id: string, at: number | string, body: Buffer): Promise<Response> =>
  fetch(`${server.http}/jmap/import/${accountId}/${id}/${at}`, { method: 'POST', headers, body: new Uint8Array(body) })

async function find({ call }: JmapClient, id: string): Promise<Json | undefined> {
  return ((await call('MailImport/get', { ids: [id] }))['list'] as Json[])[0]
}

async function over(jmap: JmapClient, id: string): Promise<Json> {
  for (let tries = 0; tries < 600; tries++) {
    const found = await find(jmap, id)
    if (['done', 'failed', 'stopped'].includes(String(found?.['state']))) return found as Json
    await sleep(50)
  }
  return assert.fail('the import is not over')
}

const filesOf = async ({ id }: Person): Promise<string[]> =>
  readdir(join(server.config.dataFolder, 'blobs', String(id))).catch(() => [])

test('a file comes in parts, is read while one looks, and nothing of it is left but the letters', async () => {
  const { person, jmap } = await reader()
  const entry = (jmap.session['accounts'] as Record<string, { accountCapabilities: Json }>)[jmap.accountId]
  assert.deepEqual(entry?.accountCapabilities['urn:zegel:transfer'], {
    maxSize: 40 * 1024 * 1024,
    maxSizePart: MOST_PART,
    formats: ['mbox', 'maildir'],
  })
  const bytes = await mailbox(300)
  const id = await begin(jmap, bytes.length)
  const half = Math.floor(bytes.length / 2)
  assert.deepEqual(await (await post(jmap, id, 0, bytes.subarray(0, half))).json(), {
    accountId: jmap.accountId,
    importId: id,
    received: half,
  })
  // A part again, after a line that broke: the page asks how much is here, and goes on there.
  assert.equal((await post(jmap, id, 0, bytes.subarray(0, half))).status, 409)
  assert.equal((await find(jmap, id))?.['received'], half)
  assert.equal((await post(jmap, id, half, bytes.subarray(half))).status, 200)
  const done = await over(jmap, id)
  assert.deepEqual(
    ['state', 'added', 'known', 'damaged', 'skipped', 'done', 'size'].map((name) => done[name]),
    ['done', 300, 0, 0, 0, bytes.length, bytes.length],
  )
  assert.deepEqual(await filesOf(person), [])
  const { rowCount } = await server.storage.database.sql`select from transfer_part where account_id = ${person.id}`
  assert.equal(rowCount, 0)
  const { list } = await jmap.call('Mailbox/get', { properties: ['name', 'totalEmails', 'unreadEmails'] })
  const old = (list as Json[]).find(({ name }) => name === 'Old')
  assert.deepEqual([old?.['totalEmails'], old?.['unreadEmails']], [300, 0])
  const { destroyed } = await jmap.call('MailImport/set', { destroy: [id] })
  assert.deepEqual(destroyed, [id])
  assert.equal(await find(jmap, id), undefined)
})

test('what is damaged is named, and a file that is no mail says so', async () => {
  const { jmap } = await reader()
  const bytes = Buffer.concat([
    Buffer.from('From a@b.example Sat Jan  3 01:05:34 1996\nno header\n\n'),
    await mailbox(2),
  ])
  const id = await begin(jmap, bytes.length)
  await post(jmap, id, 0, bytes)
  const { state, added, damaged, damages } = await over(jmap, id)
  assert.deepEqual([state, added, damaged, damages], ['done', 2, 1, [{ offset: 0, line: 1, reason: 'noHeader' }]])
  const picture = await begin(jmap, 100)
  await post(jmap, picture, 0, Buffer.alloc(100))
  const failed = await over(jmap, picture)
  assert.deepEqual([failed['state'], failed['reason']], ['failed', 'noMail'])
})

test('a mailbox that is chosen gets it all; a stopped import lets go of what was uploaded', async () => {
  const { person, jmap } = await reader()
  const { list } = await jmap.call('Mailbox/get', { properties: ['role'] })
  const archive = (list as { id: string; role: string }[]).find(({ role }) => role === 'archive')?.id
  const bytes = await mailbox(3)
  const id = await begin(jmap, bytes.length, { mailboxId: archive })
  await post(jmap, id, 0, bytes)
  await over(jmap, id)
  const { ids } = await jmap.call('Email/query', { filter: { inMailbox: archive } })
  assert.equal((ids as string[]).length, 3)

  const other = await begin(jmap, 200_000)
  await post(jmap, other, 0, randomBytes(150_000))
  assert.equal((await filesOf(person)).length, 1)
  const { updated } = await jmap.call('MailImport/set', { update: { [other]: { state: 'stopped' } } })
  assert.ok(updated !== null)
  assert.equal((await find(jmap, other))?.['state'], 'stopped')
  assert.deepEqual(await filesOf(person), [])
  assert.equal((await post(jmap, other, 150_000, Buffer.alloc(10))).status, 404)
})

const REFUSED: [what: string, given: Json, error: Json][] = [
  ['nothing', { size: 0 }, { type: 'invalidProperties', properties: ['size'] }],
  ['more than may be', { size: 50 * 1024 * 1024 }, { type: 'tooLarge' }],
  ['a name of two lines', { name: 'a\nb' }, { type: 'invalidProperties', properties: ['name'] }],
  ['a mailbox that is none', { mailboxId: 'Fzzz' }, { type: 'invalidProperties', properties: ['mailboxId'] }],
  ['a state of its own', { state: 'done' }, { type: 'invalidProperties', properties: ['state'] }],
]
for (const [what, given, error] of REFUSED)
  test(`an import is refused: ${what}`, async () => {
    const { jmap } = await reader()
    const { notCreated } = await jmap.call('MailImport/set', { create: { k: { name: 'a', size: 10, ...given } } })
    assert.partialDeepStrictEqual((notCreated as { k: Json }).k, error)
  })

test('three at a time, and none that is somebody else’s', async () => {
  const { jmap } = await reader()
  const [first] = [await begin(jmap, 10), await begin(jmap, 10), await begin(jmap, 10)]
  const { notCreated } = await jmap.call('MailImport/set', { create: { k: { name: 'a', size: 10 } } })
  assert.equal((notCreated as { k: Json }).k['type'], 'overQuota')
  const other = await reader()
  assert.deepEqual((await other.jmap.call('MailImport/get', { ids: null }))['list'], [])
  const { notUpdated } = await other.jmap.call('MailImport/set', { update: { [first]: { state: 'stopped' } } })
  assert.deepEqual((notUpdated as Record<string, Json>)[first], { type: 'notFound' })
  assert.equal((await post(other.jmap, first, 0, Buffer.alloc(5))).status, 404)
  assert.equal((await post({ ...other.jmap, accountId: jmap.accountId }, first, 0, Buffer.alloc(5))).status, 404)
  const { notDestroyed } = await jmap.call('MailImport/set', { destroy: [first] })
  assert.deepEqual((notDestroyed as Record<string, Json>)[first], { type: 'forbidden' })
})

const PARTS: [attack: string, at: number | string, bytes: number, status: number][] = [
  ['beyond the end', 0, 11, 409],
  ['elsewhere', 5, 5, 409],
  ['nowhere', 'x', 5, 404],
  ['nothing at all', 0, 0, 400],
  ['larger than a part', 0, MOST_PART + 1, 413],
]
for (const [attack, at, bytes, status] of PARTS)
  test(`a part is refused: ${attack}`, async () => {
    const { jmap, person } = await reader()
    const id = await begin(jmap, 10)
    assert.equal((await post(jmap, id, at, Buffer.alloc(bytes))).status, status)
    assert.equal((await find(jmap, id))?.['received'], 0)
    assert.deepEqual(await filesOf(person), [])
  })

test('a download needs its permit, gives all mailboxes or one, and comes as an attachment', async () => {
  const { jmap } = await reader()
  const bytes = await mailbox(5)
  const id = await begin(jmap, bytes.length)
  await post(jmap, id, 0, bytes)
  await over(jmap, id)
  const { list } = await jmap.call('Mailbox/get', { properties: ['name'] })
  const old = (list as { id: string; name: string }[]).find(({ name }) => name === 'Old')?.id
  const { headers } = jmap
  const download = async (args: Json): Promise<Response> => {
    const { path } = await jmap.call('MailExport/prepare', args)
    assert.equal((await fetch(`${server.http}${String(path)}`, { method: 'HEAD', headers })).status, 200)
    const response = await fetch(`${server.http}${String(path)}`, { headers })
    if (response.status === 200) assert.equal((await fetch(`${server.http}${String(path)}`, { headers })).status, 410)
    return response
  }
  const all = await download({ format: 'mbox', mailboxId: null })
  assert.match(all.headers.get('content-disposition') ?? '', /^attachment; filename="zegel-mbox-\d{4}-\d\d-\d\d\.zip"$/)
  const files = readZip(Buffer.from(await all.arrayBuffer()))
  assert.deepEqual(
    [...files.keys()].toSorted(),
    ['Archive', 'Drafts', 'Inbox', 'Junk', 'Old', 'Sent', 'Trash'].map((name) => `${name}.mbox`),
  )
  const one = readZip(Buffer.from(await (await download({ format: 'maildir', mailboxId: old })).arrayBuffer()))
  assert.equal([...one.keys()].filter((name) => /^\.Old\/cur\/.*:2,S$/.test(name)).length, 5)
  assert.equal(
    (await jmap.fail('MailExport/prepare', { format: 'maildir', mailboxId: 'Fzzz' }))['type'],
    'invalidArguments',
  )
  assert.equal((await jmap.fail('MailExport/prepare', { format: 'pst' }))['type'], 'invalidArguments')

  const { path } = await jmap.call('MailExport/prepare', { format: 'mbox', mailboxId: null })
  const wrong = [String(path).replace('/mbox/', '/maildir/'), String(path).replace('/mbox/', `/mbox-${old}/`)]
  for (const changed of wrong) assert.equal((await fetch(`${server.http}${changed}`, { headers })).status, 410)
  assert.equal((await fetch(`${server.http}${String(path)}`)).status, 401)
  const other = await reader()
  assert.equal((await fetch(`${server.http}${String(path)}`, { headers: other.jmap.headers })).status, 404)
})

test('no app password reaches it', async () => {
  const { person, jmap } = await reader()
  const id = await begin(jmap, 10)
  const { secret } = await addAppPassword(server.storage, person)
  const headers = { authorization: `Basic ${Buffer.from(`${person.address}:${secret}`).toString('base64')}` }
  assert.equal((await post({ ...jmap, headers }, id, 0, Buffer.alloc(5))).status, 404)
  const program = await openJmapClient(server, { address: person.address, password: secret })
  assert.ok(
    !(
      'urn:zegel:transfer' in
      (program.session['accounts'] as Record<string, { accountCapabilities: Json }>)[program.accountId]!
        .accountCapabilities
    ),
  )
})
