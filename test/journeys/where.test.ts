/** A letter that never came is looked for: where it is, why, and how to get it. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { fileMessage } from '#mail/inbound'
import { tellArrival } from '#mail/stories'
import { silent } from '../cluster.ts'
import { openTestStorage } from '../database.ts'
import { openJmapClient } from '../jmap.ts'
import { startNameServer } from '../name-server.ts'
import type { Person } from '../people.ts'
import { startServer } from '../server.ts'
import { reply, startSink } from '../sink.ts'
import { compose, deliver, sendAll } from './letters.ts'
import { checkLooks } from './looks.ts'
import { openInbox, seen } from './person.ts'

const names = await startNameServer(
  { after },
  {
    'strict.example': { TXT: ['v=spf1 -all'] },
    '_dmarc.strict.example': { TXT: ['v=DMARC1; p=reject'] },
  },
)
const refusing = await startSink({ after }, { script: { RCPT: () => reply('550 5.1.1 Nobody of that name') } })
const server = await startServer(
  { after },
  { dns: { servers: [names.address] }, routes: { 'example.net': `127.0.0.1:${refusing.port}` } },
  ['smtp', 'http', 'queue'],
)
const receiver = await openTestStorage({ after }, 'zegel_receiver')

/** Has a letter held, as one with a program attached is. */
async function hold({ id, address }: Person, subject: string): Promise<void> {
  const outcomes = await fileMessage(receiver, silent, {
    mailFrom: 'berta@example.org',
    trace: Buffer.alloc(0),
    content: await compose({ subject, text: 'Die Rechnung liegt bei.' }),
    recipients: [{ accountId: id, address }],
    findings: [{ name: 'dangerousAttachment', values: { name: 'rechnung.exe' } }],
    smtp: { server: 'mail.example.org', address: '192.0.2.1', isEncrypted: true, reply: '250 Filed as tulips' },
  })
  assert.deepEqual(outcomes, [undefined])
}

const QUESTION = 'Wo ist mein Brief?'
const way = (page: Page): Locator =>
  page
    .getByRole('navigation', { name: 'Ordner und Schlagwörter' })
    .getByRole('link', { name: new RegExp(`^${QUESTION.replace('?', '\\?')}`) })
const row = (page: Page, name: RegExp): Locator => page.getByRole('grid', { name: QUESTION }).getByRole('row', { name })
const story = (page: Page): Locator => page.getByRole('article', { name: 'Was aus dem Brief wurde' })
const said = (page: Page, text: string): Promise<void> => page.getByLabel('Was eben geschah').getByText(text).waitFor()

test('a letter that never came is found, explained and released in three clicks', async (t) => {
  const { page, person } = await openInbox(t, server, 'klara')
  await hold(person, 'Rechnung vom Markt')
  await sendAll(server.smtp, person.address, [{ subject: 'Apfelernte' }])
  await page.getByRole('row', { name: /Apfelernte/ }).waitFor()
  // The letter that came makes the app ask what else there is.
  await page.getByRole('link', { name: `${QUESTION} 1 zurückgehalten` }).waitFor()

  await way(page).click()
  await row(page, /Rechnung vom Markt/).waitFor()
  await checkLooks(page, 'where letters are')
  // Whoever came later stands below: what is held waits for a decision.
  assert.match((await page.getByRole('grid').getByRole('row').allTextContents()).join('|'), /Markt.*\|.*Apfelernte/s)

  await row(page, /Rechnung vom Markt/).click()
  await story(page)
    .getByText('Der Server mail.example.org (192.0.2.1) brachte diesen Brief', { exact: false })
    .waitFor()
  await story(page)
    .getByText('Die Datei rechnung.exe ist ein Programm oder startet eines, wenn man sie öffnet.')
    .waitFor()
  await story(page).getByText('250 Filed as tulips').waitFor()
  await story(page).getByText('Der Anhang könnte Ihrem Gerät schaden.', { exact: false }).waitFor()
  await checkLooks(page, 'the story of a letter that is held')

  await story(page).getByRole('button', { name: 'Zustellen' }).click()
  await said(page, 'Zugestellt')
  await story(page).getByText('Jetzt liegt er im Ordner „Eingang“.').waitFor()
  await page.getByRole('link', { name: QUESTION, exact: true }).waitFor()
  await story(page).getByRole('link', { name: 'Zum Brief' }).click()
  await page.getByRole('article', { name: 'Brief' }).getByText('Die Rechnung liegt bei.').waitFor()
})

