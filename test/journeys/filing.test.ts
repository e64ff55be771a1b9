/** Letters are starred, labelled, moved, thrown away and brought back, one by one and many at once. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { checkAccessibility } from '../browser.ts'
import { openJmapClient } from '../jmap.ts'
import type { Person } from '../people.ts'
import { startServer } from '../server.ts'
import { sendAll } from './letters.ts'
import { checkLooks } from './looks.ts'
import { openInbox, seen, showsTitle } from './person.ts'

const server = await startServer({ after })

const row = (page: Page, subject: string): Locator => page.getByRole('row').filter({ hasText: subject })
const folder = (page: Page, name: string): Locator =>
  page.getByRole('navigation', { name: 'Ordner und Schlagwörter' }).getByRole('link', { name })
const said = (page: Page, text: string | RegExp): Promise<void> =>
  page.getByLabel('Was eben geschah').getByText(text).waitFor()
const saved = (page: Page): Promise<void> => page.getByText(/^Alles gespeichert/).waitFor()

interface Filed {
  subject: string
  /** Roles of its mailboxes; names where they have none. */
  where: string[]
  keywords: string[]
}

/** What the server says of all letters of a person, by subject. */
async function filed(person: Person): Promise<Filed[]> {
  const jmap = await openJmapClient(server, person)
  const { list: boxes } = await jmap.call('Mailbox/get', { properties: ['role', 'name'] })
  const names = new Map(
    (boxes as { id: string; role: string | null; name: string }[]).map((box) => [box.id, box.role ?? box.name]),
  )
  const { ids } = await jmap.call('Email/query', { sort: [{ property: 'subject' }] })
  const { list } = await jmap.call('Email/get', { ids, properties: ['subject', 'mailboxIds', 'keywords'] })
  return (list as { subject: string; mailboxIds: object; keywords: object }[]).map(
    ({ subject, mailboxIds, keywords }) => ({
      subject,
      where: Object.keys(mailboxIds).map((id) => names.get(id) ?? 'unknown'),
      keywords: Object.keys(keywords).toSorted(),
    }),
  )
}

test('a letter is starred, labelled, moved to a new folder, thrown away, and back where it was after undoing', async (t) => {
  const { page, person } = await openInbox(t, server, 'klara')
  await sendAll(
    server.smtp,
    person.address,
    ['Apfelernte', 'Birnenmost', 'Chutney'].map((subject) => ({ subject })),
  )
  await row(page, 'Chutney').waitFor()
  await row(page, 'Birnenmost').click()
  const letter = page.getByRole('article', { name: 'Brief' })
  await letter.getByText('Bis bald!').waitFor()

  await page.keyboard.press('s')
  await said(page, 'Mit Stern versehen')
  assert.equal(
    await row(page, 'Birnenmost').getByRole('button', { name: 'Stern setzen' }).getAttribute('aria-pressed'),
    'true',
  )

  await letter.getByRole('button', { name: 'Schlagwort' }).click()
  await checkLooks(page, 'the menu of labels')
  await page.getByRole('menuitem', { name: 'Neues Schlagwort' }).click()
  const making = page.getByRole('dialog', { name: 'Neues Schlagwort' })
  await making.getByRole('button', { name: 'Anlegen' }).click()
  await making.getByText('Ein Schlagwort braucht einen Namen.').waitFor()
  await checkLooks(page, 'the dialog of a new label, with a complaint')
  await making.getByLabel('Name').fill('Keller & Küche')
  await making.getByLabel('Petrol').check({ force: true })
  await making.getByRole('button', { name: 'Anlegen' }).click()
  await said(page, 'Keller & Küche vergeben')
  await row(page, 'Birnenmost').getByText('Keller & Küche').waitFor()

  await page.getByRole('button', { name: 'Neuer Ordner' }).click()
  const naming = page.getByRole('dialog', { name: 'Neuer Ordner' })
  await naming.getByLabel('Name').fill('Obst & Gemüse')
  await naming.getByRole('button', { name: 'Anlegen' }).click()
  await folder(page, 'Obst & Gemüse').waitFor()

  await letter.getByRole('button', { name: 'Verschieben' }).click()
  await page.getByLabel('Ordner finden').fill('gemü')
  await checkLooks(page, 'the menu of folders')
  await page.getByRole('dialog', { name: 'Verschieben' }).getByRole('button', { name: 'Obst & Gemüse' }).click()
  await said(page, 'Nach Obst & Gemüse verschoben')
  await row(page, 'Birnenmost').waitFor({ state: 'detached' })
  await folder(page, 'Keller & Küche').click()
  await row(page, 'Birnenmost').waitFor()
  await folder(page, 'Obst & Gemüse').click()
  await row(page, 'Birnenmost').click()
  await checkLooks(page, 'a folder with a letter that has a star and a label')

  await letter.getByRole('button', { name: 'Löschen' }).click()
  await said(page, 'In den Papierkorb gelegt')
  await row(page, 'Birnenmost').waitFor({ state: 'detached' })
  await folder(page, 'Papierkorb').click()
  await row(page, 'Birnenmost').waitFor()
  await page.keyboard.press('z')
  await row(page, 'Birnenmost').waitFor({ state: 'detached' })
  await page.getByRole('heading', { name: 'Der Papierkorb ist leer' }).waitFor()
  await folder(page, 'Obst & Gemüse').click()
  await row(page, 'Birnenmost').getByText('Keller & Küche').waitFor()
  await saved(page)
  assert.deepEqual(
    (await filed(person)).find(({ subject }) => subject === 'Birnenmost'),
    { subject: 'Birnenmost', where: ['Obst & Gemüse'], keywords: ['$flagged', '$seen', 'keller-kuche'] },
  )
})

