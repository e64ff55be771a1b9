/** How the app looks and speaks, where somebody is signed in, and what is left after signing out. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openJmapClient } from '../jmap.ts'
import { startServer } from '../server.ts'
import { sendAll } from './letters.ts'
import { delayRequests, ownsPage } from './device.ts'
import { checkLooks } from './looks.ts'
import { openInbox, openVisit, seen, showsTitle, signIn } from './person.ts'

const server = await startServer({ after })

test('language, colours and time zone are changed, kept for every device, and changed back', async (t) => {
  const { page, person } = await openInbox(t, server, 'klara')
  await sendAll(server.smtp, person.address, [{ subject: 'Fahrplan', date: new Date('2026-01-03T23:30:00Z') }])
  await page.getByRole('row', { name: /Fahrplan/ }).click()
  const letter = page.getByRole('article')
  await letter.getByRole('heading', { name: 'Fahrplan' }).waitFor()
  await letter.getByTitle(/4\. Januar 2026 um 00:30:00/).waitFor()

  await page.getByRole('navigation', { name: 'Bereiche' }).getByRole('link', { name: 'Einstellungen' }).click()
  await showsTitle(page, 'Aussehen und Sprache · Zegel')
  await checkLooks(page, 'settings')
  await page.getByLabel('Zeitzone').selectOption('America/New_York')
  await page.getByLabel('Sprache der Oberfläche').selectOption('Français')
  await showsTitle(page, 'Apparence et langue · Zegel')
  assert.equal(await page.locator('html').getAttribute('lang'), 'fr')
  await page.getByRole('button', { name: 'Sombre' }).click()
  await page.getByRole('button', { name: 'Sombre', pressed: true }).waitFor()
  // Dark for whoever wants it so, though the system is light.
  const background = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)
  assert.match(background, /^rgb\((?:[0-5]?\d, ?){2}[0-5]?\d\)$/)
  await checkLooks(page, 'settings in French and dark')

  // Another device of hers, with a browser in German.
  const other = await openVisit(t, server.http)
  await other.page.goto(`${server.http}/de/sign-in`)
  await signIn(other.page, person.address, person.password)
  await other.page.getByRole('row', { name: /Fahrplan/ }).click()
  await other.page
    .getByRole('article')
    .getByTitle(/3 janvier 2026 à 18:30:00/)
    .waitFor()
  assert.equal(await other.page.locator('html').getAttribute('data-theme'), 'dark')

  await page.getByLabel('Langue de l’application').selectOption('Deutsch')
  await page.getByRole('button', { name: 'Hell' }).click()
  await page.getByLabel('Zeitzone').selectOption('Europe/Berlin')
  await page.getByText(/^Alles gespeichert/).waitFor()
  await page.reload()
  await showsTitle(page, 'Aussehen und Sprache · Zegel')
  assert.equal(await page.getByLabel('Zeitzone').inputValue(), 'Europe/Berlin')
  // The other device hears of it.
  await other.page
    .getByRole('article', { name: 'Brief' })
    .getByTitle(/4\. Januar 2026 um 00:30:00/)
    .waitFor()
})

test('what is chosen stays chosen, though settings from before it arrive late', async (t) => {
  const { page, person } = await openInbox(t, server, 'mila')
  await page.goto(`${server.http}/app/#/settings/general`)
  await page.getByRole('button', { name: 'Dunkel' }).waitFor()
  await page.evaluate(`{
    const seen = (window.themes = [])
    new MutationObserver(() => seen.push(document.documentElement.dataset.theme))
      .observe(document.documentElement, { attributeFilter: ['data-theme'] })
  }`)
  const isFetched = Promise.withResolvers<void>()
  const isChosen = Promise.withResolvers<void>()
  await page.route('**/jmap/**', async (route) => {
    if (route.request().postData()?.includes('"Settings/get"') !== true) return route.fallback()
    const response = await route.fetch()
    isFetched.resolve()
    await isChosen.promise
    await route.fulfill({ response })
  })
  const jmap = await openJmapClient(server, person)
  await jmap.call('Settings/set', { update: { singleton: { timeZone: 'America/New_York' } } })
  await isFetched.promise
  await page.getByRole('button', { name: 'Dunkel' }).click()
  await page.getByRole('button', { name: 'Dunkel', pressed: true }).waitFor()
  isChosen.resolve()
  await seen(async () => assert.equal(await page.getByLabel('Zeitzone').inputValue(), 'America/New_York'))
  await page.getByText(/^Alles gespeichert/).waitFor()
  assert.deepEqual(await page.evaluate('window.themes'), ['dark'])
})

test('of two choices the later one stays, though the first is long on its way', async (t) => {
  const { page } = await openInbox(t, server, 'nora')
  await page.goto(`${server.http}/app/#/settings/general`)
  await delayRequests(page, '"theme":"dark"', 2000)
  await page.getByRole('button', { name: 'Dunkel' }).click()
  await page.getByRole('button', { name: 'Hell' }).click()
  await page.getByText(/^Alles gespeichert/).waitFor()
  await page.evaluate(() => localStorage.clear())
  await page.reload()
  await page.getByRole('button', { name: 'Hell', pressed: true }).waitFor()
})

test('whoever ends a session of theirs from another device signs that one out', async (t) => {
  const { page, person } = await openInbox(t, server, 'anna')
  const other = await openVisit(t, server.http)
  await other.page.goto(`${server.http}/de/sign-in`)
  await signIn(other.page, person.address, person.password)
  await other.page.getByRole('heading', { level: 1, name: 'Eingang' }).waitFor()

  await page.goto(`${server.http}/app/#/settings/security`)
  const devices = page.getByRole('region', { name: 'Angemeldete Geräte' })
  await devices.getByRole('row', { name: /Chrom.*dieses/ }).waitFor()
  assert.equal(await devices.getByRole('row').count(), 3, 'the heads and two devices')
  await devices.getByRole('button', { name: 'Abmelden', exact: true }).click()
  await devices.getByRole('button', { name: 'Abmelden', exact: true }).waitFor({ state: 'detached' })
  assert.equal(await devices.getByRole('row').count(), 2)

  await other.page.waitForURL(`${server.http}/de/sign-in?done=ended`)
  await other.page.getByText('Sie sind hier nicht mehr angemeldet', { exact: false }).waitFor()
  await checkLooks(other.page, 'the sign-in after the end of a session')
  await other.page.goto(`${server.http}/app/`)
  await other.page.waitForURL(`${server.http}/de/sign-in`)
  await page.getByRole('link', { name: 'Post', exact: true }).first().click()
  await page.getByRole('heading', { level: 1, name: 'Eingang' }).waitFor()
})

test('the password is changed: a wrong one is told at its field, other devices are out, this one stays', async (t) => {
  const { page, person } = await openInbox(t, server, 'lotte')
  const other = await openVisit(t, server.http)
  await other.page.goto(`${server.http}/de/sign-in`)
  await signIn(other.page, person.address, person.password)
  await other.page.getByRole('heading', { level: 1, name: 'Eingang' }).waitFor()

  await page.goto(`${server.http}/app/#/settings/security`)
  const form = page.getByRole('region', { name: 'Passwort' })
  const change = async (current: string, wanted: string): Promise<void> => {
    await form.getByLabel('Jetziges Passwort').fill(current)
    await form.getByLabel('Neues Passwort').fill(wanted)
    await form.getByRole('button', { name: 'Passwort ändern' }).click()
  }
  await change(person.password, 'kurz')
  await form.getByText('Es braucht mindestens acht Zeichen.').waitFor()
  await checkLooks(page, 'the page of security, with a complaint')
  await change('falsches-passwort', 'vier-bunte-enten-baden')
  await form.getByText('Das ist nicht Ihr jetziges Passwort.').waitFor()
  await change(person.password, 'vier-bunte-enten-baden')
  await form.getByText('Geändert. Die anderen Geräte sind abgemeldet.').waitFor()
  await other.page.waitForURL(`${server.http}/de/sign-in?done=ended`)
  await signIn(other.page, person.address, 'vier-bunte-enten-baden')
  await other.page.getByRole('heading', { level: 1, name: 'Eingang' }).waitFor()
  await page.reload()
  await form.getByLabel('Jetziges Passwort').waitFor()
})

test('an answer for days away is written, and kept with its days as the calendar of its owner has them', async (t) => {
  const { page, person } = await openInbox(t, server, 'greta')
  await page.goto(`${server.http}/app/#/settings/vacation`)
  await page.getByLabel('Antworten, während ich fort bin').check()
  await page.getByRole('button', { name: 'Speichern' }).click()
  await page.getByText('Ohne Text gibt es keine Antwort.').waitFor()
  await checkLooks(page, 'the page of being away, with a complaint')
  await page.getByLabel('Erster Tag').fill('2031-07-01')
  await page.getByLabel('Letzter Tag').fill('2031-06-01')
  await page.getByText('Der letzte Tag liegt vor dem ersten.').waitFor()
  await page.getByLabel('Letzter Tag').fill('2031-07-14')
  await page.getByLabel('Betreff').fill('Im Urlaub')
  await page.getByRole('textbox', { name: 'Antwort' }).fill('Ich bin am 15. wieder da.')
  await page.getByRole('button', { name: 'Speichern' }).click()
  await page.getByText('Gespeichert. Briefe werden beantwortet.').waitFor()
  const jmap = await openJmapClient(server, person)
  const { list } = await jmap.call('VacationResponse/get', { ids: null })
  const [kept] = list as Record<string, unknown>[]
  assert.deepEqual(kept, {
    ...kept,
    isEnabled: true,
    // The account is on the clock of Brussels: its midnights in summer.
    fromDate: '2031-06-30T22:00:00Z',
    toDate: '2031-07-14T22:00:00Z',
    subject: 'Im Urlaub',
    textBody: 'Ich bin am 15. wieder da.',
  })
  await page.reload()
  await page.getByLabel('Letzter Tag').waitFor()
  assert.equal(await page.getByLabel('Letzter Tag').inputValue(), '2031-07-14')
})

test('without single keys no letter does anything, and search opens with the control key', async (t) => {
  const { page, person } = await openInbox(t, server, 'ida')
  await sendAll(server.smtp, person.address, [{ subject: 'Apfelernte' }])
  await page.goto(`${server.http}/app/#/settings/general`)
  await page.getByLabel('Befehle mit einzelnen Tasten').uncheck()
  await page.getByText(/^Alles gespeichert/).waitFor()
  await page.getByRole('link', { name: 'Post', exact: true }).first().click()
  await page.getByRole('row', { name: /Apfelernte/ }).waitFor()
  await page.getByRole('grid').press('Home')
  for (const key of ['e', '#', 's', '/', '?']) await page.keyboard.press(key)
  assert.equal(await page.getByRole('dialog').count(), 0)
  assert.equal(await page.getByRole('row', { name: /Apfelernte/ }).count(), 1)
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox', { name: 'Suchen oder Befehl eingeben' }).waitFor()
})

test('after signing out the cookie is gone, and neither the back button nor the address shows any mail', async (t) => {
  const { page, person, browser } = await openInbox(t, server, 'emma')
  await sendAll(server.smtp, person.address, [{ subject: 'Vertraulich', text: 'Nur für Emma.' }])
  await page.getByRole('button', { name: `${person.address}, Konto` }).click()
  await checkLooks(page, 'the menu of the account')
  await page.keyboard.press('Escape')
  await page.getByRole('row', { name: /Vertraulich/ }).click()
  await page.getByRole('article').getByText('Nur für Emma.').waitFor()
  const address = page.url()

  await page.getByRole('button', { name: `${person.address}, Konto` }).click()
  await page.getByRole('menuitem', { name: 'Abmelden' }).click()
  await page.waitForURL(`${server.http}/de/sign-in`)
  assert.deepEqual(await browser.cookies(), [])
  assert.deepEqual(await page.evaluate(() => Object.keys(localStorage)), [], 'nothing is left on the device')

  for (const attempt of [() => page.goBack(), () => page.goto(address)]) {
    await attempt()
    await page.getByLabel('Passwort', { exact: true }).waitFor()
    assert.doesNotMatch(await page.content(), /Vertraulich|Nur für Emma|emma@/)
  }
})

test('whoever signs out is not told that the session ended, though what follows the mailbox hears of it first', async (t) => {
  const { page, person } = await openInbox(t, server, 'emil')
  await ownsPage(page)
  const heard = page.waitForResponse((response) => response.status() === 401)
  await page.route('**/sign-out', async (route) => {
    const response = await route.fetch()
    await heard
    await route.fulfill({ response })
  })
  await page.getByRole('button', { name: `${person.address}, Konto` }).click()
  await page.getByRole('menuitem', { name: 'Abmelden' }).click()
  await page.waitForURL(/sign-in/)
  assert.equal(page.url(), `${server.http}/de/sign-in`)
})
