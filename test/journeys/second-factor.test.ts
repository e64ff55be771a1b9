/** A second factor: switched on in the settings, asked for at the next sign-in, lost and found again. */
import assert from 'node:assert/strict'
import { after, test, type TestContext } from 'node:test'
import type { Page } from 'playwright-core'
import { findSession } from '#accounts'
import { shiftClock } from '#system'
import { dialImap } from '../imap.ts'
import { addAppCodes, addAppPassword, appCode, type Person } from '../people.ts'
import { startServer, type TestServer } from '../server.ts'
import { readPicture } from './camera.ts'
import { checkLooks } from './looks.ts'
import { addTouch } from './touch.ts'
import { addGermanPerson, openInbox, openVisit, seen, signIn } from './person.ts'

const server = await startServer({ after }, {}, ['http', 'imap'])
const { storage } = server
/** Passkeys need a name. */
const site = server.http.replace('127.0.0.1', 'localhost')
const named = Object.create(server, { http: { value: site } }) as TestServer

async function openSecurity(page: Page) {
  await page.goto(`${site}/app/#/settings/security`)
  const section = page.getByRole('region', { name: /^Zweiter Faktor/ })
  await section
    .getByRole('button', { name: 'Einschalten' })
    .or(section.getByText('Wiederherstellungscodes'))
    .first()
    .waitFor()
  return section
}

async function shownCodes(page: Page): Promise<string[]> {
  const group = page.getByRole('group', { name: /^Wiederherstellungscodes für/ })
  await group.waitFor()
  return group.getByRole('listitem').allTextContents()
}

const isInbox = (page: Page): Promise<void> => page.getByRole('heading', { level: 1, name: 'Eingang' }).waitFor()

async function imapTakes(t: TestContext, { address }: Person, password: string): Promise<boolean> {
  const imap = await dialImap(t, server.imaps, { tls: true })
  return (await imap.say(`LOGIN ${address} ${password}`)).tagged.startsWith('OK')
}

/** Opens a page without being signed in any more. Not from the app: it would notice, and lead somewhere itself. */
async function openSignedOut(page: Page, url: string): Promise<void> {
  await page.goto('about:blank')
  await page.context().clearCookies()
  await page.goto(url)
}

test('codes from an app: read from the picture, asked for at the next sign-in, and replaced by a recovery code', async (t) => {
  t.after(() => shiftClock(0))
  const { page, person } = await openInbox(t, named, 'wiebke')
  await addAppPassword(storage, person, { name: 'Telefon' })
  const section = await openSecurity(page)
  await checkLooks(page, 'Sicherheit ohne zweiten Faktor')
  await section.getByRole('button', { name: 'Einschalten' }).click()
  const dialog = page.getByRole('dialog', { name: 'Codes aus einer App einschalten' })
  await dialog.getByText('App-Passwörter gibt es für: Telefon.').waitFor()
  await checkLooks(page, 'was der zweite Faktor bedeutet')
  await dialog.getByLabel('Jetziges Passwort').fill('falsch')
  await dialog.getByRole('button', { name: 'Weiter' }).click()
  await dialog.getByText('Das ist nicht Ihr jetziges Passwort.').waitFor()
  await dialog.getByLabel('Jetziges Passwort').fill(person.password)
  await dialog.getByRole('button', { name: 'Weiter' }).click()
  await dialog.getByRole('img').waitFor()
  await checkLooks(page, 'der QR-Code')
  const uri = new URL(await readPicture(page, 'QR-Code mit dem Geheimnis'))
  const secret = uri.searchParams.get('secret') ?? ''
  assert.equal(((await dialog.locator('code').textContent()) ?? '').replaceAll(' ', ''), secret)
  assert.match(decodeURIComponent(uri.pathname), new RegExp(`${person.address}$`))

  await dialog.getByLabel('Der Code, den die App jetzt zeigt').fill('000000')
  await dialog.getByRole('button', { name: 'Einschalten' }).click()
  await dialog.getByText('Dieser Code passt nicht.').waitFor()
  const first = appCode(secret)
  await dialog.getByLabel('Der Code, den die App jetzt zeigt').fill(first)
  await dialog.getByRole('button', { name: 'Einschalten' }).click()
  const codes = await shownCodes(page)
  assert.equal(codes.length, 10)
  await checkLooks(page, 'die Wiederherstellungscodes')
  const saved = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Als Datei' }).click()
  assert.equal((await saved).suggestedFilename(), 'wiederherstellungscodes.txt')
  await page.getByRole('button', { name: 'Ich habe sie aufbewahrt' }).click()
  await section.getByText('Noch 10 übrig.').waitFor()
  await page.getByText('Das Hauptpasswort gilt in keinem Programm').waitFor()
  await checkLooks(page, 'Sicherheit mit zweitem Faktor')
  assert.equal(await imapTakes(t, person, person.password), false)

  await openSignedOut(page, `${site}/de/sign-in`)
  await signIn(page, person.address, person.password)
  await page.getByRole('heading', { level: 1, name: 'Zweiter Faktor' }).waitFor()
  await checkLooks(page, 'die Frage nach dem Code')
  // It was taken when it was switched on.
  await page.getByLabel('Code aus der App').fill(first)
  await page.getByRole('button', { name: 'Anmelden', exact: true }).click()
  await page.getByText('Dieser Code passt nicht.').waitFor()
  await checkLooks(page, 'ein falscher Code')
  shiftClock(30)
  await page.getByLabel('Code aus der App').fill(appCode(secret))
  await page.getByRole('button', { name: 'Anmelden', exact: true }).click()
  await isInbox(page)

  await openSignedOut(page, `${site}/de/sign-in`)
  await signIn(page, person.address, person.password)
  await page.getByText('Gerät nicht zur Hand?').click()
  await page.getByLabel('Wiederherstellungscode').fill(codes[3] ?? '')
  await page.getByRole('button', { name: 'Mit dem Wiederherstellungscode anmelden' }).click()
  await isInbox(page)
  const again = await openSecurity(page)
  await again.getByText('Noch 9 übrig.').waitFor()
})

