/** Letters are found: by words, parts of them, phrases and operators, typed or clicked; and what was found is marked. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { openJmapClient } from '../jmap.ts'
import type { Person } from '../people.ts'
import { PARTS } from '../../serve.ts'
import { startServer } from '../server.ts'
import { sendAll } from './letters.ts'
import { checkLooks } from './looks.ts'
import { openInbox, seen } from './person.ts'

const server = await startServer({ after }, {}, PARTS)

const row = (page: Page, subject: string): Locator => page.getByRole('row').filter({ hasText: subject })
const line = (page: Page): Locator => page.getByRole('combobox', { name: 'Suchen oder Befehl eingeben' })
const subjects = (page: Page): Promise<string[]> =>
  page
    .getByRole('row')
    .locator('.sub')
    .allInnerTexts()
    .then((all) => all.toSorted())

const letters = [
  {
    subject: 'Wohnungsübergabe',
    from: 'Lea Brandt <lea@example.org>',
    html: '<p>Beim <b>Zählerstand</b> der Heizung fehlt die Einheit. Die Zählerstände liegen bei.</p>',
    attachments: [{ filename: 'Protokoll-Heizung.pdf', content: 'x' }],
  },
  { subject: 'Ablesung', text: 'Den Zählerstand können Sie uns melden.\n\nHausverwaltung' },
  { subject: 'Kartoffelsuppe', from: 'Papa <papa@example.org>', text: 'Sie braucht Lauch und den alten Topf.' },
]

/** Waits until the index has the words of all letters; twenty seconds at most. */
async function indexed(person: Person, word: string): Promise<void> {
  const jmap = await openJmapClient(server, person)
  for (let tries = 0; tries < 100; tries++) {
    const { words } = await jmap.call('Search/suggest', { text: word, limit: 1 })
    if ((words as string[]).length > 0) return
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  assert.fail('the index has not come along')
}

/** Types a search into the line and sends it. */
async function find(page: Page, text: string): Promise<void> {
  await page.keyboard.press('/')
  await line(page).fill(text)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: `„${text}“` }).waitFor()
  await page
    .getByRole('grid')
    .or(page.getByRole('heading', { name: 'Nichts gefunden' }))
    .waitFor()
}

test('a word, a part of one, a phrase, the name of a file and a sender find the right letters, and no others', async (t) => {
  const { page, person } = await openInbox(t, server, 'klara')
  await sendAll(server.smtp, person.address, letters)
  await row(page, 'Kartoffelsuppe').waitFor()
  await indexed(person, 'lauch')
  const searches: [text: string, found: string[]][] = [
    ['zählerstand', ['Ablesung', 'Wohnungsübergabe']],
    ['zaehlerstand heizung', ['Wohnungsübergabe']],
    ['*stand*', ['Ablesung', 'Wohnungsübergabe']],
    ['kartoffel*', ['Kartoffelsuppe']],
    ['"alten Topf"', ['Kartoffelsuppe']],
    ['"Topf alten"', []],
    ['datei:protokoll', ['Wohnungsübergabe']],
    ['von:papa', ['Kartoffelsuppe']],
    ['von:papa ODER von:lea', ['Kartoffelsuppe', 'Wohnungsübergabe']],
    ['zählerstand -heizung', ['Ablesung']],
    ['hat:anlage', ['Wohnungsübergabe']],
    ['zählerstand in:Archiv', []],
  ]
  for (const [text, found] of searches) {
    await find(page, text)
    if (found.length === 0) await page.getByRole('heading', { name: 'Nichts gefunden' }).waitFor()
    await seen(async () => assert.deepEqual(await subjects(page), found, text))
  }
})