test('a letter that is held is thrown away, and lies in the trash', async (t) => {
  const { page, person } = await openInbox(t, server, 'trude')
  await hold(person, 'Rechnung vom Markt')
  await way(page).click()
  await row(page, /Rechnung vom Markt/).click()
  await story(page).getByRole('button', { name: 'Wegwerfen' }).click()
  await said(page, 'Weggeworfen')
  await story(page).getByText('Jetzt liegt er im Ordner „Papierkorb“.').waitFor()
  await page.getByRole('link', { name: 'Papierkorb' }).click()
  await page.getByRole('row', { name: /Rechnung vom Markt/ }).waitFor()
})

test('a search that finds nothing leads to the letter that was refused, its sender is freed, and the next one arrives', async (t) => {
  const { page, person } = await openInbox(t, server, 'anna')
  const jmap = await openJmapClient(server, person)
  await jmap.call('BlockedSender/set', { create: { b: { address: 'berta@example.org' } } })
  const send = (id: string): Promise<number> =>
    deliver(server.smtp.port, 'berta@example.org', person.address, { id, subject: 'Birnenmost', bytes: 100 })
  assert.equal(await send('one@example.org'), 550)
  await sendAll(server.smtp, person.address, [{ from: 'carl@example.com', subject: 'Apfelernte' }])

  await page.goto(`${server.http}/app/#/search/Birnenmost`)
  await page.getByText('Nicht gefunden?').getByRole('link', { name: QUESTION }).click()
  await row(page, /Birnenmost.*Abgelehnt/).waitFor()
  assert.equal(await page.getByRole('grid').getByRole('row').count(), 1)
  await page.getByRole('searchbox').fill('')
  await row(page, /Apfelernte.*Zugestellt/).waitFor()
  await page.getByRole('button', { name: 'Gesendet', exact: true }).click()
  await page.getByText('Kein solcher Brief').waitFor()
  await page.getByRole('button', { name: 'Alle zeigen' }).click()

  // With the keyboard alone.
  await row(page, /Birnenmost/).waitFor()
  await page.getByRole('grid', { name: QUESTION }).focus()
  await page.keyboard.press('End')
  await page.keyboard.press('Enter')
  await story(page).getByRole('heading', { name: 'Birnenmost' }).waitFor()
  await page.keyboard.press('Escape')
  await story(page).getByText('Kein Brief ist ausgewählt').waitFor()
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('Enter')
  await story(page).getByRole('heading', { name: 'Apfelernte' }).waitFor()
  await story(page).getByText('Jetzt liegt er im Ordner „Eingang“.').waitFor()
  await checkLooks(page, 'the story of a letter that was delivered')
  // Looked at when narrow, the list was out of sight.
  await page.getByRole('grid', { name: QUESTION }).focus()
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await story(page).getByText('Sie haben diesen Absender gesperrt.').waitFor()
  await story(page)
    .getByText(/^550 5\.7\.1 /)
    .waitFor()
  await checkLooks(page, 'the story of a letter that was refused')
  await story(page).getByRole('button', { name: 'Absender freigeben' }).click()
  await said(page, 'berta@example.org ist nicht mehr gesperrt')
  await story(page).getByText('Dieser Absender ist nicht mehr gesperrt.', { exact: false }).waitFor()
  assert.equal(await send('two@example.org'), 250)
  await row(page, /Birnenmost.*Zugestellt/).waitFor()
})

