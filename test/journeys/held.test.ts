/** What is held about somebody is read, shortened and taken along; and the journal about them is read. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, test } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { openCountries } from '#system'
import { openJournal } from '#trust/journal'
import { silent } from '../cluster.ts'
import { fileLetter } from '../letters.ts'
import { openJmapClient } from '../jmap.ts'
import type { Person } from '../people.ts'
import { startServer } from '../server.ts'
import { readZip } from '../zip.ts'
import { checkLooks } from './looks.ts'
import { openInbox, seen } from './person.ts'

const server = await startServer({ after }, {}, ['http'])

const row = (page: Page, name: string): Locator => page.getByRole('row', { name: new RegExp(`^${name}`) })
const said = (page: Page, text: string): Promise<void> => page.getByLabel('Was eben geschah').getByText(text).waitFor()

async function openHeld(page: Page): Promise<void> {
  await page.goto(`${server.http}/app/#/settings/general`)
  await page.getByRole('link', { name: 'Über mich gespeichert' }).click()
  await page.getByRole('heading', { level: 1, name: 'Über mich gespeichert' }).waitFor()
  await row(page, 'Briefe').first().waitFor()
}

/** Deletes what was filed, as a program would. */
async function deleteAll(person: Person, subjects: string[]): Promise<void> {
  for (const subject of subjects) await fileLetter(server, person, { subject })
  const jmap = await openJmapClient(server, person)
  const { ids } = await jmap.call('Email/query', {})
  await jmap.call('Email/set', { destroy: ids })
}

test('what is held is read, and what was deleted vanishes when its owner wants it so', async (t) => {
  const { page, person } = await openInbox(t, server, 'klara')
  await deleteAll(person, ['Birnen', 'Äpfel'])
  await fileLetter(server, person, { subject: 'Lampions' })
  await openHeld(page)
  assert.match((await row(page, 'Gelöschtes').textContent()) ?? '', /Gelöschtes.*2.*45 Tage nach dem Löschen/s)
  assert.match((await row(page, 'Anmeldeversuche und Codes').textContent()) ?? '', /unbekannt/)
  assert.equal(await row(page, 'Passwort').getByRole('button', { name: 'Jetzt löschen' }).count(), 0)
  await page.getByRole('button', { name: 'Protokoll', exact: true }).click()
  await page.getByText('Wer es selbst kürzen könnte', { exact: false }).waitFor()
  await page.getByText('Anfragen von Gerichten', { exact: false }).first().waitFor()
  await checkLooks(page, 'what is held')

  await page.getByRole('button', { name: 'Gelöschtes jetzt löschen' }).click()
  const dialog = page.getByRole('dialog', { name: 'Gelöschtes jetzt löschen' })
  await dialog.getByText('Das lässt sich nicht zurückholen', { exact: false }).waitFor()
  await dialog.getByLabel('Jetziges Passwort').fill('falsches-passwort')
  await dialog.getByRole('button', { name: 'Jetzt löschen' }).click()
  await dialog.getByText('Das ist nicht Ihr jetziges Passwort.').waitFor()
  await checkLooks(page, 'asking once more before something vanishes')
  await dialog.getByLabel('Jetziges Passwort').fill(person.password)
  await page.keyboard.press('Enter')
  await said(page, 'Gelöschtes: gelöscht')
  await seen(async () => assert.match((await row(page, 'Gelöschtes').textContent()) ?? '', /Gelöschtes\s*0/))
  assert.equal(await page.getByRole('button', { name: 'Gelöschtes jetzt löschen' }).count(), 0)
  const { rows } = await server.storage.database.sql`
    select from item where account_id = ${person.id} and deleted_at is not null`
  assert.deepEqual(rows, [])
})

