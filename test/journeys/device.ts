import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { seen } from './person.ts'

/** When the app last wrote this down on the device, sealed; 0 when it has not. */
const writtenAt = (page: Page, name: 'state' | 'drafts'): Promise<number> =>
  page.evaluate(async (wanted) => {
    // Opening a database would make it.
    if (!(await indexedDB.databases()).some(({ name }) => name === 'zegel')) return 0
    const open = indexedDB.open('zegel')
    const db = await new Promise<IDBDatabase>((resolve, reject) => {
      open.onsuccess = () => resolve(open.result)
      open.onerror = () => reject(open.error as Error)
    })
    try {
      return await new Promise<number>((resolve, reject) => {
        const request = db.transaction('state').objectStore('state').get(wanted)
        request.onsuccess = () => resolve((request.result as { at: number } | undefined)?.at ?? 0)
        request.onerror = () => reject(request.error as Error)
      })
    } finally {
      db.close()
    }
  }, name)

const hasWorker = (page: Page): Promise<boolean> =>
  page.evaluate(async () => Boolean((await navigator.serviceWorker.getRegistration('/app/'))?.active))

/**
 * Waits until the app's worker answers for the page. While it takes the page over, a request may pass by what a test
 * has put in its way.
 */
export const ownsPage = (page: Page): Promise<void> =>
  seen(async () => assert.ok(await page.evaluate(() => navigator.serviceWorker.controller?.state === 'activated')))

/** Longer than the app waits after a change until it writes what is shown. */
const QUIET_MS = 6000

/** Waits until the device has what the page shows now, and the app itself. */
export async function keepsWhatIsShown(page: Page): Promise<void> {
  const from = await page.evaluate(() => Date.now())
  await seen(async () => {
    const at = await writtenAt(page, 'state')
    // Written just before we looked, it is not written again.
    const isQuiet = (await page.evaluate(() => Date.now())) - from > QUIET_MS
    assert.ok(at >= from || (at > 0 && isQuiet), 'the device has what is shown')
    assert.ok(await hasWorker(page))
  })
}

/** Waits until the device has the letter that is being written, as it was at a time or later. */
export const keepsDraft = (page: Page, from: number): Promise<void> =>
  seen(async () => assert.ok((await writtenAt(page, 'drafts')) >= from, 'the device has the letter'))

/** Closes a page in which something waits for the line, as soon as it does not ask whether it may be lost. */
export async function closeWhenKept(page: Page): Promise<void> {
  page.on('dialog', (dialog) => void dialog.dismiss())
  await seen(async () => {
    await page.close({ runBeforeUnload: true })
    await page.waitForEvent('close', { timeout: 1000 }).catch(() => undefined)
    assert.ok(page.isClosed(), 'the page does not ask')
  })
}

/**
 * Loses what the page sends to a path on its way, as often as that. In the page itself: of what the app's worker lets pass, what a browser's
 * context puts in the way (`route`) does not see each. A page that is loaded again loses nothing.
 */
export const loseRequests = (page: Page, ending: string, times: number): Promise<void> =>
  page.evaluate(
    ([wanted, most]) => {
      const send = window.fetch
      let left = most
      window.fetch = (to, init) => {
        const { pathname } = new URL(to instanceof Request ? to.url : to, location.href)
        if (!pathname.endsWith(wanted) || left-- <= 0) return send(to, init)
        document.documentElement.dataset['lost'] = String(most - left)
        return Promise.reject(new TypeError('Failed to fetch'))
      }
    },
    [ending, times] as const,
  )

/** Holds back for a while what the page sends with a text in its body; in the page itself, as `loseRequests`. */
export const delayRequests = (page: Page, containing: string, ms: number): Promise<void> =>
  page.evaluate(
    ([wanted, delay]) => {
      const send = window.fetch
      window.fetch = async (to, init) => {
        if (typeof init?.body === 'string' && init.body.includes(wanted))
          await new Promise((resolve) => setTimeout(resolve, delay))
        return send(to, init)
      }
    },
    [containing, ms] as const,
  )

/** How many requests have been lost so. */
export const lostRequests = (page: Page): Promise<number> =>
  page.evaluate(() => Number(document.documentElement.dataset['lost'] ?? 0))
