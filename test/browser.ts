/** A real browser for tests: Debian's Chromium, one process per test file, one profile per test. */
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { after, type TestContext } from 'node:test'

import { type Browser, type BrowserContext, type BrowserContextOptions, type Page, chromium } from 'playwright-core'

import { findProgram } from './program.ts'

/** Quiet without a network, and unable to reach it: names under .test are this machine, all others do not exist. */
const flags = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-gpu',
  '--disable-quic',
  '--disable-sync',
  '--no-first-run',
  '--host-resolver-rules=MAP *.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE [::1], EXCLUDE localhost',
]

let running: Promise<Browser> | undefined
// On loading, so that it belongs to the file rather than to the test that opens a browser first.
after(async () => (await running)?.close())

/** A profile of its own for this test, closed after it. @throws Error when no Chromium is on the PATH */
export async function openBrowser(t: TestContext, options?: BrowserContextOptions): Promise<BrowserContext> {
  running ??= chromium.launch({
    executablePath: findProgram('chromium', 'chromium-browser', 'google-chrome'),
    args: flags,
    chromiumSandbox: process.getuid?.() !== 0, // Chromium refuses its sandbox to root
  })
  const browser = await running
  const context = await browser.newContext(options)
  t.after(async () => {
    // What a test has put in the way of requests may just be at one of them.
    const routed = [context, ...context.pages()]
    await Promise.all(routed.map((one) => one.unrouteAll({ behavior: 'ignoreErrors' })))
    await context.close()
  })
  return context
}

/**
 * Records every request and WebSocket of all pages that goes elsewhere than to `origin` ("http://127.0.0.1:8080"),
 * and fails the test at its end when there was one. What never leaves the browser (data:, blob:, about:) is no request.
 * @returns the addresses so far, in order
 */
export function watchRequests(t: TestContext, context: BrowserContext, origin: string): string[] {
  const strays: string[] = []
  const look = (address: string): void => {
    const url = new URL(address)
    if (!/^(https?|wss?):$/.test(url.protocol)) return
    if (url.origin.replace(/^ws/, 'http') !== origin) strays.push(address)
  }
  context.on('request', (request) => look(request.url()))
  const watchSockets = (page: Page): void => void page.on('websocket', (socket) => look(socket.url()))
  context.pages().forEach(watchSockets)
  context.on('page', watchSockets)
  t.after(() => assert.deepEqual(strays, [], `requests that left ${origin}`))
  return strays
}

/** axe itself: what drives it in the package we name opens a page for each run, and takes ten times as long. */
const axe = createRequire(import.meta.resolve('@axe-core/playwright'))('axe-core') as { source: string }

interface Violation {
  id: string
  impact: string
  help: string
  nodes: { target: string[]; failureSummary?: string }[]
}

/** axe runs inside each frame, and waits for ever in one that may run no script. */
const looked = { exclude: [['iframe[sandbox]:not([sandbox~="allow-scripts"])']] }
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
const run = `axe.run(${JSON.stringify(looked)}, ${JSON.stringify({
  runOnly: { type: 'tag', values: rules },
  resultTypes: ['violations'],
})}).then(({ violations }) => violations)`

/** @throws AssertionError that says in words what is not accessible, and where, as axe sees it (WCAG 2.2 AA) */
export async function checkAccessibility(page: Page): Promise<void> {
  if (!(await page.evaluate<boolean>("'axe' in window"))) await page.evaluate(axe.source)
  const violations = await page.evaluate<Violation[]>(run)
  const found = violations.map(({ id, impact, help, nodes }) => {
    const places = nodes.map(
      ({ target, failureSummary = '' }) => `    ${target.join(' ')}: ${failureSummary.replace(/\s+/g, ' ')}`,
    )
    return [`  ${id} (${impact}): ${help}`, ...places].join('\n')
  })
  assert.ok(found.length === 0, `not accessible at ${new URL(page.url()).pathname}:\n${found.join('\n')}`)
}
