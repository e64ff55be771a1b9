/** A password for one program: made in the settings, used over the real ports, revoked, and refused at once. */
import assert from 'node:assert/strict'
import { createServer, type AddressInfo } from 'node:net'
import { after, test, type TestContext } from 'node:test'
import type { Page } from 'playwright-core'
import { basicAuth, openJmapClient } from '../jmap.ts'
import type { Person } from '../people.ts'
import { queuedLetters } from '../queue.ts'
import { startServer } from '../server.ts'
import { dialSmtp, type Dialogue } from '../smtp.ts'
import { checkLooks } from './looks.ts'
import { openInbox } from './person.ts'

/** A port that nobody has now: the page shows the one of the settings. */
async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}

const tlsPort = await freePort()
const server = await startServer({ after }, { submission: { port: 0, tlsPort } })

async function openSecurity(page: Page) {
  await page.goto(`${server.http}/app/#/settings/security`)
  return page.getByRole('region', { name: 'App-Passwörter' })
}

/** Makes one, and gives what the page shows of it. */
async function make(page: Page, person: Person, name: string, { readOnly = false } = {}): Promise<string> {
  await page.getByRole('button', { name: 'Neues App-Passwort' }).click()
  const dialog = page.getByRole('dialog', { name: 'Neues App-Passwort' })
  await dialog.getByLabel('Für welches Programm oder Gerät').fill(name)
  if (readOnly) await dialog.getByLabel('Nur lesen').check()
  await dialog.getByLabel('Jetziges Passwort').fill(person.password)
  await dialog.getByRole('button', { name: 'App-Passwort anlegen' }).click()
  const made = page.getByRole('group', { name: `App-Passwort für ${name}` })
  await made.waitFor()
  return (await made.locator('code').textContent()) ?? ''
}

const plain = (address: string, password: string): string => Buffer.from(`\0${address}\0${password}`).toString('base64')

async function signIn(
  t: TestContext,
  port: number,
  { address }: Person,
  password: string,
): Promise<[Dialogue, string]> {
  const smtp = await dialSmtp(t, { host: '127.0.0.1', port }, { tls: true })
  return [smtp, await smtp.say(`AUTH PLAIN ${plain(address, password)}`)]
}

const status = async ({ address }: Person, password: string): Promise<number> =>
  (await fetch(`${server.http}/.well-known/jmap`, { headers: { authorization: basicAuth({ address, password }) } }))
    .status

test('making one takes a name and the main password', async (t) => {
  const { page, person } = await openInbox(t, server, 'berta')
  const section = await openSecurity(page)
  await section.getByText('Noch gibt es keines.', { exact: false }).waitFor()
  await section.getByRole('button', { name: 'Neues App-Passwort' }).click()
  const dialog = page.getByRole('dialog', { name: 'Neues App-Passwort' })
  const done = dialog.getByRole('button', { name: 'App-Passwort anlegen' })
  await done.click()
  await dialog.getByText('Es braucht einen Namen', { exact: false }).waitFor()
  await dialog.getByLabel('Für welches Programm oder Gerät').fill('Telefon')
  await dialog.getByLabel('Jetziges Passwort').fill('falsches-passwort')
  await done.click()
  await dialog.getByText('Das ist nicht Ihr jetziges Passwort.').waitFor()
  await checkLooks(page, 'the dialog for a new app password, with a complaint')
  await dialog.getByLabel('Jetziges Passwort').fill(person.password)
  await page.keyboard.press('Enter')
  await section.getByRole('group', { name: 'App-Passwort für Telefon' }).waitFor()
})

test('an app password is made, used in a mail program and over JMAP, and revoked', async (t) => {
  const { page, person, browser } = await openInbox(t, server, 'wilhelmine')
  await browser.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: server.http })
  const section = await openSecurity(page)
  const secret = await make(page, person, 'Thunderbird im Arbeitszimmer')
  const made = section.getByRole('group', { name: 'App-Passwort für Thunderbird im Arbeitszimmer' })
  assert.match(secret, /^(?:\w{5}-){3}\w{5}$/)
  await made.getByText(person.address).waitFor()
  await made.getByRole('button', { name: 'Kopieren' }).click()
  await made.getByText('Kopiert.').waitFor()
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), secret)
  await checkLooks(page, 'an app password as it is shown once')

  const row = made.getByRole('row', { name: /^Senden \(SMTP\)/ })
  const [host, port] = [
    await row.getByRole('cell').nth(0).textContent(),
    await row.getByRole('cell').nth(1).textContent(),
  ]
  assert.equal(host, server.config.hostname)
  assert.equal(port, String(tlsPort))
  const [smtp, answer] = await signIn(t, Number(port), person, secret.replaceAll('-', ' '))
  assert.match(answer, /^235/)
  for (const line of [`MAIL FROM:<${person.address}>`, 'RCPT TO:<bea@example.org>'])
    assert.match(await smtp.say(line), /^250/)
  assert.match(await smtp.say('DATA'), /^354/)
  assert.match(await smtp.say(`From: ${person.address}\r\nSubject: Tulpen\r\n\r\nRote.\r\n.`), /^250/)
  assert.equal((await queuedLetters(server.storage, person.id)).length, 1)
  const program = await openJmapClient(server, { ...person, password: secret })
  assert.ok(((await program.call('Mailbox/get'))['list'] as unknown[]).length > 0)
  assert.equal((await program.fail('AppPassword/get'))['type'], 'accountNotSupportedByMethod')

  await made.getByRole('button', { name: 'Fertig' }).click()
  await made.waitFor({ state: 'detached' })
  await page.reload()
  const listed = section.getByRole('row', { name: /Thunderbird im Arbeitszimmer/ })
  await listed.getByText('Post', { exact: true }).waitFor()
  assert.equal(await section.getByText(secret).count(), 0, 'it is never shown again')
  assert.equal(await listed.getByText('noch nie').count(), 0)
  await checkLooks(page, 'the list of app passwords')

  await listed.getByRole('button', { name: /widerrufen$/ }).click()
  await section.getByText('Noch gibt es keines.', { exact: false }).waitFor()
  assert.match(await smtp.say(`MAIL FROM:<${person.address}>`), /^421/)
  assert.match((await signIn(t, tlsPort, person, secret))[1], /^535/)
  assert.equal(await status(person, secret), 401)
})

