/** A stranger becomes a user, forgets the password, and gets back in; as in a trial without internet. */
import assert from 'node:assert/strict'
import { after, test, type TestContext } from 'node:test'
import type { Page } from 'playwright-core'
import { testDatabase } from '../database.ts'
import { addPerson } from '../people.ts'
import { startServer } from '../server.ts'
import { checkLooks } from './looks.ts'
import { mailedCode as codeIn } from './mailed-code.ts'
import { openVisit, signIn } from './person.ts'

const { config } = await testDatabase()
const server = await startServer(
  { after },
  {
    signUp: { ...config.signUp, proofWork: 100 },
    // Nobody listens there: what goes outside stays in the queue, as in a trial without internet.
    routes: { 'example.org': '127.0.0.1:1' },
  },
  ['http', 'queue'],
)
await addPerson(server.storage)

const EXTERNAL = 'hanne.draussen@example.org'
const PASSWORD = 'regenschirm mond vier tinte'

const mailedCode = (page: Page, subject: RegExp): Promise<string> => codeIn(server, page, subject)

async function toCode(page: Page): Promise<void> {
  await page.goto(`${server.http}/de/`)
  await page.getByRole('link', { name: 'Konto eröffnen' }).click()
  await checkLooks(page, 'the first step')
  await page.getByLabel('Ihre bisherige Mailadresse').fill(EXTERNAL)
  await page.getByRole('button', { name: 'Code schicken' }).click()
  await page.getByRole('heading', { level: 1, name: 'Code eingeben' }).waitFor()
}

const inbox = (page: Page): Promise<void> => page.getByRole('heading', { level: 1, name: 'Eingang' }).waitFor()

test('sign-up, reset of the password, and the sessions before it have ended', async (t: TestContext) => {
  const { page, browser } = await openVisit(t, server.http)
  await toCode(page)
  await page.getByText(EXTERNAL).waitFor()
  assert.deepEqual(await browser.cookies(), [], 'no cookie before somebody is signed in')
  await page.getByLabel('Code', { exact: true }).fill('0000 0001')
  await page.getByRole('button', { name: 'Weiter' }).click()
  await page.getByText('Das ist nicht der Code').waitFor()
  await checkLooks(page, 'a wrong code')
  await page.getByRole('button', { name: 'Neuen Code schicken' }).click()
  await page.getByText('Ein neuer Code ist unterwegs').waitFor()
  await page.getByLabel('Code', { exact: true }).fill(await mailedCode(page, /Eröffnen/))
  await page.keyboard.press('Enter')

  await page.getByRole('heading', { level: 1, name: 'Adresse und Passwort' }).waitFor()
  await checkLooks(page, 'the new account')
  const policy = page.context().waitForEvent('page')
  await page.getByRole('link', { name: /Datenschutz \(Fassung/ }).click()
  const opened = await policy
  await opened.getByRole('heading', { level: 1, name: 'Datenschutz' }).waitFor()
  await checkLooks(opened, 'the policy')
  await opened.close()
  await page.getByLabel('Ihre neue Adresse').fill('postmaster')
  await page.getByLabel('Passwort', { exact: true }).fill('hanne')
  await page.getByText('Leicht zu erraten').waitFor()
  await page.getByLabel('Passwort', { exact: true }).fill(PASSWORD)
  await page
    .getByText('Schwer zu erraten', { exact: true })
    .or(page.getByText('Schwer zu erraten.', { exact: true }))
    .waitFor()
  await page.getByRole('checkbox').check()
  await page.getByRole('button', { name: 'Konto eröffnen' }).click()
  await page.getByText('steht für eine Aufgabe').waitFor()
  await checkLooks(page, 'a name that is refused')
  await page.getByLabel('Ihre neue Adresse').fill('hanne')
  await page.getByLabel('Passwort', { exact: true }).fill(PASSWORD)
  await page.getByRole('checkbox').check()
  await page.getByRole('button', { name: 'Konto eröffnen' }).click()
  await inbox(page)

  // Another device, where the password is forgotten.
  const other = await openVisit(t, server.http)
  await other.page.goto(`${server.http}/de/sign-in`)
  await other.page.getByRole('link', { name: 'Passwort vergessen?' }).click()
  await checkLooks(other.page, 'the reset')
  await other.page.getByLabel('Ihre Adresse').fill('hanne@zegel.test')
  await other.page.getByRole('button', { name: 'Code schicken' }).click()
  await other.page.getByText('Ob es das Konto gibt, sagt diese Seite nicht').waitFor()
  await other.page.getByLabel('Code', { exact: true }).fill(await mailedCode(other.page, /neues Passwort/))
  await other.page.getByRole('button', { name: 'Weiter' }).click()
  assert.equal(await other.page.getByLabel('Konto').inputValue(), 'hanne@zegel.test')
  await checkLooks(other.page, 'the new password')
  await other.page.getByLabel('Neues Passwort', { exact: true }).fill('ganz andere Tinte')
  await other.page.getByRole('button', { name: 'Passwort setzen' }).click()
  await other.page.getByText('Das neue Passwort gilt').waitFor()
  await checkLooks(other.page, 'the sign-in after a reset')

  await page.waitForURL(`${server.http}/de/sign-in?done=ended`)
  await page.goto(`${server.http}/app/`)
  await page.waitForURL(`${server.http}/de/sign-in`)
  await signIn(other.page, 'hanne@zegel.test', 'ganz andere Tinte')
  await inbox(other.page)
  // It is told in the account itself.
  await other.page.getByRole('row', { name: /Ihr Passwort wurde neu gesetzt/ }).waitFor()
})

test('the policy and the terms are read, and an account is begun, without JavaScript up to the task', async (t: TestContext) => {
  const { browser } = await openVisit(t, server.http)
  const plain = await browser.browser()?.newContext({ javaScriptEnabled: false, locale: 'de-DE' })
  assert.ok(plain)
  t.after(() => plain.close())
  const page = await plain.newPage()
  for (const [path, heading] of [
    ['policy', 'Datenschutz'],
    ['terms', 'Nutzungsbedingungen'],
    ['sign-up', 'Konto eröffnen'],
    ['reset', 'Neues Passwort'],
  ] as const) {
    await page.goto(`${server.http}/de/${path}`)
    await page.getByRole('heading', { level: 1, name: heading }).waitFor()
  }
  await page.goto(`${server.http}/de/sign-up`)
  // Chromium keeps what is for browsers without scripts to itself when a test turns them off.
  assert.match(await page.content(), /<noscript>.*Für diesen einen Schritt braucht Ihr Browser JavaScript/s)
  await page.getByLabel('Ihre bisherige Mailadresse').fill(EXTERNAL)
  await page.getByRole('button', { name: 'Code schicken' }).click()
  await page.getByText('Die Rechenaufgabe ist nicht gelöst').waitFor()
  assert.equal(await page.getByLabel('Ihre bisherige Mailadresse').inputValue(), EXTERNAL)
})
