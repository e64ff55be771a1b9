import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test, type TestContext } from 'node:test'
import { openJmapClient, type JmapClient } from '#test/jmap'
import { startServer, type Overrides } from '#test/server'
import { blobIdOf, uuidOf } from './blobs.ts'

type Content = Uint8Array<ArrayBuffer>
type Fetched = { accountId: string; blobId: string; type: string; size: number }

async function open(t: TestContext, overrides: Overrides = {}) {
  const server = await startServer(t, overrides, ['http'])
  const person = await server.createAccount()
  const client = await openJmapClient(server, person)
  const url = (name: string, values: Record<string, string>): string =>
    String(client.session[name]).replaceAll(/\{(\w+)\}/g, (_, key: string) => encodeURIComponent(values[key] ?? ''))
  return {
    server,
    client,
    /** How many are kept. */
    async uploads(): Promise<number> {
      const { rows } = await server.storage.database.sql<{ count: number }>`
        select count(*) from upload where account_id = ${person.id}`
      return rows[0]?.count ?? 0
    },
    upload: (body: Content | ReadableStream, type?: string, as: JmapClient = client): Promise<Response> =>
      fetch(url('uploadUrl', { accountId: client.accountId }), {
        method: 'POST',
        headers: { ...as.headers, ...(type === undefined ? {} : { 'content-type': type }) },
        body,
        ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
      } as RequestInit),
    download: (
      blobId: string,
      name = 'x',
      type = '',
      headers: Record<string, string> = {},
      as: JmapClient = client,
    ): Promise<Response> =>
      fetch(url('downloadUrl', { accountId: client.accountId, blobId, name, type }), {
        headers: { ...as.headers, ...headers },
      }),
  }
}

test('what is uploaded is downloaded again, small and large', async (t) => {
  const { upload, download, client } = await open(t)
  for (const size of [0, 1, 70_000, 3_000_000]) {
    const content = new Uint8Array(randomBytes(size))
    const answer = await upload(content, 'image/png')
    assert.equal(answer.status, 201)
    const { accountId, blobId, type, size: told } = (await answer.json()) as Fetched
    assert.deepEqual({ accountId, type, told }, { accountId: client.accountId, type: 'image/png', told: size })
    const response = await download(blobId)
    assert.equal(response.headers.get('content-length'), String(size))
    assert.ok(Buffer.from(await response.arrayBuffer()).equals(content))
  }
})

test('a part of it is given when a part is asked for', async (t) => {
  const { upload, download } = await open(t)
  const content = new Uint8Array(randomBytes(600_000))
  const { blobId } = (await (await upload(content)).json()) as Fetched
  const part = await download(blobId, 'x', '', { range: 'bytes=262100-262200' })
  assert.equal(part.status, 206)
  assert.equal(part.headers.get('content-range'), 'bytes 262100-262200/600000')
  assert.ok(Buffer.from(await part.arrayBuffer()).equals(content.subarray(262_100, 262_201)))
  const behind = await download(blobId, 'x', '', { range: 'bytes=600000-' })
  assert.equal(behind.status, 416)
  assert.equal(behind.headers.get('content-range'), 'bytes */600000')
  const stale = await download(blobId, 'x', '', { range: 'bytes=0-1', 'if-range': '"other"' })
  assert.equal(stale.status, 200)
  await stale.arrayBuffer()
  const known = await download(blobId, 'x', '', { 'if-none-match': `"${blobId}"` })
  assert.equal(known.status, 304)
})