test('by keyboard alone letters are read, marked as unread and archived; with the mouse one is dragged into a folder', async (t) => {
  const { page, person } = await openInbox(t, server, 'anna')
  await sendAll(
    server.smtp,
    person.address,
    ['Apfelernte', 'Birnenmost', 'Chutney'].map((subject) => ({ subject })),
  )
  await row(page, 'Chutney').waitFor()
  await showsTitle(page, '(3) Eingang · Zegel')
  await page.getByRole('grid').press('Home')
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  const letter = page.getByRole('article', { name: 'Brief' })
  await letter.getByRole('heading', { name: 'Birnenmost' }).waitFor()
  await showsTitle(page, '(2) Eingang · Zegel')
  await page.keyboard.press('u')
  await showsTitle(page, '(3) Eingang · Zegel')
  await letter.getByText('Kein Brief ist offen').waitFor()
  await page.keyboard.press('k')
  await page.keyboard.press('e')
  await said(page, 'Archiviert')
  await row(page, 'Chutney').waitFor({ state: 'detached' })
  await page.keyboard.press('?')
  await page.getByRole('dialog', { name: 'Tasten' }).waitFor()
  await checkLooks(page, 'the keys')
  await page.keyboard.press('Escape')

  await row(page, 'Apfelernte').dragTo(folder(page, 'Unerwünscht'))
  await said(page, 'Nach Unerwünscht verschoben')
  await row(page, 'Apfelernte').waitFor({ state: 'detached' })
  await saved(page)
  assert.deepEqual(await filed(person), [
    { subject: 'Apfelernte', where: ['junk'], keywords: [] },
    { subject: 'Birnenmost', where: ['inbox'], keywords: [] },
    { subject: 'Chutney', where: ['archive'], keywords: [] },
  ])
})

test('several letters are selected with x and shift-click, marked as read together and archived together', async (t) => {
  const { page, person } = await openInbox(t, server, 'emma')
  const subjects = ['Apfelernte', 'Birnenmost', 'Chutney', 'Dörrobst', 'Einkochen']
  await sendAll(
    server.smtp,
    person.address,
    subjects.map((subject) => ({ subject })),
  )
  await row(page, 'Einkochen').waitFor()
  await row(page, 'Apfelernte').waitFor()
  await page.getByRole('grid').press('Home')
  await page.keyboard.press('x')
  await row(page, 'Birnenmost').click({ modifiers: ['Shift'] })
  const bar = page.getByRole('toolbar', { name: 'Auswahl' })
  await bar.getByText('4 ausgewählt').waitFor()
  await checkLooks(page, 'a selection')
  await bar.getByRole('button', { name: 'Mehr' }).click()
  await page.getByRole('menuitem', { name: 'Als gelesen markieren' }).click()
  await said(page, '4 Gespräche als gelesen markiert')
  await showsTitle(page, '(1) Eingang · Zegel')
  await bar.getByRole('button', { name: 'Archivieren' }).click()
  await said(page, '4 Gespräche archiviert')
  await row(page, 'Einkochen').waitFor({ state: 'detached' })
  await seen(async () => assert.equal(await page.getByRole('row').count(), 1))
  await saved(page)
  assert.deepEqual(
    await filed(person),
    subjects.map((subject) => ({
      subject,
      where: [subject === 'Apfelernte' ? 'inbox' : 'archive'],
      keywords: subject === 'Apfelernte' ? [] : ['$seen'],
    })),
  )
})

