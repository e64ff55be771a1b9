import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openBrowser, watchRequests } from '#test/browser'
import { startServer } from '#test/server'

/** What a page of ours can do, asked from within it. Serialised into the browser. */
async function tryEverything(): Promise<Record<string, unknown>> {
  const session = (await (await fetch('/.well-known/jmap')).json()) as {
    apiUrl: string
    capabilities: Record<string, { url: string }>
  }
  const opened = (source: EventTarget): Promise<boolean> =>
    new Promise((resolve) => {
      source.addEventListener('open', () => resolve(true))
      source.addEventListener('error', () => resolve(false))
    })
  const post = async (headers: Record<string, string>): Promise<number> =>
    (
      await fetch(session.apiUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: '{"using":[],"methodCalls":[]}',
      })
    ).status
  const events = new EventSource('/jmap/eventsource/?types=*&closeafter=no&ping=0')
  const socket = new WebSocket(session.capabilities['urn:ietf:params:jmap:websocket']?.url ?? '', 'jmap')
  // Asked at once: one of them may open while the other is waited for.
  const [eventsOpened, socketOpened] = await Promise.all([opened(events), opened(socket)])
  const result = {
    events: eventsOpened,
    socket: socketOpened,
    post: await post({ 'X-Zegel': '1' }),
    postWithoutHeader: await post({}),
    elsewhere: await fetch('https://example.org/').then(
      () => 'loaded',
      () => 'refused',
    ),
  }
  events.close()
  socket.close()
  return result
}

// Debian's Chromium keeps a Secure cookie with the prefix __Host- on both, without TLS: it trusts the loopback.
for (const host of ['127.0.0.1', 'localhost'])
  test(`a browser signs in at http://${host}, is let in everywhere, and is out after signing out`, async (t) => {
    const server = await startServer(t, {}, ['http'])
    const { address, password } = await server.createAccount()
    const origin = server.http.replace('127.0.0.1', host)
    const browser = await openBrowser(t)
    const strays = watchRequests(t, browser, origin)
    const page = await browser.newPage()
    await page.goto(`${origin}/en/sign-in`)
    await page.fill('[name=address]', address)
    await page.fill('[name=password]', password)
    await page.locator('form button.primary').click()
    await page.waitForURL(`${origin}/app/**`)
    const [cookie] = await browser.cookies()
    assert.deepEqual(
      [cookie?.name, cookie?.secure, cookie?.httpOnly, cookie?.sameSite, cookie?.path],
      ['__Host-zegel', true, true, 'Lax', '/'],
    )

    assert.equal(await page.evaluate('document.cookie'), '', 'no script can read it')
    assert.deepEqual(await page.evaluate(tryEverything), {
      events: true,
      socket: true,
      post: 200,
      postWithoutHeader: 403,
      elsewhere: 'refused',
    })
    // Not from within the page: the app leaves it as soon as it hears that the session has ended.
    const signedOut = await browser.request.post(`${origin}/sign-out`, { headers: { 'X-Zegel': '1' } })
    assert.equal(signedOut.status(), 204)
    await page.waitForURL(`${origin}/*/sign-in*`)
    assert.deepEqual(await browser.cookies(), [])
    assert.deepEqual(strays, [])
  })
