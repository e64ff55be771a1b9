import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'
import { appPages } from './app-pages.ts'
import { bestEncoding, openFolder } from './static.ts'

const script = 'export const x = 1\n'.repeat(1000)

/** The app over a build of four files, beside a file that is nobody's business. */
function build(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'zegel-static-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const app = join(folder, 'app')
  mkdirSync(join(app, 'assets'), { recursive: true })
  writeFileSync(join(folder, 'secret.txt'), 'secret')
  writeFileSync(join(app, '.hidden'), 'secret')
  writeFileSync(join(app, 'index.html'), '<!doctype html><title>App</title>')
  writeFileSync(join(app, 'assets/index-a1.js'), script)
  writeFileSync(join(app, 'assets/font-a1.woff2'), Buffer.alloc(1000))
  const pages = appPages(openFolder(app))
  return {
    app,
    get: async (path: string, headers: Record<string, string> = {}): Promise<Response> =>
      pages.request(path, { headers }),
  }
}

test('a hashed asset may be kept for ever, the page is asked for each time', async (t) => {
  const { get } = build(t)
  const asset = await get('/app/assets/index-a1.js')
  assert.equal(asset.headers.get('cache-control'), 'public, max-age=31536000, immutable')
  assert.equal(asset.headers.get('content-type'), 'text/javascript; charset=utf-8')
  assert.equal(await asset.text(), script)
  const page = await get('/app/')
  assert.equal(page.headers.get('cache-control'), 'no-cache')
  assert.match(await page.text(), /<title>App/)
})

test('every path of the app without a file is its page, a file that is not there is missing', async (t) => {
  const { get } = build(t)
  for (const path of ['/app/mail/inbox', '/app/settings', '/app/a/b/c'])
    assert.match(await (await get(path)).text(), /<title>App/)
  for (const path of ['/app/assets/index-b2.js', '/app/nothing.png']) assert.equal((await get(path)).status, 404)
  const moved = await get('/app')
  assert.deepEqual([moved.status, moved.headers.get('location')], [308, '/app/'])
})

test('text comes compressed as the client likes it, once made', async (t) => {
  const { get } = build(t)
  const unpack = { br: brotliDecompressSync, zstd: zstdDecompressSync, gzip: gunzipSync }
  for (const [encoding, decompress] of Object.entries(unpack)) {
    const response = await get('/app/assets/index-a1.js', { 'accept-encoding': encoding })
    assert.equal(response.headers.get('content-encoding'), encoding)
    assert.equal(decompress(Buffer.from(await response.arrayBuffer())).toString(), script)
  }
  const font = await get('/app/assets/font-a1.woff2', { 'accept-encoding': 'br, gzip' })
  assert.equal(font.headers.get('content-encoding'), null)
})

test('what a client has already is not sent again, until it changes', async (t) => {
  const { app, get } = build(t)
  const first = await get('/app/', { 'accept-encoding': 'gzip' })
  const etag = first.headers.get('etag') ?? ''
  assert.equal((await get('/app/', { 'accept-encoding': 'gzip', 'if-none-match': `"x", W/${etag}` })).status, 304)
  assert.equal((await get('/app/', { 'if-none-match': etag })).status, 200, 'another encoding is another thing')
  writeFileSync(join(app, 'index.html'), '<!doctype html><title>New</title>!')
  assert.match(await (await get('/app/', { 'if-none-match': etag })).text(), /New/)
})

const attacks: Record<string, string> = {
  'the way up': '/app/../secret.txt',
  'the way up, escaped': '/app/%2e%2e/secret.txt',
  'the way up, the slash escaped': '/app/..%2fsecret.txt',
  'the way up, twice escaped': '/app/%252e%252e%252fsecret.txt',
  'the way up on Windows': '/app/..\\secret.txt',
  'the way up through a folder': '/app/assets/../../secret.txt',
  'an absolute path': '/app//etc/passwd.txt',
  'a hidden file': '/app/.hidden',
  'a null': '/app/index.html%00.js',
  'a folder': '/app/assets',
  'a very long path': `/app/${'a/'.repeat(5000)}x.js`,
}
for (const [attack, path] of Object.entries(attacks))
  test(`nothing outside the build is served: ${attack}`, async (t) => {
    const { get } = build(t)
    const text = await (await get(path)).text()
    assert.doesNotMatch(text, /secret|root:/)
  })

test('a link out of the folder that a build would never make is followed by nobody else', async (t) => {
  const { app, get } = build(t)
  symlinkSync('../../secret.txt', join(app, 'assets', '..hidden'))
  assert.doesNotMatch(await (await get('/app/assets/..hidden')).text(), /secret/)
})

test('a page that is not built yet says so', async () => {
  const pages = appPages(openFolder('/nonexistent'))
  assert.equal((await pages.request('/app/')).status, 503)
})

const choices: [accept: string, encoding: string | undefined][] = [
  ['', undefined],
  ['gzip, deflate, br', 'br'],
  ['GZIP', 'gzip'],
  ['br;q=0, gzip;q=0.5', 'gzip'],
  ['br;q=0.000', undefined],
  ['*', 'br'],
  ['*, br;q=0', 'zstd'],
  ['identity', undefined],
  ['brotli', undefined],
]
for (const [accept, encoding] of choices)
  test(`Accept-Encoding: ${accept || '(none)'} gets ${encoding ?? 'the bytes as they are'}`, () => {
    assert.equal(bestEncoding(accept), encoding)
  })
