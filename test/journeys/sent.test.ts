/** What becomes of a letter after writing: another sender, another device, a closed app, a server that refuses. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { createList } from '#mail/lists'
import { openJmapClient } from '../jmap.ts'
import { queueIsEmpty } from '../queue.ts'
import { startServer } from '../server.ts'
import { reply, startSink } from '../sink.ts'
import { dialSmtp } from '../smtp.ts'
import { keepsDraft, keepsWhatIsShown } from './device.ts'
import { checkLooks } from './looks.ts'
import { openInbox, seen } from './person.ts'

const refusing = await startSink({ after }, { script: { RCPT: () => reply('550 5.1.1 Nobody of that name') } })
const server = await startServer({ after }, { routes: { 'example.net': `127.0.0.1:${refusing.port}` } }, [
  'smtp',
  'http',
  'queue',
])

const text = (page: Page): Locator => page.getByRole('textbox', { name: 'Text des Briefs' })

/** Opens an empty letter with the key for it. */
async function begin(page: Page): Promise<void> {
  await page.keyboard.press('c')
  await page.getByRole('combobox', { name: 'An', exact: true }).and(page.locator(':focus')).waitFor()
}

/** Waits until the letter has been saved, and the address line names it. */
async function saved(page: Page): Promise<void> {
  await page.getByText(/^Gespeichert \d\d:\d\d$/).waitFor()
  await seen(async () => assert.match(page.url(), /#\/write\/M/))
}

test('a letter that another server refuses says so in the sent ones, for whom and why', async (t) => {
  const { page, person } = await openInbox(t, server, 'klara')
  const jmap = await openJmapClient(server, person)
  await jmap.call('Settings/set', { update: { singleton: { undoSeconds: 0 } } })
  await page.reload()
  await page.getByRole('heading', { level: 1, name: 'Eingang' }).waitFor()
  await begin(page)
  await page.keyboard.type('weg@example.net,')
  await page.getByLabel('Betreff').fill('Probe')
  await text(page).click()
  await page.keyboard.type('Hört mich jemand?')
  await page.keyboard.press('Control+Enter')
  await page.getByRole('link', { name: 'Gesendet' }).click()
  await page.getByRole('row', { name: /Probe/ }).click()
  const letter = page.getByRole('article', { name: 'Brief' })
  await letter.getByRole('button', { name: 'Nicht angekommen bei weg@example.net' }).waitFor()
  await letter.getByText(/Der andere Server sagte: .*550.*Nobody of that name/).waitFor()
  await checkLooks(page, 'a letter that did not arrive')
})

test('what a mail program leaves to wait stands among what is planned, and is stopped there', async (t) => {
  const { page, person } = await openInbox(t, server, 'lotte')
  const smtp = await dialSmtp(t, server.submissions, { tls: true })
  await smtp.say(`AUTH PLAIN ${Buffer.from(`\0${person.address}\0${person.password}`).toString('base64')}`)
  await smtp.say(`MAIL FROM:<${person.address}> HOLDFOR=86400`)
  await smtp.say('RCPT TO:<bea@example.net>')
  await smtp.say('DATA')
  const content = `From: ${person.address}\r\nTo: Bea <bea@example.net>\r\nSubject: Zwiebeln\r\n\r\nMorgen.\r\n.`
  assert.match(await smtp.say(content), /^250/)
  await page.getByRole('link', { name: /Geplant/ }).click()
  const waiting = page.getByRole('listitem').filter({ hasText: 'Zwiebeln' })
  await waiting.getByText('An Bea').waitFor()
  await waiting.getByRole('button', { name: 'Nicht senden' }).click()
  await page.getByText('Kein Brief wartet auf seine Zeit').waitFor()
  await queueIsEmpty(server.storage)
  await page.getByRole('link', { name: /Entwürfe/ }).click()
  await page.getByRole('row', { name: /Zwiebeln/ }).waitFor()
})

test('an address here that gets nothing is named below the field, with the reason', async (t) => {
  const owner = await server.createAccount('margarethe')
  const account = await server.storage.openAccount(owner.id)
  const list = { address: 'kreis@zegel.test', name: 'Kreis', posting: 'owner' } as const
  await createList(server.storage, account, list)
  const { page } = await openInbox(t, server, 'nele')
  await begin(page)
  await page.keyboard.type('kreis@zegel.test,niemand@zegel.test,')
  await page.getByLabel('Betreff').fill('Probe')
  await text(page).click()
  await page.keyboard.type('Hört mich jemand?')
  await page.keyboard.press('Control+Enter')
  await page.getByText('Diese Liste oder Adresse nimmt von Ihnen keine Briefe an: kreis@zegel.test').waitFor()
  await page.getByText('Diese Adresse nimmt keine Post an: niemand@zegel.test').waitFor()
  await checkLooks(page, 'a letter to a list that takes none')
})

test('of several senders the one that is chosen writes, and its signature takes the place of the other', async (t) => {
  const { page, person } = await openInbox(t, server, 'anna')
  const jmap = await openJmapClient(server, person)
  const { list } = await jmap.call('Identity/get', { ids: null })
  const [own] = list as { id: string }[]
  await jmap.call('Identity/set', {
    update: { [String(own?.id)]: { name: 'Anna Blum', textSignature: 'Anna, Eupen' } },
    create: { choir: { name: 'Chor', email: 'anna+chor@zegel.test', textSignature: 'Der Vorstand' } },
  })
  await page.reload()
  await page.getByRole('heading', { level: 1, name: 'Eingang' }).waitFor()
  await begin(page)
  await text(page).getByText('Anna, Eupen').waitFor()
  await text(page).click()
  await page.keyboard.press('Control+Home')
  await page.keyboard.type('Liebe alle')
  await page.getByLabel('Von', { exact: true }).selectOption('Chor <anna+chor@zegel.test>')
  await text(page).getByText('Der Vorstand').waitFor()
  assert.equal(await text(page).getByText('Anna, Eupen').count(), 0)
  assert.match((await text(page).textContent()) ?? '', /^Liebe alle/)
  await checkLooks(page, 'a letter of one of several senders')
  await saved(page)
  const { ids } = await jmap.call('Email/query', { filter: { hasKeyword: '$draft' } })
  const { list: drafts } = await jmap.call('Email/get', { ids, properties: ['from'] })
  assert.deepEqual((drafts as { from: unknown }[])[0]?.from, [{ name: 'Chor', email: 'anna+chor@zegel.test' }])
})

test('a draft that was changed elsewhere is told of, and both of its states are there', async (t) => {
  const { page, person } = await openInbox(t, server, 'emma')
  const jmap = await openJmapClient(server, person)
  await begin(page)
  await page.getByLabel('Betreff').fill('Entwurf hier')
  await saved(page)
  const { ids } = await jmap.call('Email/query', { filter: { hasKeyword: '$draft' } })
  const [before] = ids as string[]
  const { list } = await jmap.call('Email/get', { ids, properties: ['mailboxIds', 'keywords'] })
  const [{ mailboxIds, keywords }] = list as [Record<string, unknown>]
  await jmap.call('Email/set', {
    create: { there: { mailboxIds, keywords, subject: 'Entwurf dort' } },
    destroy: [before],
  })
  await text(page).click()
  await page.keyboard.type('Weiter hier')
  await page.getByText('Dieser Entwurf wurde auch anderswo geändert.').waitFor()
  await checkLooks(page, 'a draft that was changed elsewhere')
  await page.getByRole('link', { name: 'Zu den Entwürfen' }).click()
  await page.getByRole('row', { name: /Entwurf hier/ }).waitFor()
  await page.getByRole('row', { name: /Entwurf dort/ }).waitFor()
})

test('what was written without a line is among the drafts at the next start, though the app was closed', async (t) => {
  const { page, browser } = await openInbox(t, server, 'ida')
  await begin(page)
  await page.getByLabel('Betreff').fill('Im Zug')
  await text(page).click()
  await page.keyboard.type('Bis hierher')
  await saved(page)
  await keepsWhatIsShown(page)
  const from = await page.evaluate(() => Date.now())
  await browser.setOffline(true)
  await text(page).click()
  await page.keyboard.press('Control+End')
  await page.keyboard.type(' und weiter durch den Tunnel')
  await page.getByText('Offline, hier aufbewahrt').waitFor()
  await keepsDraft(page, from)
  await page.close()
  await browser.setOffline(false)
  const next = await browser.newPage()
  await next.goto(`${server.http}/app/#/mail/drafts`)
  await next.getByRole('row', { name: /und weiter durch den Tunnel/ }).waitFor()
  assert.equal(await next.getByRole('row', { name: /Im Zug/ }).count(), 1)
})