test('a letter that came back says for whom, why, and what to do', async (t) => {
  const { page, person } = await openInbox(t, server, 'emma')
  const jmap = await openJmapClient(server, person)
  const { list: identities } = await jmap.call('Identity/get', { ids: null })
  const { list: boxes } = await jmap.call('Mailbox/get', { ids: null })
  const sent = (boxes as { id: string; role: string }[]).find(({ role }) => role === 'sent')?.id as string
  const { created } = await jmap.call('Email/set', {
    create: {
      e: {
        mailboxIds: { [sent]: true },
        keywords: { $seen: true },
        from: [{ email: person.address }],
        to: [{ email: 'weg@example.net' }, { email: person.address }],
        subject: 'Chutney',
        bodyValues: { 1: { value: 'Es reicht für alle.' } },
        textBody: [{ partId: '1', type: 'text/plain' }],
      },
    },
  })
  const emailId = (created as { e: { id: string } }).e.id
  const identityId = (identities as { id: string }[])[0]?.id
  await way(page).click()
  await jmap.call('EmailSubmission/set', { create: { s: { emailId, identityId } } })
  await row(page, /An weg@example\.net und 1 weitere.*Chutney.*Teils zurückgekommen/).click()
  await story(page).getByText('Diese Adresse gibt es dort nicht.', { exact: false }).waitFor()
  await story(page).getByText('550 5.1.1 Nobody of that name').waitFor()
  await story(page).getByText('Zugestellt. Der Brief liegt im Postfach.').waitFor()
  await checkLooks(page, 'the story of a letter that came back')
  await story(page).getByRole('link', { name: 'Unter den gesendeten suchen' }).click()
  await page.getByRole('row', { name: /Chutney/ }).waitFor()
})

test('an unwanted letter is taken back, and its sender let in, refused, or judged like all others', async (t) => {
  const { page, person } = await openInbox(t, server, 'ottilie')
  await sendAll(server.smtp, person.address, [{ from: 'Bank <bank@strict.example>', subject: 'Ihr Konto' }])
  await page.getByRole('link', { name: /^Unerwünscht/ }).click()
  await page.getByRole('row', { name: /Ihr Konto/ }).waitFor()
  await page.getByRole('region', { name: 'Unerwünscht' }).getByRole('link', { name: QUESTION }).click()
  await row(page, /Ihr Konto.*Unerwünscht/).click()
  await story(page).getByText('Deshalb legten wir ihn zu den unerwünschten Briefen.').waitFor()
  await checkLooks(page, 'the story of an unwanted letter')
  await story(page).getByRole('button', { name: 'Erwünscht, in den Eingang' }).click()
  await story(page).getByText('Jetzt liegt er im Ordner „Eingang“.').waitFor()

  await story(page).getByRole('link', { name: 'Zum Brief' }).click()
  const letter = page.getByRole('article', { name: 'Brief' })
  await letter.getByRole('button', { name: 'Einzelheiten' }).click()
  const checked = letter.getByRole('region', { name: 'Was wir daran geprüft haben' })
  await checked.getByRole('button', { name: 'Diesen Absender immer durchlassen' }).click()
  await said(page, 'bank@strict.example wird immer durchgelassen')
  await checked.getByText('Das lassen Sie immer durch: bank@strict.example').waitFor()
  await checkLooks(page, 'what was checked, with a decision about the sender')
  await checked.getByRole('button', { name: 'Diesen Absender immer ablehnen' }).click()
  await checked.getByText('Das haben Sie gesperrt: bank@strict.example').waitFor()
  // The offer to undo the step before stands until this one is done.
  await said(page, 'bank@strict.example gesperrt')
  assert.equal(await checked.getByText('Das lassen Sie immer durch', { exact: false }).count(), 0)
  // Undone, it is as it was before.
  await page.getByLabel('Was eben geschah').getByRole('button', { name: 'Rückgängig' }).click()
  await checked.getByText('Das lassen Sie immer durch: bank@strict.example').waitFor()
  await seen(async () => assert.equal(await checked.getByText('Das haben Sie gesperrt', { exact: false }).count(), 0))

  await page.goto(`${server.http}/app/#/settings/reading`)
  const lets = page.getByRole('region', { name: 'Immer durchgelassene Absender' })
  const refuses = page.getByRole('region', { name: 'Gesperrte Absender' })
  await lets.getByText('bank@strict.example').waitFor()
  await checkLooks(page, 'the lists of senders')
  await refuses.getByLabel('Adresse, oder @ und eine Domain').fill('bank@strict.example')
  await refuses.getByRole('button', { name: 'Sperren', exact: true }).click()
  await refuses.getByText('bank@strict.example').waitFor()
  await lets.getByText('bank@strict.example').waitFor({ state: 'detached' })
  await lets.getByLabel('Adresse, oder @ und eine Domain').fill('@strict.example')
  await lets.getByRole('button', { name: 'Durchlassen', exact: true }).click()
  await lets.getByText('Alle Adressen von strict.example').waitFor()
  await lets.getByRole('button', { name: 'Wieder prüfen' }).click()
  await said(page, '@strict.example wird wieder geprüft wie alle anderen')
  await lets.getByText('Alle Adressen von strict.example').waitFor({ state: 'detached' })

  // A letter in the inbox that is not wanted goes where such letters are.
  await page.goto(`${server.http}/app/#/mail/inbox`)
  await page.getByRole('row', { name: /Ihr Konto/ }).click()
  await letter.getByRole('button', { name: 'Einzelheiten' }).click()
  await checked.getByRole('button', { name: 'Das ist unerwünscht' }).click()
  await said(page, 'Zu den unerwünschten gelegt')
  await page.getByRole('link', { name: /^Unerwünscht/ }).click()
  await page.getByRole('row', { name: /Ihr Konto/ }).waitFor()
})