test('all letters of a folder are moved at once, those that were never loaded too, and come back by undoing', async (t) => {
  const { page, person } = await openInbox(t, server, 'ida')
  const all = Array.from({ length: 150 }, (_, i) => ({ subject: `Rundbrief ${i + 1}.` }))
  await sendAll(server.smtp, person.address, all)
  await row(page, 'Rundbrief 150.').waitFor()
  await showsTitle(page, '(150) Eingang · Zegel')
  await page.getByRole('grid').press('Home')
  await page.keyboard.press('x')
  await page.getByRole('button', { name: 'Alle 150 hier auswählen' }).click()
  const bar = page.getByRole('toolbar', { name: 'Auswahl' })
  await bar.getByText('150 ausgewählt').waitFor()
  await checkLooks(page, 'all of a folder selected')
  await bar.getByRole('button', { name: 'Archivieren' }).click()
  await said(page, '150 Gespräche archiviert')
  // While the pointer rests on it, the offer to undo stays.
  await page.getByLabel('Was eben geschah').hover()
  await page.getByRole('heading', { name: 'Nichts mehr zu lesen' }).waitFor()
  await saved(page)
  assert.deepEqual(new Set((await filed(person)).map(({ where }) => where.join())), new Set(['archive']))

  await page.getByRole('button', { name: 'Rückgängig' }).click()
  await row(page, 'Rundbrief 150.').waitFor()
  await showsTitle(page, '(150) Eingang · Zegel')
  await saved(page)
  const back = await filed(person)
  assert.equal(back.length, 150)
  assert.ok(back.every(({ where }) => where.join() === 'inbox'))
})

test('a letter is found by a word of its subject, also from afar, and the trash says how long it keeps', async (t) => {
  const { page, person } = await openInbox(t, server, 'lena')
  await sendAll(
    server.smtp,
    person.address,
    ['Apfelernte', 'Birnenmost', 'Chutney'].map((subject) => ({ subject })),
  )
  await row(page, 'Chutney').waitFor()
  await row(page, 'Apfelernte').click()
  await page.keyboard.press('e')
  await said(page, 'Archiviert')
  await page.keyboard.press('/')
  await page.getByRole('combobox', { name: 'Suchen oder Befehl eingeben' }).fill('apfel*')
  await page.getByRole('option', { name: '„apfel*“ suchen' }).waitFor()
  await checkLooks(page, 'the palette')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: '„apfel*“' }).waitFor()
  await row(page, 'Apfelernte').waitFor()
  await seen(async () => assert.equal(await page.getByRole('row').count(), 1))
  await page.keyboard.press('#')
  await said(page, 'In den Papierkorb gelegt')
  await page.getByRole('heading', { name: 'Nichts gefunden' }).waitFor()
  await checkLooks(page, 'nothing found')
  await folder(page, 'Papierkorb').click()
  await row(page, 'Apfelernte').waitFor()
  await page.getByText('Was Sie hier löschen, lässt sich 45 Tage zurückholen.').waitFor()
  await checkLooks(page, 'the trash')
})

test('on a narrow screen there is one thing at a time, and always a way back', async (t) => {
  const { page, person } = await openInbox(t, server, 'mia')
  await sendAll(
    server.smtp,
    person.address,
    ['Apfelernte', 'Birnenmost'].map((subject) => ({ subject })),
  )
  await row(page, 'Birnenmost').waitFor()
  await page.setViewportSize({ width: 390, height: 800 })
  const letter = page.getByRole('article', { name: 'Brief' })
  const list = page.getByRole('grid', { name: 'Eingang' })
  await list.waitFor()
  assert.equal(await letter.isVisible(), false)
  await row(page, 'Birnenmost').click()
  await letter.getByText('Bis bald!').waitFor()
  assert.equal(await list.isVisible(), false)
  await letter.getByRole('button', { name: 'Zurück zur Liste' }).click()
  await list.waitFor()
  await row(page, 'Apfelernte').click()
  await letter.getByText('Bis bald!').waitFor()
  await page.goBack()
  await list.waitFor()
  assert.equal(await letter.isVisible(), false)

  await page.getByRole('button', { name: 'Ordner und Schlagwörter öffnen' }).click()
  const folders = page.getByRole('dialog', { name: 'Ordner und Schlagwörter' })
  await folders.getByRole('link', { name: 'Archiv' }).waitFor()
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await checkAccessibility(page)
  }
  await folders.getByRole('link', { name: 'Archiv' }).click()
  await folders.waitFor({ state: 'detached' })
  await page.getByRole('heading', { name: 'Hier liegt nichts' }).waitFor()
  // Nothing sticks out to the side.
  const overhang = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  assert.equal(overhang, 0)
})
