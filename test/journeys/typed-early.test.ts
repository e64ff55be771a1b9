/** Who types faster than the app loads loses no key, and no key acts on letters. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Page } from 'playwright-core'
import { startServer } from '../server.ts'
import { sendAll } from './letters.ts'
import { openInbox } from './person.ts'

const server = await startServer({ after })

/** Lets what is loaded from now on come late. */
async function slow(page: Page): Promise<void> {
  await page.route('**/app/assets/*', async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 700))
    await route.continue()
  })
}

test('what is typed right after the key for searching stands in the line, and does nothing to letters', async (t) => {
  const { page, person } = await openInbox(t, server, 'klara')
  await sendAll(server.smtp, person.address, [{ subject: 'Apfelernte' }])
  await page.getByRole('row', { name: /Apfelernte/ }).waitFor()
  await page.reload()
  await page.getByRole('row', { name: /Apfelernte/ }).waitFor()
  await slow(page)
  await page.keyboard.type('/notarx')
  await page.keyboard.press('Backspace')
  const line = page.getByRole('combobox', { name: 'Suchen oder Befehl eingeben' })
  await line.and(page.locator(':focus')).waitFor()
  assert.equal(await line.inputValue(), 'notar')
  await page.keyboard.type('in')
  assert.equal(await line.inputValue(), 'notarin')
  await page.keyboard.press('Escape')
  await line.waitFor({ state: 'detached' })
  assert.equal(await page.getByRole('row', { name: /Apfelernte/ }).count(), 1)
  assert.equal(await page.getByRole('region', { name: 'Neuer Brief' }).count(), 0)
  // The next letters are commands again.
  await page.keyboard.press('?')
  await page.getByRole('dialog').waitFor()
})

test('a search that is typed and sent before the line is there is made', async (t) => {
  const { page } = await openInbox(t, server, 'anna')
  await slow(page)
  await page.keyboard.type('/tulpen')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: '„tulpen“' }).waitFor()
})

test('an address typed right after the key for writing stands in the letter', async (t) => {
  const { page, person } = await openInbox(t, server, 'emma')
  await sendAll(server.smtp, person.address, [{ subject: 'Apfelernte' }])
  await page.getByRole('row', { name: /Apfelernte/ }).waitFor()
  await slow(page)
  await page.keyboard.type('cbea@example.org')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'bea@example.org', exact: true }).waitFor()
  assert.equal(await page.getByRole('row', { name: /Apfelernte/ }).count(), 1)
})
