/** How letters are written in the browser, and what of them is looked at. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import type { TestServer } from '../server.ts'
import { openInbox, type Visitor } from './person.ts'

/** Ten by ten pixels. */
export const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAYAAACNMs+9AAAAFUlEQVR42mNkYPhfz0AEYBxVSF+FABJADveWkH6oAAAAAElFTkSuQmCC',
  'base64',
)

export const text = (page: Page): Locator => page.getByRole('textbox', { name: 'Text des Briefs' })
export const field = (page: Page, name: string): Locator => page.getByRole('combobox', { name, exact: true })
export const row = (page: Page, name: RegExp): Locator => page.getByRole('row', { name })
export const letter = (page: Page): Locator => page.getByRole('article', { name: 'Brief' })

/** Calls a method as the person who is signed in. @returns its answer */
export async function ask(page: Page, method: string, args: object): Promise<Record<string, unknown>> {
  const answer = await page.evaluate(
    async (call) => {
      const session = (await (await fetch('/.well-known/jmap')).json()) as { primaryAccounts: Record<string, string> }
      const accountId = session.primaryAccounts['urn:zegel:account']
      const response = await fetch('/jmap/api', {
        method: 'POST',
        headers: { 'X-Zegel': '1', 'Content-Type': 'application/json' },
        body: JSON.stringify({
          using: ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:mail', 'urn:zegel:account'],
          methodCalls: [[call.method, { accountId, ...call.args }, 'a']],
        }),
      })
      return (await response.json()) as { methodResponses: [string, Record<string, unknown>][] }
    },
    { method, args },
  )
  return answer.methodResponses[0]?.[1] ?? {}
}

/** Changes settings, and loads the page anew. */
export async function set(page: Page, change: Record<string, unknown>): Promise<void> {
  assert.ok((await ask(page, 'Settings/set', { update: { singleton: change } }))['updated'], 'the setting was taken')
  await page.reload()
  await page.getByRole('heading', { level: 1 }).first().waitFor()
}

/** Opens an empty letter with the key for it. */
export async function begin(page: Page): Promise<void> {
  await page.keyboard.press('c')
  await field(page, 'An').and(page.locator(':focus')).waitFor()
}

export const choose = async (
  page: Page,
  button: string,
  files: { name: string; mimeType: string; buffer: Buffer }[],
): Promise<void> => {
  const chooser = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: button }).click()
  await (await chooser).setFiles(files)
}

/** A new account, signed in, with settings that differ. Without any, what is sent is sent at once. */
export async function openWriter(
  t: TestContext,
  server: TestServer,
  name: string,
  change: Record<string, unknown> = { undoSeconds: 0 },
): Promise<Visitor> {
  const visitor = await openInbox(t, server, name)
  await set(visitor.page, change)
  return visitor
}
