/** A letter comes by Postfix and is read in the browser. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, test } from 'node:test'
import { startPostfix } from '../postfix.ts'
import { startServer } from '../server.ts'
import { compose, largeFile, sendAll } from './letters.ts'
import { checkLooks } from './looks.ts'
import { addGermanPerson, openInbox, openVisit, seen, showsTitle, signIn } from './person.ts'

const server = await startServer({ after })

test('who opens the address is spoken to in German, sent back with a wrong password and let in with the right one', async (t) => {
  const person = await addGermanPerson(server, 'klara')
  const { page, browser } = await openVisit(t, server.http)
  await page.goto(`${server.http}/`)
  assert.equal(page.url(), `${server.http}/de/`)
  await checkLooks(page, 'home')

  await page.getByRole('link', { name: 'Anmelden' }).first().click()
  await signIn(page, person.address, 'falsch geraten')
  await page.getByText('Adresse und Passwort passen nicht zusammen.').waitFor()
  assert.ok(!page.url().includes('klara'), 'the address of the page does not say who tried')
  assert.deepEqual(await browser.cookies(), [])
  await checkLooks(page, 'sign-in, refused')

  await signIn(page, person.address, person.password)
  await page.getByRole('heading', { name: 'Nichts mehr zu lesen' }).waitFor()
  assert.equal(await page.title(), 'Eingang · Zegel')
  assert.equal(await page.locator('html').getAttribute('lang'), 'de')
  assert.deepEqual(
    (await browser.cookies()).map(({ name, httpOnly, secure }) => [name, httpOnly, secure]),
    [['__Host-zegel', true, true]],
  )
  await checkLooks(page, 'empty inbox')
})

test('a letter from Postfix appears in the open inbox by itself, is counted in the title, and is read', async (t) => {
  const { page, person } = await openInbox(t, server, 'anna')
  const settings = { smtp_tls_security_level: 'encrypt' }
  const postfix = await startPostfix(t, { relayTo: server.smtp, domain: 'zegel.test', settings })
  // Gone when the page is loaded anew.
  await page.evaluate("document.body.dataset.kept = 'yes'")
  const post = async (subject: string, text: string): Promise<void> =>
    postfix.send(await compose({ to: person.address, subject, text }), 'berta@example.org', person.address)

  await post(
    'Grüße aus dem Schrebergarten',
    'Liebe Anna,\n\ndie Äpfel sind reif. Mehr auf https://garten.example/äpfel\n\n> Wie war die Ernte?\n> Gut?\n\nBerta',
  )
  const row = page.getByRole('row', { name: /Grüße aus dem Schrebergarten/ })
  await row.waitFor()
  await post('Öffnungszeiten', 'Täglich von neun bis zwölf.')
  await page.getByRole('row', { name: /Öffnungszeiten/ }).waitFor()
  assert.match((await row.textContent()) ?? '', /Berta Vogel.*ungelesen.*die Äpfel sind reif/s)
  await showsTitle(page, '(2) Eingang · Zegel')
  await checkLooks(page, 'inbox with two unread letters')

  await row.click()
  const letter = page.getByRole('article', { name: 'Brief' })
  await letter.getByText('die Äpfel sind reif.').waitFor()
  await letter.getByRole('heading', { level: 1, name: 'Grüße aus dem Schrebergarten' }).waitFor()
  const link = letter.getByRole('link', { name: 'https://garten.example/äpfel' })
  assert.deepEqual(
    [await link.getAttribute('target'), await link.getAttribute('rel')],
    ['_blank', 'noopener noreferrer'],
  )
  await letter.getByRole('button', { name: 'Einzelheiten' }).click()
  await letter.getByText('<berta@example.org>').first().waitFor()
  await checkLooks(page, 'a plain letter')
  // A letter that was open for a moment counts as read.
  await showsTitle(page, '(1) Eingang · Zegel')
  await row.getByText('ungelesen').waitFor({ state: 'detached' })
  assert.equal(await page.evaluate('document.body.dataset.kept'), 'yes', 'the page was never loaded anew')
})

test('a letter that comes while the first list is on its way is shown, though the list knows nothing of it', async (t) => {
  const person = await addGermanPerson(server, 'berta')
  const { page } = await openVisit(t, server.http)
  await page.goto(`${server.http}/de/sign-in`)
  let arrive: () => void = () => undefined
  const arrived = new Promise<void>((resolve) => (arrive = resolve))
  let isAsked = false
  await page.route('**/jmap/api', async (route) => {
    if (isAsked || !route.request().postData()?.includes('Email/query')) return route.continue()
    isAsked = true
    const response = await route.fetch()
    await sendAll(server.smtp, person.address, [{ subject: 'Unterdessen' }])
    await arrived
    await route.fulfill({ response })
  })
  await signIn(page, person.address, person.password)
  // The app has heard of it.
  await showsTitle(page, '(1) Eingang · Zegel')
  arrive()
  await page.getByRole('row', { name: /Unterdessen/ }).waitFor()
  await page.unrouteAll({ behavior: 'wait' })
})