test('what was found is marked in the list and in the letter, and the keys go from hit to hit', async (t) => {
  const { page, person } = await openInbox(t, server, 'anna')
  await sendAll(server.smtp, person.address, letters)
  await row(page, 'Kartoffelsuppe').waitFor()
  await indexed(person, 'lauch')
  await find(page, 'zählerstand')
  await row(page, 'Wohnungsübergabe').locator('mark', { hasText: 'Zählerstand' }).first().waitFor()
  await checkLooks(page, 'what was found')
  await row(page, 'Wohnungsübergabe').click()
  const hits = page.getByRole('group', { name: 'Fundstellen' })
  await hits.getByText('2 Fundstellen').waitFor()
  const marked = (name: string): Promise<string[]> =>
    page.evaluate((wanted) => {
      const view = document.querySelector<HTMLIFrameElement>('.html-letter iframe')?.contentWindow as
        | (Window & { CSS: typeof CSS })
        | undefined
      return [...(view?.CSS.highlights.get(wanted) ?? [])].map(String)
    }, name)
  assert.deepEqual(await marked('found'), ['Zählerstand', 'Zählerstände'])
  await page.keyboard.press('n')
  await page.keyboard.press('n')
  await hits.getByText('2 von 2').waitFor()
  assert.deepEqual(await marked('found-here'), ['Zählerstände'])
  await checkLooks(page, 'a letter with what was found')
})

test('operators and people are completed as they are typed, and terms are changed and taken away with a click', async (t) => {
  const { page, person } = await openInbox(t, server, 'emma')
  await sendAll(server.smtp, person.address, letters)
  await row(page, 'Kartoffelsuppe').waitFor()
  await indexed(person, 'lauch')
  await page.keyboard.press('/')
  await line(page).pressSequentially('vo')
  await page.getByRole('option', { name: /^von:/ }).waitFor()
  await checkLooks(page, 'the line with suggestions')
  await page.keyboard.press('Tab')
  await line(page).pressSequentially('lea')
  await page.getByRole('option', { name: /Lea Brandt/ }).waitFor()
  await page.keyboard.press('Tab')
  assert.equal(await line(page).inputValue(), 'von:lea@example.org ')
  await line(page).pressSequentially('Zähl')
  await page.getByRole('option', { name: 'zahlerstand', exact: false }).first().waitFor()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Nichts gefunden' }).waitFor()

  const terms = page.getByRole('group', { name: 'Wonach gesucht wird' })
  await terms.getByRole('button', { name: 'Zähl', exact: true }).click()
  await line(page).pressSequentially('zählerstand')
  await page.keyboard.press('Enter')
  await seen(async () => assert.deepEqual(await subjects(page), ['Wohnungsübergabe']))
  await terms.getByRole('button', { name: 'Von: lea@example.org nicht mehr suchen' }).click()
  await row(page, 'Ablesung').waitFor()
  await terms.getByRole('button', { name: 'Suche eingrenzen' }).click()
  await checkLooks(page, 'the menu that narrows a search')
  await page.getByRole('menuitem', { name: 'Mit Anlage' }).click()
  await row(page, 'Ablesung').waitFor({ state: 'detached' })
  await page.getByRole('link', { name: 'Suche beenden' }).click()
  await page.getByRole('heading', { level: 1, name: 'Eingang' }).waitFor()

  // Only this page remembers what was looked for.
  await page.keyboard.press('/')
  await page
    .getByRole('option', { name: /zählerstand/ })
    .first()
    .waitFor()
  await page.reload()
  await row(page, 'Ablesung').waitFor()
  await page.keyboard.press('/')
  await line(page).waitFor()
  assert.equal(await page.getByRole('option', { name: /zählerstand/ }).count(), 0)
})

test('a search that finds nothing says what was meant and where else to look', async (t) => {
  const { page, person } = await openInbox(t, server, 'ida')
  await sendAll(server.smtp, person.address, letters)
  await row(page, 'Kartoffelsuppe').click()
  await page.getByRole('article', { name: 'Brief' }).getByText('den alten Topf').waitFor()
  await page.keyboard.press('#')
  await row(page, 'Kartoffelsuppe').waitFor({ state: 'detached' })
  await indexed(person, 'lauch')
  await find(page, 'Kartoffelsupep')
  await page.getByRole('button', { name: 'kartoffelsuppe' }).waitFor()
  await checkLooks(page, 'nothing found, with what may have been meant')
  await page.getByRole('button', { name: 'kartoffelsuppe' }).click()
  await page.getByRole('heading', { level: 1, name: '„kartoffelsuppe“' }).waitFor()
  await page.getByRole('button', { name: 'Auch in Papierkorb und Unerwünschtem suchen' }).click()
  await row(page, 'Kartoffelsuppe').waitFor()
  await page.goto(`${server.http}/app/#/search/${encodeURIComponent('ablesung in:Archiv')}`)
  await page.getByRole('button', { name: 'Überall suchen' }).click()
  await row(page, 'Ablesung').waitFor()
})
