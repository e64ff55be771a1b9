import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type TestContext, test } from 'node:test'

import { checkAccessibility, openBrowser, watchRequests } from './browser.ts'

const page = (body: string) =>
  `<!doctype html><html lang="en"><title>Letters</title><body><main><h1>Letters</h1>${body}</main></body></html>`

/** Serves each path of `pages` as HTML on loopback. @returns the origin */
async function startPages(t: TestContext, pages: Record<string, string>): Promise<string> {
  const server = createServer((request, response) => {
    const body = pages[request.url ?? '']
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'text/html; charset=utf-8' }).end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  t.after(() => server.closeAllConnections())
  const address = server.address()
  assert.ok(address && typeof address === 'object')
  return `http://127.0.0.1:${address.port}`
}

/** The part of a test's context that watchRequests uses, to see what it does at the end of a test. */
function endOfTest() {
  const hooks: (() => void)[] = []
  return { t: { after: (hook: () => void) => void hooks.push(hook) }, end: () => hooks.forEach((hook) => hook()) }
}

test('the browser shows a page of a local server and runs its script', async (t) => {
  const origin = await startPages(t, { '/': page('<p id=a></p><script>a.textContent = 6 * 7</script>') })
  const context = await openBrowser(t)
  watchRequests(t, context, origin)
  const shown = await context.newPage()
  await shown.goto(`${origin}/`)
  assert.equal(await shown.title(), 'Letters')
  assert.equal(await shown.textContent('#a'), '42')
})

test('each test has cookies of its own', async (t) => {
  const origin = await startPages(t, { '/': page('') })
  const first = await openBrowser(t)
  const second = await openBrowser(t)
  await first.addCookies([{ name: 'seen', value: 'yes', url: origin }])
  assert.equal((await first.cookies()).length, 1)
  assert.deepEqual(await second.cookies(), [])
})

test('a page that asks another host for something is caught: picture, style, fetch, frame, WebSocket', async (t) => {
  const elsewhere = await startPages(t, { '/frame': page('') })
  const origin = await startPages(t, {
    '/': page(`<img alt="" src="http://pictures.example.org/a.png"><link rel=stylesheet href="${elsewhere}/a.css">
      <iframe title=x src="${elsewhere}/frame"></iframe><img alt="" src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">
      <script>fetch('${elsewhere}/b').catch(() => {}); new WebSocket('${elsewhere.replace('http', 'ws')}/c')</script>`),
  })
  const context = await openBrowser(t)
  const ending = endOfTest()
  const strays = watchRequests(ending.t as TestContext, context, origin)
  const shown = await context.newPage()
  // A page is loaded before its sockets are told of.
  const socket = shown.waitForEvent('websocket')
  await shown.goto(`${origin}/`)
  await socket
  const expected = [`${elsewhere}/a.css`, `${elsewhere}/b`, `${elsewhere}/frame`, 'http://pictures.example.org/a.png']
  assert.deepEqual(strays.filter((address) => address.startsWith('http')).toSorted(), expected.toSorted())
  assert.ok(strays.some((address) => address.startsWith('ws://')))
  assert.throws(ending.end, /requests that left/)
})

test('hosts outside this machine do not exist for the browser', async (t) => {
  const context = await openBrowser(t)
  const shown = await context.newPage()
  await assert.rejects(shown.goto('http://example.org/'), /ERR_NAME_NOT_RESOLVED/)
})

test('what is not accessible is named with its place, beside a frame without scripts too', async (t) => {
  const frame = `<iframe title="A letter" sandbox srcdoc="&lt;p&gt;Hello&lt;/p&gt;"></iframe>`
  const origin = await startPages(t, {
    '/good': page(`<button>Send</button>${frame}`),
    '/bad': page(`<button id=mute></button>${frame}`),
  })
  const context = await openBrowser(t)
  const shown = await context.newPage()
  await shown.goto(`${origin}/good`)
  await checkAccessibility(shown)
  await shown.goto(`${origin}/bad`)
  await assert.rejects(
    checkAccessibility(shown),
    /not accessible at \/bad:\n {2}button-name \(critical\): .*\n {4}#mute: /,
  )
})