test('an attachment is saved under its German name with every byte', async (t) => {
  const { page, person } = await openInbox(t, server, 'emma')
  const content = largeFile()
  const filename = 'Übergabeprotokoll – Größe & Maße.pdf'
  await sendAll(server.smtp, person.address, [{ subject: 'Protokoll', attachments: [{ filename, content }] }])
  await page.getByRole('row', { name: /Protokoll.*Anlage/s }).click()
  const files = page.getByRole('list', { name: '1 Anlage' })
  await files.getByText('300 kB').waitFor()
  await checkLooks(page, 'a letter with an attachment')
  const downloading = page.waitForEvent('download')
  await files.getByRole('link', { name: filename }).click()
  const download = await downloading
  assert.equal(download.suggestedFilename(), filename)
  assert.deepEqual(await readFile(await download.path()), content)
})

test('the source is shown as it came, and on paper there is the letter alone, on as many pages as it needs', async (t) => {
  const { page, person } = await openInbox(t, server, 'ida')
  const lines = Array.from({ length: 200 }, (_, i) => `Zeile ${i + 1} vom Protokoll der Versammlung.`)
  await sendAll(server.smtp, person.address, [
    { subject: 'Lange Post', text: lines.join('\n\n') },
    { subject: 'Anderes' },
  ])
  await page.getByRole('row', { name: /Anderes/ }).waitFor()
  await page.getByRole('row', { name: /Lange Post/ }).click()
  const letter = page.getByRole('article', { name: 'Brief' })
  await letter.getByText('Zeile 200 vom').waitFor()

  await letter.getByRole('button', { name: 'Mehr zu diesem Brief' }).click()
  await checkLooks(page, 'the menu of a letter')
  await page.getByRole('menuitem', { name: 'Quelltext zeigen' }).click()
  const source = page.getByRole('dialog', { name: 'Quelltext des Briefs' })
  await source.getByText(/^Return-Path: <berta@example.org>\r?\nAuthentication-Results: /).waitFor()
  assert.match((await source.getByRole('region').textContent()) ?? '', /Subject: Lange Post\r?\n/)
  await checkLooks(page, 'the source of a letter')
  await page.keyboard.press('Escape')
  await source.waitFor({ state: 'detached' })

  // The browser's own dialog cannot be seen from here; that it is asked for can.
  await page.evaluate('window.print = () => (document.body.dataset.printed = "yes")')
  await letter.getByRole('button', { name: 'Mehr zu diesem Brief' }).click()
  await page.getByRole('menuitem', { name: 'Drucken' }).click()
  await seen(async () => assert.equal(await page.evaluate('document.body.dataset.printed'), 'yes'))
  // Whoever reads in the dark does not print black pages.
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
  const words = await page.evaluate(visibleWords)
  assert.deepEqual(words.outside, [], 'nothing of the app is on paper')
  assert.ok(words.letter.includes('Lange Post') && words.letter.includes(lines[199] as string))
  assert.deepEqual(
    words.colours.filter((colour) => brightness(colour) > 0.5),
    [],
    'the ink is dark',
  )
  const pdf = (await page.pdf({ format: 'A4' })).toString('latin1')
  assert.ok((pdf.match(/\/Type \/Page\b/g)?.length ?? 0) >= 4, 'all of it is on paper')
})

/** The words that can be seen, those of the letter and those around it. Runs in the page. */
function visibleWords(): { letter: string; outside: string[]; colours: string[] } {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  const shown: { text: string; isLetter: boolean; colour: string }[] = []
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement as HTMLElement
    const text = node.textContent?.trim() ?? ''
    if (text === '' || element.closest('.vh, script, style') || !element.checkVisibility({ visibilityProperty: true }))
      continue
    const range = document.createRange()
    range.selectNodeContents(node)
    const { width, height, right, bottom } = range.getBoundingClientRect()
    if (width * height === 0 || right <= 0 || bottom <= 0) continue
    shown.push({ text, isLetter: element.closest('article') !== null, colour: getComputedStyle(element).color })
  }
  const letter = shown.filter(({ isLetter }) => isLetter)
  return {
    letter: letter.map(({ text }) => text).join('\n'),
    outside: shown.filter(({ isLetter }) => !isLetter).map(({ text }) => text),
    colours: [...new Set(letter.map(({ colour }) => colour))],
  }
}

/** How bright "rgb(1, 2, 3)" is, from 0 to 1. */
function brightness(colour: string): number {
  const [red = 0, green = 0, blue = 0] = (colour.match(/[\d.]+/g) ?? []).map(Number)
  return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255
}
