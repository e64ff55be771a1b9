import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdir, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { clockAtNoon } from '#test/clock'
import { arrive, destroyLetters, heldBy, upload, type Category } from '#test/held'
import { basicAuth } from '#test/jmap'
import { openMailReader, type MailReader } from '#test/letters'
import { addAppPassword } from '#test/people'
import { startServer } from '#test/server'
import { readZip } from '#test/zip'

type Json = Record<string, unknown>

const server = await startServer({ after }, {}, ['http'])
const { storage, config } = server
const { sql } = storage.database

async function prepare(reader: MailReader): Promise<string> {
  const { path } = await reader.call('HeldDownload/prepare', { password: reader.person.password })
  return `${server.http}${String(path)}`
}

async function download(reader: MailReader): Promise<{ response: Response; files: Map<string, Buffer> }> {
  const response = await fetch(await prepare(reader), { headers: reader.headers })
  assert.equal(response.status, 200)
  return { response, files: readZip(Buffer.from(await response.arrayBuffer())) }
}

test('all that is held can be taken along: letters as files in their folders, a page, and the same for programs', async () => {
  const reader = await openMailReader(server)
  await reader.call('Settings/set', { update: { singleton: { language: 'de' } } })
  const text = 'Bis Samstag. '.repeat(10_000)
  await reader.file('inbox', { subject: 'Lampions für den Garten', text })
  await reader.file('archive', { subject: 'Äpfel' })
  await destroyLetters(reader, [await reader.file('inbox', { subject: 'Birnen' })])
  await arrive(storage, reader.person, [{ name: 'dangerousAttachment' }])
  await upload(reader, 'Anhang')
  const { response, files } = await download(reader)
  const headers = ['content-type', 'cache-control', 'x-content-type-options', 'content-security-policy'].map((name) =>
    response.headers.get(name),
  )
  assert.deepEqual(headers, ['application/zip', 'no-store', 'nosniff', "sandbox; default-src 'none'"])
  assert.match(
    String(response.headers.get('content-disposition')),
    /^attachment; filename="zegel-\d{4}-\d\d-\d\d\.zip"$/,
  )

  const names = [...files.keys()].map((name) =>
    name.replace(/\([0-9a-z]+\)\.eml$/, '.eml').replace(/\d{4}-\d\d-\d\d/, 'DAY'),
  )
  assert.deepEqual(names.map((name) => name.replace(/[\da-f-]{36}/, 'ID')).toSorted(), [
    'Briefe/Archiv/DAY Äpfel .eml',
    'Briefe/Eingang/DAY Lampions für den Garten .eml',
    'Gelöschtes/DAY Birnen .eml',
    'Hochgeladenes/ID',
    'Zurückgehalten/DAY Held back .eml',
    'held.json',
    'index.html',
  ])
  const [, lampions] = [...files].find(([name]) => name.includes('Lampions')) ?? []
  assert.ok(lampions?.includes('Subject: Lampions') && lampions.includes(text))

  const json = JSON.parse(String(files.get('held.json'))) as {
    format: string
    address: string
    categories: (Category & { entries: Json[] | null })[]
  }
  assert.deepEqual([json.format, json.address], ['zegel-held', reader.person.address])
  const entries = (id: string): Json[] => json.categories.find((one) => one.id === id)?.entries ?? []
  assert.deepEqual(
    new Set(entries('letters').map(({ subject }) => subject)),
    new Set(['Lampions für den Garten', 'Äpfel']),
  )
  assert.ok(
    entries('letters').every(({ file }) => files.has(String(file))),
    'each letter is where it is said to be',
  )
  assert.deepEqual(
    entries('deleted').map(({ kind, subject }) => subject ?? kind),
    ['Birnen', 'deletion'],
  )
  assert.deepEqual(entries('folders').filter(({ kind }) => kind === 'folder').length, 6)
  assert.equal(entries('uploads').length, 1)
  // Letters' contents are among the files, and nothing that opens or proves anything is.
  assert.doesNotMatch(String(files.get('held.json')), /"key":|\$argon2|"blob/)
  assert.deepEqual(
    json.categories.map(({ id }) => id),
    Object.keys(await heldBy(reader)),
  )

  const page = String(files.get('index.html'))
  assert.match(page, /<html lang="de">/)
  assert.match(page, /Lampions für den Garten/)
  assert.doesNotMatch(page, /<script|src=|url\(/i)
})

test('what strangers wrote does not become markup or paths', async () => {
  const reader = await openMailReader(server)
  const attack = '"><script>alert(1)</script><img src=x onerror=alert(1)>../../etc/passwd\u202e'
  await reader.file('inbox', { subject: attack, from: '"</title><script>" <bea@example.org>' })
  for (const name of ['..', '<script>x</script>', 'a:b', 'con', 'x'.repeat(200), 'Inbox'])
    await reader.call('Mailbox/set', { create: { m: { name, parentId: null } } })
  const { list } = await reader.call('Mailbox/get', { ids: null })
  for (const { id } of list as { id: string }[]) {
    const emailId = await reader.file('inbox', { subject: attack.repeat(5) })
    await reader.call('Email/set', { update: { [emailId]: { mailboxIds: { [id]: true } } } })
  }
  await reader.call('Note/set', { create: { n: { emailId: await reader.file('inbox'), text: `'${attack}&amp;` } } })
  const { files } = await download(reader)
  const page = String(files.get('index.html'))
  assert.doesNotMatch(page, /<script|<img|\u202e/)
  assert.match(page, /&quot;&gt;&lt;script&gt;/)
  assert.equal(page.match(/<\/title>/g)?.length, 1)
  for (const name of files.keys()) {
    assert.doesNotMatch(name, /[\\:*?"<>|\0-\x1f\u202e]/)
    assert.ok(
      name.split('/').every((part) => part !== '' && !part.startsWith('.') && Buffer.byteLength(part) <= 200),
      name,
    )
  }
  assert.ok(files.size >= (list as Json[]).length + 4, 'each letter has a file of its own')
})

test('a download takes the password, and its address works once', async (t) => {
  const pass = clockAtNoon(t)
  const reader = await openMailReader(server)
  assert.deepEqual(await reader.fail('HeldDownload/prepare', { password: 'not-this-one' }), {
    type: 'forbidden',
    description: 'password',
  })
  const url = await prepare(reader)
  const status = async (
    address: string,
    headers: Record<string, string> = reader.headers,
    method = 'GET',
  ): Promise<number> => {
    const response = await fetch(address, { headers, method })
    await response.arrayBuffer()
    return response.status
  }
  const stranger = await openMailReader(server)
  assert.equal(await status(url, {}), 401)
  assert.equal(await status(url, stranger.headers), 404)
  const theirs = url.replace(reader.accountId, stranger.accountId)
  assert.equal(await status(theirs, stranger.headers), 410, 'a permit is for one account')
  const { secret } = await addAppPassword(storage, reader.person)
  assert.equal(await status(url, { authorization: basicAuth({ ...reader.person, password: secret }) }), 404)
  for (const token of ['x', 'A'.repeat(54), url.split('/').at(-1)?.slice(0, -4) ?? ''])
    assert.equal(await status(url.replace(/[^/]*$/, token)), 410, token)
  assert.equal(await status(url, reader.headers, 'HEAD'), 200)
  assert.equal(await status(url), 200)
  assert.equal(await status(url), 410)
  const late = await prepare(reader)
  pass(301)
  assert.equal(await status(late), 410)
})

/** Files of the blob folder that this process holds open. */
async function openBlobs(): Promise<number> {
  const links = await Promise.all(
    (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
  )
  return links.filter((path) => path.startsWith(join(config.dataFolder, 'blobs'))).length
}

test('a download that stops in the middle leaves nothing behind, and the next one begins', async () => {
  const reader = await openMailReader(server)
  // Random, so that it does not shrink to what fits the buffers on the way.
  for (let n = 0; n < 8; n++) await upload(reader, randomBytes(2_000_000))
  const before = await readdir(config.dataFolder, { recursive: true })
  for (let round = 0; round < 3; round++) {
    const abort = new AbortController()
    const response = await fetch(await prepare(reader), { headers: reader.headers, signal: abort.signal })
    const body = response.body?.getReader()
    assert.ok((await body?.read())?.value?.length)
    abort.abort()
    await body?.closed.catch(() => undefined)
  }
  while ((await openBlobs()) > 0) await new Promise((resolve) => setTimeout(resolve, 20))
  assert.deepEqual(await readdir(config.dataFolder, { recursive: true }), before)
  assert.equal((await download(reader)).files.size, 10)
})

test('a letter whose content is damaged is named, and the others are there', async () => {
  const reader = await openMailReader(server)
  const id = await reader.file('inbox', { subject: 'Kaputt' })
  await reader.file('inbox', { subject: 'Heil' })
  const { list } = await reader.call('Email/get', { ids: [id], properties: ['blobId'] })
  const uuid = String((list as Json[])[0]?.['blobId']).slice(1)
  await sql`
    update blob set content = set_byte(content, 40, 255 - get_byte(content, 40))
    where account_id = ${reader.person.id} and replace(blob_id::text, '-', '') = ${uuid}`
  const { files } = await download(reader)
  const { unreadable } = JSON.parse(String(files.get('missing.json'))) as { unreadable: string[] }
  assert.equal(unreadable.length, 1)
  assert.match(unreadable[0] ?? '', /Kaputt/)
  assert.ok([...files.keys()].some((name) => name.includes('Heil')))
})
