/** What a letter is while it is written: drafts, files, pictures, whom it is for; kept whatever happens. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Route } from 'playwright-core'
import { addPerson } from '../people.ts'
import { startServer } from '../server.ts'
import { largeFile } from './letters.ts'
import { checkLooks } from './looks.ts'
import { openInbox, seen } from './person.ts'
import { ask, begin, choose, field, letter, openWriter, png, row, text } from './writing.ts'

const server = await startServer({ after }, {}, ['smtp', 'http', 'queue'])

test('a draft saves itself, is there after loading the page anew, and is sent with file and picture', async (t) => {
  const { page } = await openWriter(t, server, 'selma')
  const rita = await openInbox(t, server, 'rita')
  await begin(page)
  await page.keyboard.type('rita@zegel.test,')
  await page.getByLabel('Betreff').fill('Protokoll')
  await text(page).click()
  await page.keyboard.type('Hier ist es: ')
  const content = largeFile()
  await choose(page, 'Bild im Text', [{ name: 'bild.png', mimeType: 'image/png', buffer: png }])
  await choose(page, 'Datei anhängen', [{ name: 'Übersicht – 1.pdf', mimeType: 'application/pdf', buffer: content }])
  await page.getByText('300 kB').waitFor()
  await page.getByText(/^Gespeichert \d\d:\d\d$/).waitFor()
  await checkLooks(page, 'a letter with a file')
  await seen(async () => {
    const { ids } = await ask(page, 'Email/query', { filter: { hasKeyword: '$draft', hasAttachment: true } })
    assert.equal((ids as string[]).length, 1)
    assert.ok(page.url().endsWith(`#/write/${(ids as string[])[0]}/mail/inbox`))
  })
  await page.reload()
  await text(page).getByText('Hier ist es:').waitFor()
  await text(page).locator('img[src^="blob:"]').waitFor()
  await page.getByText('Übersicht – 1.pdf').waitFor()
  await page.keyboard.press('Escape')

  await page.getByRole('link', { name: /Entwürfe/ }).click()
  await seen(async () => assert.equal(await row(page, /Protokoll/).count(), 1, 'only the last state is kept'))
  await row(page, /Protokoll/).click()
  await text(page).click()
  await page.keyboard.press('Control+Enter')
  await row(rita.page, /Protokoll/).click()
  await letter(rita.page).frameLocator('iframe').locator('img[src^="blob:"]').waitFor()
  await letter(rita.page).getByRole('list', { name: '1 Anlage' }).getByText('300 kB').waitFor()

  // Forwarding takes the file along without sending it again.
  await rita.page.keyboard.press('f')
  await rita.page.locator('.pane.writing').getByText('Übersicht – 1.pdf').waitFor()
  await seen(async () => assert.equal(await rita.page.getByLabel('Betreff').inputValue(), 'Fwd: Protokoll'))
})

test('files show how far they have come, and one that was refused or broken off is sent again', async (t) => {
  const { page } = await openWriter(t, server, 'ronja')
  await begin(page)
  // The first is refused, the line breaks under the second, the others get nowhere until the way is free.
  const ways: ((route: Route) => Promise<void>)[] = [
    (route) => route.fulfill({ status: 500, body: '{}' }),
    (route) => route.abort('connectionreset'),
  ]
  let free: () => void = () => undefined
  const freed = new Promise<void>((resolve) => (free = resolve))
  await page.route('**/jmap/upload/**', async (route) => {
    const way = ways.shift()
    if (way) return way(route)
    await freed
    await route.continue()
  })
  const file = (name: string) => ({ name, mimeType: 'application/pdf', buffer: largeFile() })
  const files = page.getByRole('list', { name: /Anlage/ }).getByRole('listitem')
  const long = 'Grundstücksverkehrsgenehmigungsantrag – unterschrieben (letzte Fassung).pdf'
  await choose(page, 'Datei anhängen', [file(long)])
  await files.getByText('Der Server hat sie nicht angenommen.').waitFor()
  await choose(page, 'Datei anhängen', ['Lageplan', 'Grundriss', 'Hausordnung', 'Übergabe', 'Zähler'].map(file))
  // The one that was broken off begins anew by itself, after those that wait.
  const states = async (): Promise<string[]> => (await files.locator('small').allInnerTexts()).toSorted()
  await seen(async () => {
    const said = (await states()).map((text) => /wartet| von |nicht angenommen/.exec(text)?.[0])
    assert.deepEqual(said.toSorted(), [' von ', ' von ', ' von ', 'nicht angenommen', 'wartet', 'wartet'])
  })
  await checkLooks(page, 'files on their way')
  await files.getByRole('button', { name: 'Zähler anhalten' }).click()
  await files.filter({ hasText: long }).getByRole('button', { name: 'Noch einmal' }).click()
  free()
  await seen(async () => assert.deepEqual(await states(), Array(5).fill('300 kB')))
})

test('without a line one writes on; when it is back the draft is saved and nothing has been lost', async (t) => {
  const { page, browser } = await openWriter(t, server, 'jana')
  await begin(page)
  await page.getByLabel('Betreff').fill('Unterwegs')
  await text(page).click()
  await page.keyboard.type('Im Zug')
  await page.getByText(/^Gespeichert/).waitFor()
  await browser.setOffline(true)
  await text(page).click()
  await page.keyboard.type(' durch den Tunnel')
  await page.getByText('Offline, hier aufbewahrt').waitFor()
  await page.getByText('Offline, 1', { exact: false }).first().waitFor()
  await page.keyboard.press('Control+Enter')
  await page.getByText('Der Brief braucht einen Empfänger.').waitFor()
  await browser.setOffline(false)
  await page.getByText(/^Gespeichert/).waitFor()
  await page.reload()
  await text(page).getByText('Im Zug durch den Tunnel').waitFor()
})

test('what is pasted is cleaned, what is dropped is attached or stands in the text', async (t) => {
  const { page } = await openWriter(t, server, 'inge')
  await begin(page)
  await text(page).click()
  await text(page).evaluate((node) => {
    const data = new DataTransfer()
    const html =
      '<p onclick="alert(1)" style="position:fixed;font-weight:bold">Fett</p><script>1</' +
      'script><img src="https://tracker.example/1.gif">'
    data.setData('text/html', html)
    data.setData('text/plain', 'Fett')
    node.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
  })
  await text(page).locator('b', { hasText: 'Fett' }).waitFor()
  await page.getByText('1 Bild von anderswo wurde weggelassen').waitFor()
  assert.doesNotMatch(await text(page).innerHTML(), /onclick|script|style=|tracker/)

  const drag = (type: string, target: string): Promise<void> =>
    page.evaluate(
      ({ event, selector, bytes }) => {
        const data = new DataTransfer()
        data.items.add(new File([new Uint8Array(bytes)], 'foto.png', { type: 'image/png' }))
        const at = document.querySelector(selector) as Element
        at.dispatchEvent(new DragEvent(event, { dataTransfer: data, bubbles: true, cancelable: true }))
      },
      { event: type, selector: target, bytes: [...png] },
    )
  await drag('dragover', '.draft')
  await page.getByText('In den Text').waitFor()
  await drag('drop', '.drop-text')
  await text(page).locator('img[src^="blob:"]').waitFor()
  await drag('dragover', '.draft')
  await drag('drop', '.drop-zones > div:last-child')
  await page.getByRole('list', { name: '1 Anlage' }).getByText('foto.png').waitFor()
  await page.getByRole('button', { name: 'foto.png entfernen' }).click()
  await page.getByRole('list', { name: '1 Anlage' }).waitFor({ state: 'detached' })
})

test('people one has written to are suggested, and a draft that was thrown away can be had back', async (t) => {
  const { page } = await openWriter(t, server, 'hella')
  await addPerson(server.storage, { name: 'gerda' })
  await begin(page)
  await page.keyboard.type('Gerda Möller <gerda@zegel.test>,')
  await page.getByLabel('Betreff').fill('Eins')
  await text(page).click()
  await page.keyboard.press('Control+Enter')
  await page.getByText('An Gerda Möller gesendet').first().waitFor()
  await begin(page)
  await page.keyboard.type('moll')
  const suggestion = page.getByRole('option', { name: /Gerda Möller/ })
  await suggestion.waitFor()
  await checkLooks(page, 'a suggestion')
  await field(page, 'An').focus()
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Gerda Möller gerda@zegel.test', exact: true }).waitFor()
  await page.getByRole('button', { name: 'Entwurf verwerfen' }).click()
  await page.getByText('Entwurf verworfen').first().waitFor()
  await page.getByRole('button', { name: /Rückgängig/ }).click()
  await page.getByRole('button', { name: 'Gerda Möller gerda@zegel.test', exact: true }).waitFor()
})