test('one to read only sends nothing, and the main password can be kept from programs', async (t) => {
  const { page, person } = await openInbox(t, server, 'klara')
  const section = await openSecurity(page)
  await section.getByText('Noch gibt es keines.', { exact: false }).waitFor()
  const secret = await make(page, person, 'Anzeige in der Küche', { readOnly: true })
  assert.equal(await section.getByRole('row', { name: /^Senden/ }).count(), 0, 'it is told no server to send by')
  assert.match((await signIn(t, tlsPort, person, secret))[1], /^535 5\.7\.0/)
  const program = await openJmapClient(server, { ...person, password: secret })
  assert.equal((await program.fail('Email/set'))['type'], 'accountReadOnly')
  await section
    .getByRole('row', { name: /Anzeige in der Küche/ })
    .getByText('nur lesen')
    .waitFor()

  assert.equal(await status(person, person.password), 200)
  const [main] = await signIn(t, tlsPort, person, person.password)
  const choice = section.getByLabel('Das Hauptpasswort gilt in Mailprogrammen')
  assert.equal(await choice.isChecked(), true)
  await choice.uncheck()
  for (let tries = 0; tries < 100 && (await status(person, person.password)) !== 401; tries++)
    await page.waitForTimeout(50)
  assert.equal(await status(person, person.password), 401)
  assert.match(await main.say(`MAIL FROM:<${person.address}>`), /^421/)
  assert.equal(await status(person, secret), 200)
  await page.reload()
  await section.getByRole('row', { name: /Anzeige in der Küche/ }).waitFor()
  assert.equal(await choice.isChecked(), false)
})

test('the longest words fit at 390 px, in French too', async (t) => {
  const { page, person } = await openInbox(t, server, 'emma')
  await openSecurity(page)
  const name = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaftsrechner'
  await make(page, person, name)
  await checkFits(page)
  await checkLooks(page, 'a long name')
  await page.goto(`${server.http}/app/#/settings/general`)
  await page.getByLabel('Sprache der Oberfläche').selectOption('Français')
  await page.getByRole('heading', { level: 1, name: 'Apparence et langue' }).waitFor()
  await page.goto(`${server.http}/app/#/settings/security`)
  await page.getByRole('row', { name: new RegExp(name) }).waitFor()
  await checkFits(page)
  await page.getByRole('button', { name: 'Nouveau mot de passe d’application' }).click()
  await page.getByRole('dialog').waitFor()
  await checkFits(page)
  await checkLooks(page, 'the dialog in French')
})

/** Nothing stands beside the page where it is as narrow as a telephone. */
async function checkFits(page: Page): Promise<void> {
  await page.setViewportSize({ width: 390, height: 800 })
  const wide = await page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('.setpage, .setpage *, dialog *')]
      .filter((one) => one.getBoundingClientRect().right > 391)
      .map((one) => `${one.tagName}.${one.className}: ${one.textContent?.slice(0, 40)}`),
  )
  assert.deepEqual(wide, [])
  await page.setViewportSize({ width: 1280, height: 800 })
}

test('a browser that lets nothing be copied marks it instead', async (t) => {
  const { browser, page: inbox, person } = await openInbox(t, server, 'anna')
  await inbox.close()
  await browser.addInitScript(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }))
  const page = await browser.newPage()
  await openSecurity(page)
  const secret = await make(page, person, 'Telefon')
  await page.getByRole('button', { name: 'Kopieren' }).click()
  await page.getByText('Markiert:', { exact: false }).waitFor()
  assert.equal(await page.evaluate(() => String(getSelection())), secret)
})