test('a passkey: made in the settings, asked for beside the password, and enough by itself', async (t) => {
  const { page, person, browser } = await openInbox(t, named, 'ilse')
  await addTouch(page)
  const section = await openSecurity(page)
  await section.getByRole('button', { name: 'Passkey hinzufügen' }).click()
  const dialog = page.getByRole('dialog', { name: 'Passkey hinzufügen' })
  await dialog.getByLabel('Name, an dem Sie ihn erkennen').fill('Laptop im Arbeitszimmer')
  await dialog.getByLabel('Jetziges Passwort').fill(person.password)
  await checkLooks(page, 'ein neuer Passkey')
  await dialog.getByRole('button', { name: 'Weiter' }).click()
  assert.equal((await shownCodes(page)).length, 10)
  await section.getByText('Laptop im Arbeitszimmer').waitFor()
  await section.getByText('noch nie benutzt').waitFor()
  await checkLooks(page, 'Passkeys')

  await section.getByRole('button', { name: 'Laptop im Arbeitszimmer umbenennen' }).click()
  const rename = page.getByRole('dialog', { name: 'Laptop im Arbeitszimmer umbenennen' })
  await rename.getByLabel('Name, an dem Sie ihn erkennen').fill('Laptop')
  await rename.getByRole('button', { name: 'Umbenennen' }).click()
  await section.getByRole('button', { name: 'Laptop entfernen' }).waitFor()

  await openSignedOut(page, `${site}/de/sign-in`)
  await signIn(page, person.address, person.password)
  await page.getByRole('button', { name: 'Mit einem Passkey anmelden' }).waitFor()
  await checkLooks(page, 'die Frage nach dem Passkey')
  await page.getByRole('button', { name: 'Mit einem Passkey anmelden' }).click()
  await isInbox(page)

  await openSignedOut(page, `${site}/de/sign-in`)
  await page.getByRole('button', { name: 'Mit einem Passkey anmelden' }).waitFor()
  await checkLooks(page, 'die Anmeldung')
  await page.getByLabel('Dies ist nicht mein Computer').check()
  await page.getByRole('button', { name: 'Mit einem Passkey anmelden' }).click()
  await isInbox(page)
  const [cookie] = await browser.cookies()
  assert.equal(cookie?.expires, -1, 'not kept when the window closes')

  // As from the picture that leads to the page of mail programs.
  await openSignedOut(page, `${site}/de/sign-in#/settings/programs`)
  await page.getByRole('button', { name: 'Mit einem Passkey anmelden' }).click()
  await page.getByRole('heading', { level: 1, name: 'Mailprogramme' }).waitFor()

  const again = await openSecurity(page)
  await again.getByText(/zuletzt benutzt/).waitFor()
  await again.getByRole('button', { name: 'Laptop entfernen' }).click()
  const remove = page.getByRole('dialog', { name: 'Laptop entfernen' })
  await remove.getByText('Das ist der letzte zweite Faktor.').waitFor()
  await remove.getByLabel('Jetziges Passwort').fill(person.password)
  await remove.getByRole('button', { name: 'Entfernen', exact: true }).click()
  await again.getByText('Wiederherstellungscodes').waitFor({ state: 'detached' })

  await openSignedOut(page, `${site}/de/sign-in`)
  await page.getByRole('button', { name: 'Mit einem Passkey anmelden' }).click()
  await page.getByText('Mit diesem Passkey kommt hier niemand hinein.').waitFor()
})

test('a browser without passkeys or scripts is asked for codes alone', async (t) => {
  const person = await addGermanPerson(named, 'grete')
  const { secret } = await addAppCodes(storage, person)
  const { browser } = await openVisit(t, site)
  const plain = await browser.browser()?.newContext({ javaScriptEnabled: false, locale: 'de-DE' })
  assert.ok(plain)
  t.after(() => plain.close())
  const page = await plain.newPage()
  await page.goto(`${site}/de/sign-in`)
  assert.equal(await page.getByRole('button', { name: 'Mit einem Passkey anmelden' }).isVisible(), false)
  await signIn(page, person.address, person.password)
  await page.getByLabel('Code aus der App').fill(appCode(secret))
  await page.getByRole('button', { name: 'Anmelden', exact: true }).click()
  await seen(async () => {
    const [cookie] = await plain.cookies()
    assert.equal((await findSession(storage, cookie?.value ?? ''))?.accountId, person.id)
  })
})
