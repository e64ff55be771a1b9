/** Letters are written, kept, sent and answered in the browser, between two people of one server. */
import assert from 'node:assert/strict'
import { after, test, type TestContext } from 'node:test'
import type { Locator, Page, Route } from 'playwright-core'
import { addPerson } from '../people.ts'
import { startServer } from '../server.ts'
import { largeFile, sendAll } from './letters.ts'
import { checkLooks } from './looks.ts'
import { openInbox, seen } from './person.ts'

const server = await startServer({ after }, {}, ['smtp', 'http', 'queue'])

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAYAAACNMs+9AAAAFUlEQVR42mNkYPhfz0AEYBxVSF+FABJADveWkH6oAAAAAElFTkSuQmCC',
  'base64',
)

const text = (page: Page): Locator => page.getByRole('textbox', { name: 'Text des Briefs' })
const field = (page: Page, name: string): Locator => page.getByRole('combobox', { name, exact: true })
const row = (page: Page, name: RegExp): Locator => page.getByRole('row', { name })
const letter = (page: Page): Locator => page.getByRole('article', { name: 'Brief' })

/** Calls a method as the person who is signed in. @returns its answer */
async function ask(page: Page, method: string, args: object): Promise<Record<string, unknown>> {
  const answer = await page.evaluate(
    async (call) => {
      const session = (await (await fetch('/.well-known/jmap')).json()) as { primaryAccounts: Record<string, string> }
      const accountId = session.primaryAccounts['urn:zegel:account']
      const response = await fetch('/jmap/api', {
        method: 'POST',
        headers: { 'X-Zegel': '1', 'Content-Type': 'application/json' },
        body: JSON.stringify({
          using: ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:mail', 'urn:zegel:account'],
          methodCalls: [[call.method, { accountId, ...call.args }, 'a']],
        }),
      })
      return (await response.json()) as { methodResponses: [string, Record<string, unknown>][] }
    },
    { method, args },
  )
  return answer.methodResponses[0]?.[1] ?? {}
}

/** Changes settings, and loads the page anew. */
async function set(page: Page, change: Record<string, unknown>): Promise<void> {
  assert.ok((await ask(page, 'Settings/set', { update: { singleton: change } }))['updated'], 'the setting was taken')
  await page.reload()
  await page.getByRole('heading', { level: 1 }).first().waitFor()
}

/** Opens an empty letter with the key for it. */
async function begin(page: Page): Promise<void> {
  await page.keyboard.press('c')
  await field(page, 'An').and(page.locator(':focus')).waitFor()
}

const choose = async (
  page: Page,
  button: string,
  files: { name: string; mimeType: string; buffer: Buffer }[],
): Promise<void> => {
  const chooser = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: button }).click()
  await (await chooser).setFiles(files)
}

async function person(t: TestContext, name: string, change: Record<string, unknown> = { undoSeconds: 0 }) {
  const visitor = await openInbox(t, server, name)
  await set(visitor.page, change)
  return visitor
}

test('a letter is written with the keys alone, taken back, sent, and comes with its looks', async (t) => {
  const { page } = await person(t, 'wanda', { undoSeconds: 20 })
  const other = await openInbox(t, server, 'viktor')
  await begin(page)
  await checkLooks(page, 'an empty letter')
  await page.keyboard.type('viktor@zegel.test')
  await page.keyboard.press('Tab')
  await page.getByRole('button', { name: 'viktor@zegel.test', exact: true }).waitFor()
  await page.getByLabel('Betreff').focus()
  await page.keyboard.type('Generalprobe')
  await text(page).focus()
  await page.keyboard.type('Guten Tag,')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Control+b')
  await page.keyboard.type('Freitag')
  await page.keyboard.press('Control+b')
  await page.keyboard.type(' um sieben.')
  await page.keyboard.press('Control+Enter')

  const toast = page.getByRole('region', { name: 'Was eben geschah' })
  await toast.getByText('Unterwegs an viktor@zegel.test').waitFor()
  await toast.getByRole('button', { name: /Rückgängig/ }).click()
  await text(page).getByText('Freitag').waitFor()
  assert.equal(await page.getByLabel('Betreff').inputValue(), 'Generalprobe')
  await text(page).focus()
  await page.keyboard.press('Control+End')
  await page.keyboard.type(' Bis dann')
  // Now it need not wait; where the app has not heard of that yet, it does.
  await ask(page, 'Settings/set', { update: { singleton: { undoSeconds: 0 } } })
  await page.keyboard.press('Control+Enter')
  await toast.getByText('viktor@zegel.test').waitFor()

  await row(other.page, /Generalprobe/).click()
  const frame = letter(other.page).frameLocator('iframe')
  await frame.locator('b', { hasText: 'Freitag' }).waitFor()
  assert.match((await frame.locator('body').textContent()) ?? '', /^Guten Tag,Freitag um sieben\. Bis dann$/)
  assert.equal(await other.page.getByRole('row', { name: /Generalprobe/ }).count(), 1, 'what was taken back never left')

  await page.goto(`${server.http}/app/#/mail/sent`)
  await row(page, /Generalprobe/).click()
  await letter(page).getByRole('button', { name: 'An alle übergeben' }).click()
  await checkLooks(page, 'a letter that was sent')
})