test('of hundreds of letters those in sight are there, to the oldest, which is to come again', async (t) => {
  const { page, person } = await openInbox(t, server, 'paula')
  const account = await server.storage.openAccount(person.id)
  const head = { messageId: null, size: null, blob: null }
  const from = { name: 'Chor', email: 'chor@example.org' }
  const smtp = { server: 'mail.example.org', address: '192.0.2.1', isEncrypted: false, reply: '451 Busy' }
  const arrival = { mailFrom: from.email, to: person.address, findings: [], smtp }
  await account.write(async (tx) => {
    await tellArrival(tx, { ...head, from, subject: 'Probe 0', arrival: { ...arrival, fate: 'deferred' } })
    for (let at = 1; at <= 300; at++)
      await tellArrival(tx, { ...head, from, subject: `Probe ${at}`, arrival: { ...arrival, fate: 'inbox' } })
  })
  await way(page).click()
  await row(page, /Probe 300 Zugestellt/).click()
  await story(page).getByText('Er liegt in keinem Ordner mehr', { exact: false }).waitFor()
  assert.ok((await page.getByRole('grid').getByRole('row').count()) < 60)
  await page.keyboard.press('End')
  await row(page, /Probe 0 Soll wiederkommen/).waitFor()
  await page.keyboard.press('Enter')
  await story(page).getByText('Der andere Server kommt von selbst wieder', { exact: false }).waitFor()
  await checkLooks(page, 'the story of a letter that is to come again')
})

test('without a line and before the device has kept the page, it says so, and comes when the line is back', async (t) => {
  const { page, browser, person } = await openInbox(t, server, 'lore')
  await sendAll(server.smtp, person.address, [{ subject: 'Apfelernte' }])
  await page.getByRole('row', { name: /Apfelernte/ }).waitFor()
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready
    await Promise.all((await caches.keys()).map((name) => caches.delete(name)))
  })
  await browser.setOffline(true)
  await way(page).click()
  await page.getByText('Der Server antwortet nicht').waitFor()
  await checkLooks(page, 'a page that cannot be loaded')
  await browser.setOffline(false)
  await row(page, /Apfelernte/).waitFor()
})

test('without a line the page says so, and goes on when the line is back', async (t) => {
  const { page, browser, person } = await openInbox(t, server, 'ida')
  await sendAll(server.smtp, person.address, [{ subject: 'Apfelernte' }])
  await page.getByRole('row', { name: /Apfelernte/ }).waitFor()
  // A service worker that only begins would still have a line.
  await page.evaluate(async () => void (await navigator.serviceWorker.ready))
  await browser.setOffline(true)
  await way(page).click()
  await page.getByText('Der Server antwortet nicht').waitFor()
  await browser.setOffline(false)
  await row(page, /Apfelernte/).waitFor()
})
