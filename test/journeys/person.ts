import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { createStandardMailboxes } from '#mail'
import { openBrowser, watchRequests } from '../browser.ts'
import { addPerson, type Person } from '../people.ts'
import type { TestServer } from '../server.ts'

/** A person whose language is German, before a browser of theirs. */
export interface Visitor {
  person: Person
  browser: BrowserContext
  page: Page
}

/** A browser as one finds it in Germany. Nothing moves in it, so that what is looked at stays as it is. */
const german: BrowserContextOptions = {
  locale: 'de-DE',
  timezoneId: 'Europe/Berlin',
  reducedMotion: 'reduce',
  viewport: { width: 1280, height: 800 },
}

/** Opens a browser of its own. The test fails at its end when a request has left `origin`, or as `watch` sees it. */
export async function openVisit(
  t: TestContext,
  origin: string,
  watch: (t: TestContext, browser: BrowserContext, origin: string) => unknown = watchRequests,
): Promise<{ browser: BrowserContext; page: Page }> {
  const browser = await openBrowser(t, german)
  watch(t, browser, origin)
  // On a machine with other work a page with its checks of looks can take half a minute; the test itself is bounded.
  browser.setDefaultTimeout(45_000)
  const page = await browser.newPage()
  return { browser, page }
}

export const addGermanPerson = (server: TestServer, name: string): Promise<Person> =>
  addPerson(server.storage, { name, language: 'de' }, createStandardMailboxes)

/** Fills in the form that is shown and sends it. */
export async function signIn(page: Page, address: string, password: string): Promise<void> {
  await page.getByLabel('Adresse').fill(address)
  await page.getByLabel('Passwort', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Anmelden', exact: true }).click()
}

/** A new account, signed in, with its inbox open. */
export async function openInbox(
  t: TestContext,
  server: TestServer,
  name: string,
  watch?: Parameters<typeof openVisit>[2],
): Promise<Visitor> {
  const person = await addGermanPerson(server, name)
  const { browser, page } = await openVisit(t, server.http, watch)
  await page.goto(`${server.http}/de/sign-in`)
  await signIn(page, person.address, person.password)
  await page.getByRole('heading', { level: 1, name: 'Eingang' }).waitFor()
  return { person, browser, page }
}

/**
 * Waits until what `check` asserts can be seen; thirty seconds at most. The page's policy lets no code of ours wait
 * inside it.
 */
export async function seen(check: () => Promise<void>): Promise<void> {
  const until = performance.now() + 30_000
  for (;;)
    try {
      return await check()
    } catch (error) {
      if (!(error instanceof assert.AssertionError) || performance.now() > until) throw error
      await setTimeout(100)
    }
}

/** Waits until the window is called so. */
export const showsTitle = (page: Page, title: string): Promise<void> =>
  seen(async () => assert.equal(await page.title(), title))