test('bytes from outside come as bytes from outside', async (t) => {
  const { upload, download } = await open(t)
  const { blobId } = (await (
    await upload(new Uint8Array(Buffer.from('<script>alert(1)</script>')), 'text/html')
  ).json()) as Fetched
  const cases: [type: string, contentType: string, disposition: RegExp][] = [
    ['', 'text/html', /^attachment; filename="a\.html"$/],
    ['image/svg+xml', 'image/svg+xml', /^attachment/],
    ['text/plain', 'text/plain; charset=utf-8', /^inline/],
    ['image/png', 'image/png', /^inline/],
    ['text/html\r\nX-Evil: 1', 'text/html', /^attachment/],
    ['nonsense', 'text/html', /^attachment/],
  ]
  for (const [type, contentType, disposition] of cases) {
    const { headers } = await download(blobId, 'a.html', type)
    assert.equal(headers.get('content-type'), contentType)
    assert.match(headers.get('content-disposition') ?? '', disposition)
    assert.equal(headers.get('content-security-policy'), "sandbox; default-src 'none'")
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
    assert.match(headers.get('cache-control') ?? '', /^private, immutable/)
    assert.equal(headers.get('x-evil'), null)
  }
  const named = await download(blobId, '../a"\r\nX-Evil: 1/b.txt')
  assert.equal(named.headers.get('x-evil'), null)
  assert.match(named.headers.get('content-disposition') ?? '', /^attachment; filename="_a_X-Evil: 1_b\.txt"/)
})

test("nobody gets at somebody else's upload, by either account's id", async (t) => {
  const { server, client, upload, download } = await open(t)
  const { blobId } = (await (await upload(new Uint8Array(10))).json()) as Fetched
  const stranger = await openJmapClient(server, await server.createAccount())
  assert.equal((await download(blobId, 'x', '', {}, stranger)).status, 404)
  const own = `${server.http}/jmap/download/${stranger.accountId}/${blobId}/x`
  assert.equal((await fetch(own, { headers: stranger.headers })).status, 404)
  assert.equal((await upload(new Uint8Array(10), 'a/b', stranger)).status, 404)
  assert.equal((await fetch(own.replace(stranger.accountId, client.accountId))).status, 401)
})

for (const blobId of [
  'B',
  'Bxyz',
  `B${'0'.repeat(32)}`,
  '..%2f..%2fetc',
  `B${'a'.repeat(5000)}`,
  '%00',
  'B%0d%0aX:%201',
])
  test(`there is no blob called ${blobId.slice(0, 20)}`, async (t) => {
    const { server, client } = await open(t)
    const response = await fetch(`${server.http}/jmap/download/${client.accountId}/${blobId}/x`, {
      headers: client.headers,
    })
    assert.equal(response.status, 404)
    assert.match(response.headers.get('content-type') ?? '', /problem\+json/)
  })

test('an upload that is too large is refused, whether it says so or not, and keeps nothing', async (t) => {
  const { client, upload, uploads } = await open(t, { smtp: { maxMessageMegabytes: 1 } })
  const announced = await upload(new Uint8Array(2_000_000))
  assert.equal(announced.status, 413)
  const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)) })
  const answer = await upload(endless).catch(() => undefined)
  if (answer !== undefined) assert.equal(answer.status, 413)
  assert.equal(await uploads(), 0)
  assert.equal((await client.post('{"using":[],"methodCalls":[]}')).status, 200)
})

test('an upload that breaks off keeps nothing, and its place becomes free', async (t) => {
  const { server, client, upload, uploads } = await open(t)
  const { hostname, port } = new URL(server.http)
  for (let times = 0; times < 10; times++) {
    const socket = connect(Number(port), hostname)
    socket.write(
      `POST /jmap/upload/${client.accountId}/ HTTP/1.1\r\nHost: ${hostname}:${port}\r\nAuthorization: ${client.headers['authorization']}\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(300_000)}`,
    )
    await once(socket, 'ready')
    socket.destroy()
    await once(socket, 'close')
  }
  assert.equal((await upload(new Uint8Array(10))).status, 201)
  assert.equal(await uploads(), 1)
})

test('the name of a blob and its UUID are two forms of one thing', () => {
  const uuid = '01234567-89ab-cdef-0123-456789abcdef'
  assert.equal(uuidOf(blobIdOf(uuid)), uuid)
})
