import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { chromium, type Page } from 'playwright-core'
import type { BenchOptions } from './run.ts'
import { removeFolder, startChild } from '../test/child.ts'
import { findProgram } from '../test/program.ts'
import { percentile } from './percentile.ts'

const SIZE = 100_000
const KEYS = 200
const LETTERS = 100
const PASSWORD = 'bench password'

/**
 * What a person waits for in the browser, with a large mailbox: from the press of a key until the frame in which the page
 * has answered it; and until the text of the letter stands there.
 */
export async function browser({ count = SIZE }: BenchOptions): Promise<string[]> {
  const server = await startChild()
  const program = await chromium.launch({
    executablePath: findProgram('chromium', 'chromium-browser', 'google-chrome'),
    args: ['--disable-gpu', '--disable-background-networking'],
    chromiumSandbox: process.getuid?.() !== 0,
  })
  try {
    const address = 'big@zegel.test'
    await server.command(['account', 'create', address, '--password-stdin'], PASSWORD)
    spawnSync(process.execPath, [join(import.meta.dirname, 'fill.ts'), address, 'big', String(count)], {
      env: server.env,
      stdio: 'inherit',
    })
    const page = await program.newPage({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' })
    const origin = `http://127.0.0.1:${server.http}`
    await page.goto(`${origin}/en/sign-in`)
    await page.locator('input[name=address]').fill(address)
    await page.locator('input[name=password]').fill(PASSWORD)
    await page.locator('input[name=password]').press('Enter')
    await page.getByRole('link', { name: /^big/ }).click()
    await page.getByRole('row').nth(5).waitFor()
    await page.evaluate(WATCH)

    const lines: string[] = []
    const say = (what: string, times: number[]): void => {
      const [p50, p99] = [50, 99].map((rank) => percentile(times, rank).toFixed(0))
      lines.push(`${what}: p50 ${p50} ms, p99 ${p99} ms of ${times.length}`)
    }

    await page.getByRole('grid').press('Home')
    say('a step in the list (j)', await pressed(page, 'j', KEYS))
    say('a page of the list (Page Down)', await pressed(page, 'PageDown', KEYS))
    await page.getByRole('grid').press('Home')
    await page.keyboard.press('Enter')
    await page.locator('.msg .letter, .msg iframe').first().waitFor()
    await page.locator('.read-scroll').focus()
    await opened(page, 'j', 10)
    say('the next letter (j), its text shown', await opened(page, 'j', LETTERS))
    await page.keyboard.press('c')
    await page.locator('.pane.writing [contenteditable=true]').click()
    say('a letter typed into the composer', await pressed(page, 'a', KEYS))
    return lines
  } finally {
    await program.close()
    await server.stop()
    removeFolder(server.folder)
  }
}

interface Watched {
  /** Milliseconds from each press to the frame after it. */
  answered: number[]
  /** Milliseconds from each press until the letter that it opened was shown. */
  shown: number[]
}

/** What the page runs to take notes. As text: the names of a browser are unknown to the types of this program. */
const WATCH = `{
  const noted = (window.noted = { answered: [], shown: [] })
  const letter = '.msg:not([aria-busy=true]) :is(.letter:not(.waiting), iframe)'
  let pressedAt, address
  const afterFrame = (act) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = act
    port2.postMessage(undefined)
  })
  addEventListener('keydown', ({ timeStamp }) => {
    pressedAt = timeStamp
    address = location.hash
    afterFrame(() => noted.answered.push(performance.now() - timeStamp))
  }, true)
  new MutationObserver(() => {
    if (pressedAt === undefined || location.hash === address || !document.querySelector(letter)) return
    const begun = pressedAt
    pressedAt = undefined
    afterFrame(() => noted.shown.push(performance.now() - begun))
  }).observe(document.body, { childList: true, subtree: true, attributes: true })
}`

async function pressed(page: Page, key: string, times: number): Promise<number[]> {
  await noted(page)
  for (let count = 0; count < times; count++) {
    await page.keyboard.press(key)
    await page.waitForTimeout(20)
  }
  return (await noted(page)).answered
}

async function opened(page: Page, key: string, times: number): Promise<number[]> {
  await noted(page)
  for (let count = 0; count < times; count++) {
    await page.keyboard.press(key)
    await page.waitForTimeout(250)
  }
  return (await noted(page)).shown
}

/** What was noted since the last time. */
function noted(page: Page): Promise<Watched> {
  return page.evaluate<Watched>('({ answered: window.noted.answered.splice(0), shown: window.noted.shown.splice(0) })')
}
