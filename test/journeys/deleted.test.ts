/** What was deleted is found, looked at and brought back: a folder, a letter, the state of a day. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { tellOfDeletions } from '#mail/deletions'
import { shiftClock } from '#system'
import { openJmapClient } from '../jmap.ts'
import { startServer } from '../server.ts'
import { sendAll } from './letters.ts'
import { checkLooks } from './looks.ts'
import { openInbox, seen } from './person.ts'

const server = await startServer({ after }, {}, ['smtp', 'http', 'queue'])
const DAY = 86_400

const way = (page: Page): Locator =>
  page.getByRole('navigation', { name: 'Ordner und Schlagwörter' }).getByRole('link', { name: /^Gelöschtes/ })
const timeline = (page: Page): Locator => page.getByRole('region', { name: 'Was gelöscht wurde, Tag für Tag' })
const toast = (page: Page): Locator => page.getByRole('region', { name: 'Was eben geschah' })
const things = (page: Page): Locator => page.getByRole('grid', { name: 'Gelöschtes' })
const preview = (page: Page): Locator => page.getByRole('article', { name: 'Das Gelöschte' })

test('a folder that was deleted with letters in it is found in the timeline and brought back', async (t) => {
  const { page, person } = await openInbox(t, server, 'frida')
  const jmap = await openJmapClient(server, person)
  const { created } = await jmap.call('Mailbox/set', { create: { x: { name: 'Obstgarten' } } })
  const folder = (created as { x: { id: string } }).x.id
  await sendAll(server.smtp, person.address, [{ subject: 'Apfelernte' }, { subject: 'Birnenmost' }])
  const { ids } = await jmap.call('Email/query')
  await jmap.call('Email/set', {
    update: Object.fromEntries((ids as string[]).map((id) => [id, { mailboxIds: { [folder]: true } }])),
  })
  await page.getByRole('link', { name: /Obstgarten/ }).click()
  await page.getByRole('row', { name: /Apfelernte/ }).waitFor()
  await page.getByRole('button', { name: 'Mehr zum Ordner Obstgarten' }).click()
  await page.getByRole('menuitem', { name: 'Löschen' }).click()
  // Undoing is no longer offered once one goes on.
  await toast(page).getByRole('button', { name: 'Schließen' }).click()
  await way(page).click()

  const row = timeline(page).getByRole('listitem').filter({ hasText: 'Ordner Obstgarten' })
  await row.getByText('noch 45 Tage').waitFor()
  await row.getByText('Chrome', { exact: false }).waitFor()
  await checkLooks(page, 'what was deleted, day by day')
  await row.getByRole('button', { name: /^Zurückholen/ }).click()
  await toast(page).getByText('2 Briefe sind zurück').waitFor()
  await toast(page).getByRole('link', { name: 'Zum Ordner' }).click()
  await page.getByRole('heading', { level: 1, name: 'Obstgarten' }).waitFor()
  await page.getByRole('row', { name: /Apfelernte/ }).waitFor()
  await page.getByRole('row', { name: /Birnenmost/ }).waitFor()
  await way(page).click()
  await page.getByRole('heading', { name: 'Nichts wurde gelöscht' }).waitFor()
})

test('a deleted letter is looked at, searched for, and brought back with the keyboard', async (t) => {
  const { page, person } = await openInbox(t, server, 'gustav')
  const jmap = await openJmapClient(server, person)
  await sendAll(server.smtp, person.address, [
    { subject: 'Zinnober', html: '<p>Farbe aus <b>Quecksilber</b></p>' },
    { subject: 'Indigo', text: 'Aus Indien.' },
    { subject: 'Ocker', text: 'Aus der Erde.' },
  ])
  const { ids } = await jmap.call('Email/query')
  await jmap.call('Email/set', { destroy: ids })
  await way(page).click()
  await timeline(page)
    .getByRole('link', { name: /3 Briefe aus Eingang/ })
    .click()
  await things(page)
    .getByRole('row', { name: /Zinnober.*Eingang/ })
    .click()
  await preview(page).getByRole('heading', { name: 'Zinnober' }).waitFor()
  await preview(page).frameLocator('iframe').getByText('Quecksilber').waitFor()
  await preview(page).getByText('Lag in: Eingang', { exact: false }).waitFor()
  await checkLooks(page, 'a deleted letter')
  await page.keyboard.press('Escape')
  await checkLooks(page, 'the things of one deletion')

  await things(page).focus()
  await page.keyboard.press('Home')
  await page.keyboard.press('x')
  await page.keyboard.press('j')
  await page.keyboard.press('x')
  await page.getByRole('button', { name: '2 zurückholen' }).waitFor()
  await page.keyboard.press('r')
  await toast(page).getByText('2 Briefe sind zurück').waitFor()
  await seen(async () => assert.equal(await things(page).getByRole('row').count(), 1))
  await page.getByRole('button', { name: 'Alles zurückholen' }).click()
  await toast(page).getByText('1 Brief ist zurück').waitFor()
  assert.equal(((await jmap.call('Email/query'))['ids'] as string[]).length, 3)
})

test('who lost much at once is asked about it, and has it back', async (t) => {
  const { page, person } = await openInbox(t, server, 'ida')
  const jmap = await openJmapClient(server, person)
  const subjects = Array.from({ length: 105 }, (_, at) => ({ subject: `Brief ${at}` }))
  await sendAll(server.smtp, person.address, subjects)
  const { ids } = await jmap.call('Email/query')
  await jmap.call('Email/set', { destroy: ids })
  shiftClock(180)
  t.after(() => shiftClock(0))
  assert.deepEqual(await tellOfDeletions(server.storage, server.config), { told: 1 })
  await page.reload()
  await way(page).click()
  await page.getByText('Auf einmal gelöscht: 105 Briefe', { exact: false }).waitFor()
  await checkLooks(page, 'a large deletion')
  const pane = page.getByRole('region', { name: 'Gelöschtes', exact: true })
  await pane.getByRole('button', { name: 'Alles zurückholen', exact: true }).click()
  await toast(page).getByText('105 Briefe sind zurück').waitFor()
  await page.getByRole('link', { name: /^Eingang/ }).click()
  // The letter that tells of it is there too.
  await page.getByRole('row', { name: /Sehr viel wurde auf einmal gelöscht/ }).waitFor()
})

test('the state of a day comes back, counted before', async (t) => {
  shiftClock(-3 * DAY)
  t.after(() => shiftClock(0))
  const { page, person } = await openInbox(t, server, 'hilde')
  const jmap = await openJmapClient(server, person)
  await sendAll(server.smtp, person.address, [{ subject: 'Kirschen' }, { subject: 'Pflaumen' }])
  shiftClock(0)
  await sendAll(server.smtp, person.address, [{ subject: 'Heute gekommen' }])
  const { ids } = await jmap.call('Email/query')
  await jmap.call('Email/set', { destroy: ids })
  await way(page).click()
  await timeline(page)
    .getByRole('link', { name: /3 Briefe/ })
    .waitFor()

  await page.getByRole('button', { name: 'Stand eines Tages' }).click()
  const dialog = page.getByRole('dialog', { name: 'Stand eines Tages' })
  await dialog.getByText('2 Briefe kämen zurück:').waitFor()
  await dialog.getByText('2 nach Eingang').waitFor()
  await checkLooks(page, 'the state of a day')
  await dialog.getByRole('button', { name: 'Zurückholen' }).click()
  await toast(page).getByText('2 Briefe sind zurück').waitFor()
  await timeline(page)
    .getByRole('link', { name: /Heute gekommen/ })
    .waitFor()
  await page.getByRole('link', { name: /^Eingang/ }).click()
  await page.getByRole('row', { name: /Kirschen/ }).waitFor()
  await page.getByRole('row', { name: /Pflaumen/ }).waitFor()
  assert.equal(await page.getByRole('row', { name: /Heute gekommen/ }).count(), 0)
})

test('a text that was overwritten on another device is found there, read as it was, and brought back', async (t) => {
  const { page, person } = await openInbox(t, server, 'jonas')
  const jmap = await openJmapClient(server, person)
  await sendAll(server.smtp, person.address, [{ subject: 'Haselnuss' }])
  const emailId = ((await jmap.call('Email/query'))['ids'] as string[])[0] as string
  const make = async (type: string, given: object): Promise<string> =>
    ((await jmap.call(`${type}/set`, { create: { x: given } }))['created'] as { x: { id: string } }).x.id
  const template = await make('Template', {
    name: 'Absage',
    subject: 'Leider',
    html: '<p>Wir haben <b>Quitten</b></p>',
  })
  await jmap.call('Template/set', { update: { [template]: { name: 'Zusage', html: '<p>Gern</p>' } } })
  const note = await make('Note', { emailId, text: 'Zuerst anrufen' })
  await jmap.call('Note/set', { destroy: [note] })
  const kept = await make('Note', { emailId, text: 'Vom Browser' })
  // The browser is another device than the program.
  await page.getByRole('row', { name: /Haselnuss/ }).click()
  const notes = page.getByRole('region', { name: /^Notizen/ })
  await notes.getByRole('button', { name: 'Löschen' }).click()
  await toast(page).getByRole('button', { name: 'Rückgängig' }).click()
  await notes.getByText('Vom Browser').waitFor()
  assert.deepEqual(
    ((await jmap.call('Note/get', { ids: null }))['list'] as { id: string }[]).map(({ id }) => id),
    [kept],
  )
  await notes.getByRole('button', { name: 'Löschen' }).click()
  await notes.getByText('Vom Browser').waitFor({ state: 'detached' })

  await way(page).click()
  const device = page.getByRole('combobox', { name: 'Womit gelöscht wurde' })
  await timeline(page)
    .getByRole('link', { name: /Vom Browser/ })
    .waitFor()
  await device.selectOption({ label: 'Ein Programm über JMAP' })
  await timeline(page)
    .getByRole('link', { name: /Vom Browser/ })
    .waitFor({ state: 'detached' })
  await checkLooks(page, 'what one device deleted')
  await timeline(page)
    .getByRole('link', { name: /1 Vorlage und 1 Notiz/ })
    .click()
  await things(page)
    .getByRole('row', { name: /Notiz.*Zuerst anrufen/ })
    .click()
  await preview(page).getByRole('heading', { name: 'Notiz: Zuerst anrufen' }).waitFor()
  await preview(page).getByRole('link', { name: 'Zum Brief' }).waitFor()
  await things(page)
    .getByRole('row', { name: /Vorlage.*Absage.*frühere Fassung/ })
    .click()
  await preview(page).getByRole('heading', { name: 'Vorlage: Absage' }).waitFor()
  await preview(page).frameLocator('iframe').getByText('Quitten').waitFor()
  await checkLooks(page, 'an earlier version')
  await preview(page).getByRole('button', { name: 'Zurückholen' }).click()
  await toast(page).getByText('1 Vorlage ist zurück').waitFor()
  const [now] = (await jmap.call('Template/get', { ids: null }))['list'] as { name: string }[]
  assert.equal(now?.name, 'Absage')

  // What stood there until now was replaced by the browser.
  await device.selectOption({ label: 'Alle Geräte' })
  await page.getByRole('searchbox', { name: 'Wort, Name oder Betreff' }).fill('Zusage')
  await things(page)
    .getByRole('row', { name: /Vorlage.*Zusage.*frühere Fassung/ })
    .waitFor()
})