test('an answer to all quotes the letter, keeps its pictures, and marks it as answered', async (t) => {
  const { page, person: anna } = await person(t, 'ulla')
  const theo = await openInbox(t, server, 'theo')
  await sendAll(server.smtp, anna.address, [
    {
      from: `Theo Grün <${theo.person.address}>`,
      cc: 'carla@example.org',
      subject: 'Herbstfest',
      html: '<p style="color:#aa0000">Kommst du?</p><img src="cid:karte@fest" alt="Karte"><img src="https://tracker.example/1.gif">',
      text: 'Kommst du?',
      attachments: [{ filename: 'karte.png', content: png, cid: 'karte@fest', contentDisposition: 'inline' }],
    },
  ])
  await row(page, /Herbstfest/).click()
  await letter(page).getByRole('button', { name: 'Allen antworten' }).click()
  await text(page).and(page.locator(':focus')).waitFor()
  await page.getByRole('button', { name: 'Theo Grün theo@zegel.test', exact: true }).waitFor()
  await page.getByRole('button', { name: 'carla@example.org', exact: true }).waitFor()
  assert.equal(await page.getByLabel('Betreff').inputValue(), 'Re: Herbstfest')
  // The letter stays readable beside it.
  await letter(page).frameLocator('iframe').getByText('Kommst du?').waitFor()
  await page.keyboard.type('Gern, um wie viel Uhr?')
  await page.getByRole('button', { name: 'carla@example.org entfernen' }).click()
  await page.getByRole('button', { name: 'Zitierter Text', exact: true }).click()
  const quoted = page.locator('.quoted-part').frameLocator('iframe')
  await quoted.getByText(/schrieb Theo Grün <theo@zegel\.test>:/).waitFor()
  await checkLooks(page, 'an answer beside its letter')
  await page.keyboard.press('Control+Enter')
  await row(theo.page, /Re: Herbstfest/).click()
  const answer = letter(theo.page).frameLocator('iframe').first()
  await answer.getByText('Gern, um wie viel Uhr?').waitFor()
  await letter(theo.page).getByRole('button', { name: 'Mehr zu diesem Brief' }).click()
  await theo.page.getByRole('menuitem', { name: 'Quelltext zeigen' }).click()
  const source = (await theo.page.getByRole('region', { name: 'Quelltext des Briefs' }).textContent()) ?? ''
  assert.match(source, /In-Reply-To: </)
  assert.match(
    source,
    /multipart\/alternative[^]*text\/plain[^]*multipart\/related[^]*text\/html[^]*Content-ID: <karte@fest>/,
  )
  assert.match(source.replaceAll('=\r\n', '').replaceAll('=\n', ''), /> Kommst du\?/)
  assert.match(source, /color:#aa0000/)
  assert.doesNotMatch(source, /tracker\.example/)
  await seen(async () => {
    const { ids } = await ask(page, 'Email/query', { filter: { hasKeyword: '$answered' } })
    assert.equal((ids as string[]).length, 1)
  })
})

test('a draft saves itself, is there after loading the page anew, and is sent with file and picture', async (t) => {
  const { page } = await person(t, 'selma')
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
  const { page } = await person(t, 'ronja')
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

test('what is wrong is said where it is, before and after the server has seen it, and nothing is lost', async (t) => {
  const { page } = await person(t, 'petra')
  await begin(page)
  await page.keyboard.press('Control+Enter')
  await page.getByText('Der Brief braucht einen Empfänger.').waitFor()
  await field(page, 'An').pressSequentially('"Blau, Carl" <carl@example.org>,kaputt@,niemand@zegel.test,')
  await page.getByText('Das ist keine vollständige Adresse: kaputt@').waitFor()
  await checkLooks(page, 'a wrong address')
  // Back to the tag with the arrow keys, and away with it.
  await page.keyboard.press('ArrowLeft')
  await page.keyboard.press('ArrowLeft')
  await page.keyboard.press('Delete')
  await page.getByLabel('Betreff').fill('Rechnung')
  await text(page).click()
  await page.keyboard.type('Die Rechnung finden Sie im Anhang.')
  await page.keyboard.press('Control+Enter')
  await page.getByText('doch nichts ist angehängt').waitFor()
  await checkLooks(page, 'a forgotten attachment')
  await page.getByRole('button', { name: 'So senden' }).click()
  await page.getByText('Diese Adresse nimmt keine Post an: niemand@zegel.test').waitFor()
  assert.match((await text(page).textContent()) ?? '', /im Anhang/)
  await page.getByRole('button', { name: 'Blau, Carl carl@example.org', exact: true }).waitFor()
})

test('a letter for later waits among the scheduled ones and can be changed', async (t) => {
  const { page } = await person(t, 'olga')
  await addPerson(server.storage, { name: 'norbert' })
  await begin(page)
  await page.keyboard.type('norbert@zegel.test,')
  await page.getByLabel('Betreff').fill('Glückwunsch')
  await text(page).click()
  await page.keyboard.type('Alles Gute')
  await page.keyboard.press('Control+Shift+Enter')
  await page.getByRole('menuitem', { name: 'Morgen früh' }).waitFor()
  await checkLooks(page, 'the times for later')
  await page.getByRole('menuitem', { name: 'Tag und Zeit wählen' }).click()
  await page.getByLabel('Tag', { exact: true }).fill('2020-01-01')
  await page.getByRole('button', { name: 'Dann senden' }).click()
  await page.getByLabel('Tag', { exact: true }).fill(new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10))
  await page.getByRole('button', { name: 'Dann senden' }).click()
  await page.getByRole('link', { name: /Geplant/ }).click()
  await page.getByText('Glückwunsch').waitFor()
  await checkLooks(page, 'scheduled letters')
  await page.getByRole('button', { name: 'Ändern' }).click()
  await text(page).getByText('Alles Gute').waitFor()
  assert.equal(await page.getByLabel('Betreff').inputValue(), 'Glückwunsch')
})

test('a sender has a signature, and a text that is kept is put in again', async (t) => {
  const { page } = await person(t, 'maria')
  await page.goto(`${server.http}/app/#/settings/writing`)
  await page.getByRole('button', { name: 'maria@zegel.test bearbeiten' }).click()
  await page.getByLabel('Name', { exact: true }).fill('Maria Blum')
  await page.getByRole('textbox', { name: 'Signatur' }).click()
  await page.keyboard.type('Maria Blum, Eupen')
  await checkLooks(page, 'a sender')
  await page.getByRole('button', { name: 'Speichern' }).click()
  await page.getByText('maria@zegel.test · Maria Blum, Eupen').waitFor()
  await page.getByRole('button', { name: 'Neue Vorlage' }).click()
  await page.getByLabel('Name', { exact: true }).fill('Absage')
  await page.getByLabel('Betreff').fill('Leider nein')
  await page.getByRole('textbox', { name: 'Text' }).click()
  await page.keyboard.type('Leider kann ich nicht kommen.')
  await page.getByRole('button', { name: 'Speichern' }).click()
  await page.getByRole('button', { name: 'Absage bearbeiten' }).waitFor()
  await checkLooks(page, 'senders and templates')

  await page.goto(`${server.http}/app/#/mail/inbox`)
  await page.getByRole('heading', { level: 1, name: 'Eingang' }).waitFor()
  await begin(page)
  await text(page).getByText('Maria Blum, Eupen').waitFor()
  await page.getByRole('button', { name: 'Vorlagen' }).click()
  await page.getByRole('menuitem', { name: 'Absage' }).click()
  await seen(async () => {
    assert.equal(await page.getByLabel('Betreff').inputValue(), 'Leider nein')
    assert.match((await text(page).textContent()) ?? '', /^Leider kann ich nicht kommen\.Maria Blum, Eupen$/)
  })
})

test('a plain letter is text alone, and taking the looks away can be undone', async (t) => {
  const { page } = await person(t, 'lena', { undoSeconds: 0 })
  const karl = await openInbox(t, server, 'karl')
  await begin(page)
  await page.keyboard.type('karl@zegel.test,')
  await page.getByLabel('Betreff').fill('Kurz')
  await text(page).click()
  await page.keyboard.press('Control+i')
  await page.keyboard.type('schräg')
  await page.getByRole('button', { name: 'Mehr zu diesem Brief' }).click()
  await page.getByRole('menuitemcheckbox', { name: 'Nur reiner Text' }).click()
  await page.getByText('Nur noch reiner Text').first().waitFor()
  await page.getByRole('button', { name: /Rückgängig/ }).click()
  await text(page).locator('i', { hasText: 'schräg' }).waitFor()
  await page.getByRole('button', { name: 'Mehr zu diesem Brief' }).click()
  await page.getByRole('menuitemcheckbox', { name: 'Nur reiner Text' }).click()
  await page.getByText('Nur noch reiner Text').first().waitFor()
  await page.getByRole('button', { name: 'Mehr zu diesem Brief' }).click()
  await page.getByRole('menuitemcheckbox', { name: 'Wichtig' }).click()
  await text(page).click()
  await page.keyboard.press('Control+Enter')
  await row(karl.page, /Kurz/).click()
  await letter(karl.page).getByText('schräg').waitFor()
  assert.equal(await letter(karl.page).locator('iframe').count(), 0, 'there is no HTML in it')
})

test('without a line one writes on; when it is back the draft is saved and nothing has been lost', async (t) => {
  const { page, browser } = await person(t, 'jana')
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
  const { page } = await person(t, 'inge')
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
  const { page } = await person(t, 'hella')
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
