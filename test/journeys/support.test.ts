/** Customer service: a ticket with what may be looked at, a look, and who has lost the second factor. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Page } from 'playwright-core'
import { listQueue, showOwnLetter } from '#mail/outbound'
import { nowMs } from '#system'
import { goOnWithRecoveries } from '#trust/recovery'
import { openBrowser, watchRequests } from '../browser.ts'
import { clockAtNoon } from '../clock.ts'
import { addAppCodes, addRecovery, appCode } from '../people.ts'
import { startServer } from '../server.ts'
import { addStaff, signInAtDesk } from '../staff.ts'
import { checkLooks } from './looks.ts'
import { mailedCode } from './mailed-code.ts'
import { addGermanPerson, openInbox, openVisit, signIn } from './person.ts'

const server = await startServer({ after }, {}, ['http', 'worker', 'desk'])
const { storage, config, desk } = server

const heading = (page: Page, name: string | RegExp): Promise<void> =>
  page.getByRole('heading', { level: 1, name }).waitFor()

test('a person asks and says what may be looked at; support looks and answers; the person sees both, and the chain holds', async (t) => {
  const { page } = await openInbox(t, server, 'frieda')
  await page.goto(`${server.http}/app/#/settings/support`)
  await page.getByText('Sie haben noch nichts gefragt.').waitFor()
  await page.getByRole('button', { name: 'An den Kundendienst schreiben' }).click()
  await page.getByRole('button', { name: 'Senden' }).click()
  await page.getByText('Schreiben Sie, worum es geht.').waitFor()
  await page.getByRole('textbox', { name: 'Betreff' }).fill('Brief vom Finanzamt kam nicht an')
  await page.getByLabel('Ihre Worte').fill('Guten Tag, wo ist der Bescheid vom 12. November geblieben?')
  await page.getByRole('checkbox', { name: 'Zustellprotokoll' }).check()
  await checkLooks(page, 'a new request')
  await page.getByRole('button', { name: 'Senden' }).click()
  await page.getByText('wartet auf Antwort').waitFor()

  const member = await addStaff(storage, config, { roles: ['support'] })
  const context = await openBrowser(t, { ignoreHTTPSErrors: true, locale: 'de-DE', reducedMotion: 'reduce' })
  watchRequests(t, context, desk)
  const staff = await context.newPage()
  await signInAtDesk(staff, desk, member)
  await staff.getByRole('link', { name: 'Anfragen' }).click()
  await heading(staff, 'Anfragen')
  await checkLooks(staff, 'Anfragen')
  await staff.getByRole('link', { name: 'Brief vom Finanzamt kam nicht an' }).click()
  await heading(staff, 'Brief vom Finanzamt kam nicht an')
  await staff
    .getByText('Nicht erlaubt: Adressen, Einstellungen, Gesperrte und erlaubte Absender.', { exact: false })
    .waitFor()
  assert.doesNotMatch(await staff.content(), /frieda@/)
  await checkLooks(staff, 'eine Anfrage')
  await staff.getByLabel('Zustellprotokoll').check()
  await staff.getByLabel('Zustand', { exact: true }).check()
  await staff.getByLabel('Wozu, in einem Satz').first().fill('Suche nach einem Brief vom 12. November')
  await staff.getByRole('button', { name: 'Ansehen' }).click()
  await staff.getByRole('region', { name: 'Gezeigt' }).getByText('offen').waitFor()
  await checkLooks(staff, 'ein Blick in ein Konto')
  await staff.getByLabel('Antwort').fill('Er kam nie hier an. Fragen Sie das Amt nach der Adresse.')
  await staff.getByRole('button', { name: 'Antworten' }).click()
  await staff.getByText('Kundendienst, Nummer').waitFor()

  await page.getByText('Er kam nie hier an.', { exact: false }).waitFor()
  await checkLooks(page, 'an answer')
  await page.getByRole('button', { name: 'Zurücknehmen' }).click()
  await page.getByText('darf der Kundendienst nichts ansehen.', { exact: false }).waitFor()
  await page.getByRole('link', { name: 'Wer hineinsah' }).click()
  await page.getByRole('row', { name: /Kundendienst.*Suche nach einem Brief.*Zustellprotokoll/s }).waitFor()
  await page.getByText('Die Kette hält.', { exact: false }).waitFor()
})

test('who has lost password and second factor waits, is told everywhere, and gets in by the link', async (t) => {
  const pass = clockAtNoon(t)
  const person = await addGermanPerson(server, 'lotte')
  await addRecovery(storage, person, 'lotte@example.org')
  const { secret } = await addAppCodes(storage, person)
  // Somebody who is signed in sees it, too.
  const own = await openVisit(t, server.http)
  await own.page.goto(`${server.http}/de/sign-in`)
  await signIn(own.page, person.address, person.password)
  await own.page.getByLabel('Code aus der App').fill(appCode(secret, nowMs()))
  await own.page.getByRole('button', { name: 'Anmelden', exact: true }).click()
  await heading(own.page, 'Eingang')

  const { page } = await openVisit(t, server.http)
  await page.goto(`${server.http}/de/reset`)
  await page.getByLabel('Ihre Adresse').fill(person.address)
  await page.getByRole('button', { name: 'Code schicken' }).click()
  await page.getByLabel('Code', { exact: true }).fill(await mailedCode(server, page, /neues Passwort/))
  await page.getByRole('button', { name: 'Weiter' }).click()
  await page.getByRole('button', { name: 'Ich habe auch meinen zweiten Faktor verloren' }).click()
  await heading(page, 'Jetzt dauert es eine Weile')
  await checkLooks(page, 'a wait')
  const bar = own.page.getByRole('region', { name: 'Jemand möchte ohne zweiten Faktor in Ihr Konto' })
  await bar.waitFor()
  await checkLooks(own.page, 'the bar of a wait')

  for (let day = 0; day < 3; day++) {
    pass(86_400)
    await goOnWithRecoveries(storage, config)
  }
  await page.goto(`${server.http}${await mailedLink(/set=/)}`)
  await heading(page, 'Rückweg in Ihr Konto')
  await checkLooks(page, 'the link that lets in')
  const password = 'eine ganz andere Tinte'
  await page.getByLabel('Neues Passwort', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Passwort setzen' }).click()
  await signIn(page, person.address, password)
  await heading(page, 'Eingang')
  await own.page.getByRole('button', { name: 'Anmelden', exact: true }).waitFor()
})

/** The path of a link in the newest letter that has such a one. */
async function mailedLink(which: RegExp): Promise<string> {
  const own = (await listQueue(storage)).filter(({ isOwn }) => isOwn).toSorted((a, b) => b.id - a.id)
  for (const { id } of own) {
    const { text } = await showOwnLetter(storage, id)
    const link = /https:\/\/[^/\s]+(\/\S+\/recovery\?\S+)/.exec(text)?.[1]
    if (link !== undefined && which.test(link)) return link
  }
  throw new Error('no such letter is in the queue')
}
