/** Mail programs: what to type into them, a profile that needs no typing, and the way to it from another device. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Page } from 'playwright-core'
import { readSettings } from '#accounts'
import { opensslVerify } from '../openssl.ts'
import { addAppCodes, appCode } from '../people.ts'
import { startServer } from '../server.ts'
import { readPicture } from './camera.ts'
import { checkLooks } from './looks.ts'
import { addGermanPerson, openInbox, openVisit, seen, signIn } from './person.ts'

const server = await startServer(
  { after },
  { submission: { port: 587, tlsPort: 465 }, pop3: { port: 110, tlsPort: 995 } },
  ['http'],
)
const LINK = `${server.http}/app/#/settings/programs`

const isShown = (page: Page): Promise<void> => page.getByRole('heading', { level: 1, name: 'Mailprogramme' }).waitFor()

test('the page has the values that programs ask for, each to be copied, and the way to an app password', async (t) => {
  const { page, person, browser } = await openInbox(t, server, 'adelheid')
  await browser.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: server.http })
  await page.getByRole('link', { name: 'Einstellungen', exact: true }).first().click()
  await page.getByRole('link', { name: 'Mailprogramme' }).click()
  await isShown(page)
  const servers = page.getByRole('region', { name: 'Alle anderen: die Server' })
  for (const [row, ...cells] of [
    ['Empfangen (IMAP)', 'zegel.test', String(server.config.imap.tlsPort), 'SSL/TLS'],
    ['Empfangen (POP3)', 'zegel.test', '995', 'SSL/TLS'],
    ['Senden (SMTP)', 'zegel.test', '465', 'SSL/TLS'],
  ] as const) {
    const found = servers.getByRole('row', { name: row })
    await found.waitFor()
    assert.deepEqual(
      (await found.getByRole('cell').allTextContents()).map((text) => text.trim()),
      cells,
    )
  }
  const copied = (): Promise<string> => page.evaluate(() => navigator.clipboard.readText())
  await servers.getByRole('button', { name: 'Benutzername kopieren' }).click()
  await servers.getByText('Kopiert.').waitFor()
  assert.equal(await copied(), person.address)
  await servers.getByRole('button', { name: 'Port kopieren: Senden (SMTP)' }).press('Enter')
  await seen(async () => assert.equal(await copied(), '465'))
  await servers.getByRole('button', { name: 'Server kopieren: Empfangen (IMAP)' }).press('Enter')
  await seen(async () => assert.equal(await copied(), 'zegel.test'))
  await checkLooks(page, 'the page of mail programs')
  await page.getByRole('link', { name: 'Zu den App-Passwörtern' }).click()
  await page.getByRole('region', { name: 'App-Passwörter' }).waitFor()
})

test('who wishes so has what programs send kept in Sent', async (t) => {
  const { page, person } = await openInbox(t, server, 'adelgunde')
  const account = await server.storage.openAccount(person.id)
  await page.goto(LINK)
  const wish = page.getByRole('checkbox', { name: 'Kopie in „Gesendet“ von dem, was Programme senden' })
  assert.equal(await wish.isChecked(), false)
  await wish.check()
  await seen(async () => assert.equal((await readSettings(account)).copySent, true))
  await page.reload()
  await wish.waitFor()
  await seen(async () => assert.equal(await wish.isChecked(), true))
})

test('a browser that copies nothing marks it for the keyboard', async (t) => {
  const { browser, page: inbox, person } = await openInbox(t, server, 'brunhilde')
  await inbox.close()
  await browser.addInitScript(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }))
  const page = await browser.newPage()
  await page.goto(LINK)
  await page.getByRole('button', { name: 'Benutzername kopieren' }).click()
  await page.getByText('Markiert:', { exact: false }).waitFor()
  assert.equal(await page.evaluate(() => String(getSelection())), person.address)
})

test('the profile is downloaded, and openssl says that the server has signed it', async (t) => {
  const { page, person } = await openInbox(t, server, 'cordula')
  await page.goto(LINK)
  const coming = page.waitForEvent('download')
  await page.getByRole('link', { name: 'Profil laden' }).click()
  const download = await coming
  assert.equal(download.suggestedFilename(), 'zegel.test.mobileconfig')
  const certificate = readFileSync(join(server.config.dataFolder, 'tls/self-made.crt'), 'utf8')
  const [text] = opensslVerify(readFileSync(await download.path()), certificate)
  assert.match(String(text), new RegExp(`<string>${person.address}</string>`))
  assert.doesNotMatch(String(text), /Password<\/key><string>/)
})

test('a telephone that scans the picture is asked to sign in, and then is where the profile is', async (t) => {
  const { page } = await openInbox(t, server, 'dorothea')
  await page.goto(LINK)
  await isShown(page)
  const link = await readPicture(page, 'QR-Code, der zu dieser Seite führt')
  assert.equal(link, LINK, 'it says nothing of whoever shows it')

  const other = await addGermanPerson(server, 'ernestine')
  const { page: telephone } = await openVisit(t, server.http)
  await telephone.setViewportSize({ width: 390, height: 800 })
  await telephone.goto(link)
  await signIn(telephone, other.address, 'nicht das richtige Passwort')
  await telephone.getByText('Adresse und Passwort passen nicht zusammen.', { exact: false }).waitFor()
  await signIn(telephone, other.address, other.password)
  await isShown(telephone)
  assert.equal(telephone.url(), LINK)
  assert.equal(await telephone.getByRole('img', { name: 'QR-Code' }).count(), 0, 'nobody scans what they hold')
  await telephone.getByText('ernestine@zegel.test').waitFor()
  // Whoever leaves is not led back there.
  await telephone.getByRole('button', { name: `${other.address}, Konto` }).click()
  await telephone.getByRole('menuitem', { name: 'Abmelden' }).click()
  await telephone.waitForURL(`${server.http}/de/sign-in`)
})

test('with a second factor the way is the same', async (t) => {
  const person = await addGermanPerson(server, 'friederike')
  const { secret } = await addAppCodes(server.storage, person)
  const { page } = await openVisit(t, server.http)
  await page.goto(LINK)
  await signIn(page, person.address, person.password)
  await page.getByLabel('Code', { exact: false }).first().fill(appCode(secret))
  await page.getByRole('button', { name: 'Anmelden', exact: true }).click()
  await isShown(page)
})

test('nothing but a page of the settings is carried through signing in', async (t) => {
  const person = await addGermanPerson(server, 'gertrud')
  const { page } = await openVisit(t, server.http)
  await page.goto(`${server.http}/de/sign-in#/write/new?to=somebody`)
  await signIn(page, person.address, person.password)
  await page.getByRole('heading', { level: 1, name: 'Eingang' }).waitFor()
})

test('the words fit at 390 px, in each language', async (t) => {
  const { page } = await openInbox(t, server, 'hildegard')
  for (const [language, title] of [
    ['Deutsch', 'Mailprogramme'],
    ['Français', 'Logiciels de messagerie'],
    ['Nederlands', 'Mailprogramma’s'],
    ['English', 'Mail programs'],
  ] as const) {
    await page.goto(`${server.http}/app/#/settings/general`)
    await page.locator('select:has(option[value=fr])').selectOption(language)
    await page.goto(LINK)
    await page.getByRole('heading', { level: 1, name: title }).waitFor()
    await page.setViewportSize({ width: 390, height: 800 })
    const wide = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('.setpage, .setpage *')]
        .filter((one) => one.getBoundingClientRect().right > 391)
        .map((one) => `${one.tagName}.${one.className}`),
    )
    assert.deepEqual(wide, [], language)
    await page.setViewportSize({ width: 1280, height: 800 })
  }
})