test('all that is held is taken along, and is what is there', async (t) => {
  const { page, person } = await openInbox(t, server, 'trude')
  await fileLetter(server, person, { subject: 'Lampions für den Garten', text: 'Bis Samstag' })
  await openHeld(page)
  await page.getByRole('button', { name: 'Alles herunterladen' }).click()
  const dialog = page.getByRole('dialog', { name: 'Alles herunterladen' })
  await dialog.getByRole('button', { name: 'Herunterladen' }).click()
  await dialog.getByText('Ohne das jetzige Passwort geht es nicht.').waitFor()
  await checkLooks(page, 'asking for the password before a download')
  await dialog.getByLabel('Jetziges Passwort').fill(person.password)
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    dialog.getByRole('button', { name: 'Herunterladen' }).click(),
  ])
  await said(page, 'Der Download beginnt')
  assert.match(download.suggestedFilename(), /^zegel-\d{4}-\d\d-\d\d\.zip$/)
  const files = readZip(await readFile(await download.path()))
  const [name = '', letter] = [...files].find(([path]) => path.startsWith('Briefe/Eingang/')) ?? []
  assert.match(name, /Lampions für den Garten/)
  assert.ok(letter?.includes('Bis Samstag'))

  // The page in it stands by itself.
  await page.route('**/held-page.html', (route) =>
    route.fulfill({ contentType: 'text/html', body: files.get('index.html') ?? '' }),
  )
  await page.goto(`${server.http}/held-page.html`)
  await page.getByRole('heading', { level: 1, name: 'Was über mich gespeichert ist' }).waitFor()
  await page.getByText('Lampions für den Garten').first().waitFor()
  await checkLooks(page, 'the page that is taken along')
})

test('somebody reads what the journal has about them, by kind and by day, and is led to the password', async (t) => {
  const { page, person } = await openInbox(t, server, 'anna')
  const journal = openJournal(server.storage, silent, openCountries(server.config.countries))
  journal.note({
    ip: '192.0.2.7',
    sender: person.address,
    recipient: 'bea@example.org',
    subject: 'Apfelernte',
    browser: 'Firefox 145.0',
  })
  for (let n = 1; n <= 120; n++)
    journal.note({ ip: '198.51.100.9', sender: 'chor@example.org', recipient: person.address, subject: `Probe ${n}` })
  await journal.close()
  await openHeld(page)
  await page.getByRole('link', { name: 'Protokoll ansehen' }).click()
  await page.getByRole('heading', { level: 1, name: 'Protokoll' }).waitFor()
  await page.getByRole('row', { name: /Probe 120/ }).waitFor()
  await page.getByRole('button', { name: 'Ältere zeigen' }).click()
  await row(page, 'heute').filter({ hasText: 'Anmeldung' }).first().waitFor()
  await page.getByRole('button', { name: 'Gesendet', exact: true }).click()
  const sent = page.getByRole('row', { name: /Apfelernte.*an bea@example\.org/ })
  await sent.waitFor()
  assert.match((await sent.textContent()) ?? '', /192\.0\.2\.7.*Firefox 145\.0/s)
  await checkLooks(page, 'the journal')
  await page.getByLabel('Tag', { exact: true }).selectOption({ index: 5 })
  await page.getByRole('heading', { name: 'Nichts aufgezeichnet' }).waitFor()
  await checkLooks(page, 'a day of the journal without anything')
  await page.getByRole('link', { name: 'Zu Passwort und Geräten' }).click()
  await page.getByRole('heading', { level: 1, name: 'Sicherheit' }).waitFor()
})

test('without a line both pages say so, and go on when it is back', async (t) => {
  const { page, browser } = await openInbox(t, server, 'ida')
  // What they are made of is loaded when they are opened first.
  await openHeld(page)
  await page.getByRole('link', { name: 'Protokoll ansehen' }).click()
  await page.getByText('Etwas davon waren Sie nicht?').waitFor()
  for (const [link, there] of [
    ['Protokoll', 'Etwas davon waren Sie nicht?'],
    ['Über mich gespeichert', 'Ihr Konto'],
  ] as const) {
    await page.goto(`${server.http}/app/#/settings/general`)
    await page.getByRole('heading', { level: 1, name: 'Aussehen und Sprache' }).waitFor()
    await browser.setOffline(true)
    await page.getByRole('navigation', { name: 'Einstellungen' }).getByRole('link', { name: link }).click()
    const again = page.getByRole('main').getByRole('button', { name: 'Jetzt versuchen' })
    await again.waitFor()
    await browser.setOffline(false)
    await page.getByText(there).first().waitFor()
    await again.waitFor({ state: 'detached' })
  }
})
