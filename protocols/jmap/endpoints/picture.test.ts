import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { openJmapClient } from '#test/jmap'
import { startServer } from '#test/server'
import { pictureType } from './picture-type.ts'

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)
const SVG = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'

/** What another server answers, by path: type and body. */
const said: Record<string, [type: string, body: Buffer | string, status?: number]> = {
  '/ok.png': ['image/png', PNG],
  '/called-text': ['text/plain', PNG],
  '/svg-as-png': ['image/png', SVG],
  '/svg': ['image/svg+xml', SVG],
  '/html': ['image/gif', '<html><script>alert(1)</script></html>'],
  '/empty': ['image/png', ''],
  '/gone': ['image/png', PNG, 410],
  '/large': ['image/png', Buffer.concat([PNG, Buffer.alloc(5 * 1024 * 1024)])],
}
const asked: (string | undefined)[] = []
const other = createServer((request, response) => {
  asked.push(request.headers.cookie ?? request.headers.authorization ?? request.headers.referer)
  const [type, body, status = 200] = said[request.url ?? ''] ?? ['text/plain', '', 404]
  response.writeHead(status, { 'content-type': type, 'set-cookie': 'track=1' }).end(body)
})
other.listen(0, '127.0.0.1')
await new Promise((resolve) => other.once('listening', resolve))
after(() => other.close())
const { port } = other.address() as AddressInfo
const host = `http://127.0.0.1:${port}`

const server = await startServer({ after }, { fetch: { allow: [`127.0.0.1:${port}`] } }, ['http'])
const client = await openJmapClient(server, await server.createAccount())

const get = (url: string, headers: Record<string, string> = { 'x-zegel': '1' }, accountId = client.accountId) =>
  fetch(`${server.http}/jmap/picture/${accountId}?url=${encodeURIComponent(url)}`, {
    headers: { ...client.headers, ...headers },
  })

test('a picture from elsewhere comes through us, as nothing but a picture', async () => {
  const { pictureUrl } = client.session.capabilities['urn:zegel:mail'] as { pictureUrl: string }
  assert.equal(pictureUrl, `${server.http}/jmap/picture/{accountId}?url={url}`)
  for (const path of ['/ok.png', '/called-text']) {
    const response = await get(`${host}${path}`)
    assert.equal(response.status, 200)
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), PNG)
    const { headers } = response
    assert.equal(headers.get('content-type'), 'image/png')
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
    assert.equal(headers.get('content-security-policy'), "sandbox; default-src 'none'")
    assert.equal(headers.get('cache-control'), 'private, max-age=86400')
    assert.equal(headers.get('set-cookie'), null)
  }
  assert.ok(asked.every((header) => header === undefined))
})

const refused: [what: string, url: string, status: number][] = [
  ['SVG called PNG', `${host}/svg-as-png`, 404],
  ['SVG', `${host}/svg`, 404],
  ['a page called GIF', `${host}/html`, 404],
  ['nothing', `${host}/empty`, 404],
  ['a picture that is gone', `${host}/gone`, 404],
  ['a picture larger than 5 MB', `${host}/large`, 413],
  ['a host that is not public', 'http://10.0.0.1/x.png', 403],
  ['ourselves', `http://127.0.0.1:1/x.png`, 403],
  ['an URL that is none', 'x.png', 400],
]
for (const [what, url, status] of refused)
  test(`not shown: ${what}`, async () => {
    const response = await get(url)
    assert.equal(response.status, status)
    assert.ok(!(await response.text()).includes(url), 'the answer does not repeat the URL')
  })

test('only a page of ours gets one, for somebody who is signed in, in their own name', async () => {
  const url = `${host}/ok.png`
  assert.equal((await get(url, {})).status, 403)
  assert.equal((await get(url, { 'sec-fetch-site': 'cross-site' })).status, 403)
  assert.equal((await get(url, { 'sec-fetch-site': 'same-origin' })).status, 200)
  assert.equal((await get(url, { 'x-zegel': '1' }, 'a1')).status, 404)
  const nobody = await fetch(`${server.http}/jmap/picture/${client.accountId}?url=x`, { headers: { 'x-zegel': '1' } })
  assert.equal(nobody.status, 401)
})

test('after a thousand pictures in ten minutes an account waits', async () => {
  const eager = await openJmapClient(server, await server.createAccount())
  const ask = (): Promise<Response> =>
    fetch(`${server.http}/jmap/picture/${eager.accountId}?url=x`, { headers: { ...eager.headers, 'x-zegel': '1' } })
  for (let i = 0; i < 1000; i += 50) await Promise.all(Array.from({ length: 50 }, ask))
  const response = await ask()
  assert.equal(response.status, 429)
  assert.ok(Number(response.headers.get('retry-after')) > 0)
  assert.equal((await get(`${host}/ok.png`)).status, 200, 'others do not')
})

test('a picture is known by what it begins with', () => {
  const avif = (brand: string): Buffer => Buffer.from(`\0\0\0\x20ftyp${brand}\0\0\0\0avifmif1`, 'latin1')
  const kinds: [bytes: Buffer, type: string | undefined][] = [
    [Buffer.from('ffd8ffe000104a4649460001', 'hex'), 'image/jpeg'],
    [Buffer.from('GIF89a\x01\0\x01\0\0\0', 'latin1'), 'image/gif'],
    [Buffer.from('RIFF\n\0\0\0WEBPVP8 ', 'latin1'), 'image/webp'],
    [avif('avif'), 'image/avif'],
    [avif('mif1'), 'image/avif'],
    [Buffer.from('\0\0\0\x10ftypisom\0\0\0\0', 'latin1'), undefined],
    [Buffer.from('BM123456789012'), undefined],
    [Buffer.from('GIF89a'), undefined],
    [Buffer.from('%PDF-1.7 GIF89a'), undefined],
  ]
  for (const [bytes, type] of kinds) assert.equal(pictureType(bytes), type)
})
